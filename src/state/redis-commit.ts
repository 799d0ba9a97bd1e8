/**
 * The script of a commit; what it stands on is in redis-scripts.ts. ARGV: '1' when ids are to be fresh, and then for each
 * change its kind, its scope and what its function below takes. The answer: `ok` and the version; `conflict`, scope,
 * name; or `known`, scope, the places of the ids as JSON; and the number of the change, from 0.
 */
export const commit = `
local version = nextVersion()
local position = tonumber(redis.call('GET', P .. 'position')) or 0
local at = 2
local function arg() at = at + 1; return ARGV[at] end

-- What the changes before have done, and what is to be written once all are known to hold.
local writes, versions, items, ids = {}, {}, {}, {}
local function later(...) writes[#writes + 1] = { ... } end
local function overlay(all, scope)
  all[scope] = all[scope] or { over = {} }
  return all[scope]
end

local function expect(scope, name, expected)
  if expected == '' then return end
  local known = overlay(versions, scope).over[name]
  if known == nil then known = redis.call('HGET', P .. 'versions:' .. scope, name) or '0' end
  if known ~= expected then return { 'conflict', scope, name } end
end

local function item(scope, id)
  local mine = overlay(items, scope)
  if mine.over[id] == nil then mine.over[id] = not mine.cleared and readItem(scope, id) or false end
  return mine.over[id]
end

local function claimed(scope, id, attempt)
  local found = item(scope, id)
  if not found or found.attempt ~= tonumber(attempt) then return nil, { 'conflict', scope, id } end
  return found
end

local kinds = {}

function kinds.put(scope)
  local name, expected, value = arg(), arg(), arg()
  local refused = expect(scope, name, expected)
  if refused then return refused end
  overlay(versions, scope).over[name] = text(version)
  later('HSET', P .. 'docs:' .. scope, name, value)
  later('HSET', P .. 'versions:' .. scope, name, text(version))
end

function kinds.delete(scope)
  local name, expected = arg(), arg()
  local refused = expect(scope, name, expected)
  if refused then return refused end
  overlay(versions, scope).over[name] = '0'
  later('HDEL', P .. 'docs:' .. scope, name)
  later('HDEL', P .. 'versions:' .. scope, name)
end

-- Only when ids are to be fresh does it matter what the changes before did to them.
local tracked = false
local function track(scope, keys, there)
  if not tracked then return end
  eachKeys(keys, function(_, some)
    for _, key in ipairs(some) do overlay(ids, scope).over[key] = there end
  end)
end

function kinds.set(scope)
  local ttl, fresh, keys, bodies = arg(), arg(), arg(), arg()
  if fresh ~= '' then
    local known = {}
    local mine = overlay(ids, scope)
    eachKeys(keys, function(first, some)
      local records = redis.call('HMGET', P .. 'ids:' .. scope, unpack(some))
      for n, key in ipairs(some) do
        local there = mine.over[key]
        if there == nil then there = not mine.cleared and readValue(records[n]) ~= nil end
        if there then known[#known + 1] = first + n - 1 end
      end
    end)
    if #known > 0 then return { 'known', scope, cjson.encode(known) } end
  end
  track(scope, keys, ttl == '' or tonumber(ttl) > 0)
  local expires = ttl == '' and '' or text(now + tonumber(ttl))
  writes[#writes + 1] = function()
    local from = 1
    eachKeys(keys, function(_, some)
      local pairs, scores = {}, {}
      for _, key in ipairs(some) do
        local body = ''
        if bodies ~= '' then
          local colon = string.find(bodies, ':', from, true)
          local last = colon + tonumber(string.sub(bodies, from, colon - 1))
          body = string.sub(bodies, colon + 1, last)
          from = last + 1
        end
        pairs[#pairs + 1] = key
        pairs[#pairs + 1] = (expires == '' and body == '') and '' or (expires .. ',' .. body)
        scores[#scores + 1] = expires
        scores[#scores + 1] = key .. scope
      end
      redis.call('HSET', P .. 'ids:' .. scope, unpack(pairs))
      if expires ~= '' then redis.call('ZADD', P .. 'expiry', unpack(scores)) end
    end)
  end
end

function kinds.remove(scope)
  local keys = arg()
  track(scope, keys, false)
  writes[#writes + 1] = function()
    eachKeys(keys, function(_, some) redis.call('HDEL', P .. 'ids:' .. scope, unpack(some)) end)
  end
end

function kinds.forget(scope)
  ids[scope] = { over = {}, cleared = true }
  later('UNLINK', P .. 'ids:' .. scope)
end

function kinds.push(scope)
  local id, delay, bytes, count, value = arg(), arg(), arg(), arg(), arg()
  if item(scope, id) then return { 'known', scope, '[0]' } end
  position = position + 1
  local new = { position = position, attempt = 0, due = now + tonumber(delay), bytes = bytes, count = count,
    consumer = '' }
  overlay(items, scope).over[id] = new
  later('HSET', P .. 'values:' .. scope, id, value)
  later('ZADD', P .. 'order:' .. scope, text(position), id)
  later('HINCRBY', P .. 'bytes', scope, bytes)
  later('HINCRBY', P .. 'counts', scope, count)
  writes[#writes + 1] = function() writeItem(scope, id, new) end
end

function kinds.ack(scope)
  local id, attempt = arg(), arg()
  local found, refused = item(scope, id), nil
  if attempt ~= '' then found, refused = claimed(scope, id, attempt) end
  if refused then return refused end
  if not found then return end
  overlay(items, scope).over[id] = false
  for _, set in ipairs({ 'order:', 'ready:', 'waiting:' }) do later('ZREM', P .. set .. scope, id) end
  for _, hash in ipairs({ 'items:', 'values:' }) do later('HDEL', P .. hash .. scope, id) end
  later('HINCRBY', P .. 'bytes', scope, -tonumber(found.bytes))
  later('HINCRBY', P .. 'counts', scope, -tonumber(found.count))
end

local function hide(scope, release)
  local id, attempt, delay = arg(), arg(), arg()
  local found, refused = claimed(scope, id, attempt)
  if refused then return refused end
  found.due = now + tonumber(delay)
  if release then found.consumer = '' end
  local hidden = { position = found.position, attempt = found.attempt, due = found.due, bytes = found.bytes,
    count = found.count, consumer = found.consumer }
  writes[#writes + 1] = function() writeItem(scope, id, hidden) end
end
function kinds.postpone(scope) return hide(scope, true) end
function kinds.extend(scope) return hide(scope, false) end

function kinds.clear(scope)
  items[scope] = { over = {}, cleared = true }
  for _, key in ipairs({ 'values:', 'items:', 'order:', 'ready:', 'waiting:' }) do later('UNLINK', P .. key .. scope) end
  later('HDEL', P .. 'bytes', scope)
  later('HDEL', P .. 'counts', scope)
end

function kinds.guard(scope)
  local token = arg()
  local lease = redis.call('HGET', P .. 'leases', scope)
  if not lease or string.match(lease, '^%d+') ~= token then return { 'conflict', scope, 'lease' } end
end

local number = 0
tracked = arg() ~= ''
while at < #ARGV do
  local kind, scope = arg(), arg()
  local refused = kinds[kind](scope)
  if refused then
    refused[#refused + 1] = text(number)
    return refused
  end
  number = number + 1
end

redis.call('SET', P .. 'version', text(version))
redis.call('SET', P .. 'position', text(position))
for _, write in ipairs(writes) do
  if type(write) == 'function' then write() else redis.call(unpack(write)) end
end
for _, member in ipairs(redis.call('ZRANGEBYSCORE', P .. 'expiry', '-inf', text(now), 'LIMIT', 0, 1000)) do
  local key, hash = string.sub(member, 1, 16), P .. 'ids:' .. string.sub(member, 17)
  local record = redis.call('HGET', hash, key)
  if record and readValue(record) == nil then redis.call('HDEL', hash, key) end
  redis.call('ZREM', P .. 'expiry', member)
end
return { 'ok', text(version) }
`;

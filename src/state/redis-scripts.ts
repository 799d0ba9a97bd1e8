import { commit } from './redis-commit';

/**
 * What Redis runs for us, in Lua. A script is atomic: nobody sees half of it, and it is written to the append-only file as
 * one. Nothing undoes a script, though, so each one looks at everything first and writes at the end.
 *
 * Keys, all under the prefix (KEYS[1]):
 *
 *     version            the newest version of a document or token of a lease
 *     position           the newest position in a queue
 *     docs:<scope>       hash: name → value as JSON
 *     versions:<scope>   hash: name → version
 *     ids:<scope>        hash: 16 bytes → record (see below)
 *     expiry             sorted set by expiry: 16 bytes and scope of ids that have one; or had, the record decides
 *     values:<scope>     hash: id of an item → value as JSON
 *     items:<scope>      hash: id of an item → position,attempt,due,bytes,count,consumer
 *     order:<scope>      sorted set by position: all items
 *     ready:<scope>      sorted set by position: items that can be claimed
 *     waiting:<scope>    sorted set by due time: the others
 *     bytes              hash: scope → bytes of its queue's values
 *     counts             hash: scope → how many its queue's items stand for
 *     leases             hash: scope → token,expires,holder
 *
 * The record of an id is `<expires>,<n>:<value of n bytes>` and, when it is listed, `+<text of the id>`; '' for an id with
 * none of these.
 */
const scripts = { commit, claim: claim(), known: known(), list: list(), ...leases(), ...reads() };

/**
 * What all scripts begin with. ARGV[1] is the time to go by, '' for Redis's own clock: processes may disagree about the
 * time, their server does not. ARGV[2] is when, by Redis's clock, the caller will have given up: a command that was
 * stuck on the way until then must not be carried out behind its back.
 */
const prelude = `
local P = KEYS[1]
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
if ARGV[2] ~= '' and now > tonumber(ARGV[2]) then return redis.error_reply('LATE the command came too late') end
if ARGV[1] ~= '' then now = tonumber(ARGV[1]) end
local function text(number) return string.format('%.0f', number) end

-- Never twice, not even after Redis lost its newest writes: the clock has gone on.
local function nextVersion()
  return math.max((tonumber(redis.call('GET', P .. 'version')) or 0) + 1, now * 1000)
end

local function readItem(scope, id)
  local record = redis.call('HGET', P .. 'items:' .. scope, id)
  if not record then return nil end
  local position, attempt, due, bytes, count, consumer =
    string.match(record, '^(%d+),(%d+),(%d+),(%d+),(%d+),(.*)$')
  return { position = tonumber(position), attempt = tonumber(attempt), due = tonumber(due), bytes = tonumber(bytes),
    count = tonumber(count), consumer = consumer }
end

-- An item that can be claimed is in 'ready', any other in 'waiting'.
local function writeItem(scope, id, item)
  local record = table.concat({ text(item.position), item.attempt, text(item.due), item.bytes, item.count,
    item.consumer }, ',')
  redis.call('HSET', P .. 'items:' .. scope, id, record)
  if item.due <= now then
    redis.call('ZREM', P .. 'waiting:' .. scope, id)
    redis.call('ZADD', P .. 'ready:' .. scope, text(item.position), id)
  else
    redis.call('ZREM', P .. 'ready:' .. scope, id)
    redis.call('ZADD', P .. 'waiting:' .. scope, text(item.due), id)
  end
end

-- Of an id's record, nil when it has expired.
local function readValue(record)
  if not record then return nil end
  local comma = string.find(record, ',', 1, true)
  if not comma then return '' end
  local expires = tonumber(string.sub(record, 1, comma - 1))
  if expires and expires <= now then return nil end
  local colon = string.find(record, ':', comma, true)
  if not colon then return '', '' end
  local last = colon + tonumber(string.sub(record, comma + 1, colon - 1))
  return string.sub(record, colon + 1, last), string.sub(record, last + 1)
end

-- Runs work(first, keys) for the 16-byte keys of a text, some at a time: Lua cannot pass on more at once.
local function eachKeys(all, work)
  local size = 16 * 2000
  for from = 1, #all, size do
    local keys = {}
    for at = from, math.min(from + size, #all + 1) - 1, 16 do keys[#keys + 1] = string.sub(all, at, at + 15) end
    work((from - 1) / 16, keys)
  end
end
`;

/** ARGV: scope, consumer, limit, visibility, again. */
function claim(): string {
  return `
local scope, consumer, limit, visibility, again = ARGV[3], '=' .. ARGV[4], tonumber(ARGV[5]), ARGV[6], ARGV[7]
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'waiting:' .. scope, '-inf', text(now))) do
  writeItem(scope, id, readItem(scope, id))
end
if again ~= '' then
  for _, id in ipairs(redis.call('ZRANGE', P .. 'waiting:' .. scope, 0, -1)) do
    local item = readItem(scope, id)
    if item.consumer == consumer then
      item.due, item.consumer = now, ''
      writeItem(scope, id, item)
    end
  end
end
local answer = {}
for _, id in ipairs(redis.call('ZRANGE', P .. 'ready:' .. scope, 0, limit - 1)) do
  local item = readItem(scope, id)
  item.attempt = item.attempt + 1
  item.due = now + tonumber(visibility)
  item.consumer = consumer
  writeItem(scope, id, item)
  answer[#answer + 1] = { id, redis.call('HGET', P .. 'values:' .. scope, id), text(item.position), text(item.attempt),
    text(item.due) }
end
return answer
`;
}

/** ARGV: scope, keys. The value of each, '-' for one that is not known; else '+' and the value. */
function known(): string {
  return `
local answer = {}
eachKeys(ARGV[4], function(_, keys)
  for _, record in ipairs(redis.call('HMGET', P .. 'ids:' .. ARGV[3], unpack(keys))) do
    local value = readValue(record)
    answer[#answer + 1] = value and ('+' .. value) or '-'
  end
end)
return answer
`;
}

/** ARGV: scope, cursor, limit. The next cursor and then id, value, id, value … */
function list(): string {
  return `
local page = redis.call('HSCAN', P .. 'ids:' .. ARGV[3], ARGV[4], 'COUNT', ARGV[5])
local answer = { page[1] }
for n = 2, #page[2], 2 do
  local value, listed = readValue(page[2][n])
  if value and listed and listed ~= '' then
    answer[#answer + 1] = string.sub(listed, 2)
    answer[#answer + 1] = value
  end
end
return answer
`;
}

function leases() {
  const read = `
local scope = ARGV[3]
local lease = redis.call('HGET', P .. 'leases', scope)
local token, expires, holder
if lease then token, expires, holder = string.match(lease, '^(%d+),(%d+),(.*)$') end
local function write(newToken, newHolder, ttl)
  redis.call('HSET', P .. 'leases', scope, newToken .. ',' .. text(now + tonumber(ttl)) .. ',' .. newHolder)
end
`;
  return {
    /** ARGV: scope, holder, ttl. */
    acquire: `${read}
if lease and holder ~= ARGV[4] and tonumber(expires) > now then return false end
local version = text(nextVersion())
redis.call('SET', P .. 'version', version)
write(version, ARGV[4], ARGV[5])
return version
`,
    /** ARGV: scope, token, ttl. */
    renew: `${read}
if token ~= ARGV[4] then return 0 end
write(token, holder, ARGV[5])
return 1
`,
    /** ARGV: scope, token. */
    release: `${read}
if token == ARGV[4] then redis.call('HDEL', P .. 'leases', scope) end
return 1
`,
  };
}

function reads() {
  return {
    /** ARGV: scope, name. */
    get: `
return { redis.call('HGET', P .. 'versions:' .. ARGV[3], ARGV[4]), redis.call('HGET', P .. 'docs:' .. ARGV[3], ARGV[4]) }
`,
    /** ARGV: scope, limit, after. */
    peek: `
local scope, answer = ARGV[3], {}
for _, id in ipairs(redis.call('ZRANGEBYSCORE', P .. 'order:' .. scope, '(' .. ARGV[5], '+inf', 'LIMIT', 0, ARGV[4])) do
  local item = readItem(scope, id)
  answer[#answer + 1] = { id, redis.call('HGET', P .. 'values:' .. scope, id), text(item.position), text(item.attempt),
    text(item.due) }
end
return answer
`,
    /** ARGV: scope. */
    size: `
return { redis.call('HGET', P .. 'counts', ARGV[3]) or '0', redis.call('HGET', P .. 'bytes', ARGV[3]) or '0' }
`,
  };
}

export type ScriptName = keyof typeof scripts;

export const scriptNames = Object.keys(scripts) as ScriptName[];

/** The whole text of a script. */
export function scriptOf(name: ScriptName): string {
  return prelude + scripts[name];
}

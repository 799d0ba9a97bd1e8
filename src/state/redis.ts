/**
 * The store of several processes: Redis, through `ioredis`. How it is laid out there: redis-scripts.ts. Why so:
 * docs/decisions/0007-redis-store.md.
 */
import { Failure } from '../exchange/failure';
import { difference, encode, keyOf, uniqueIds, type Encoded, type EncodedEntries } from './encode';
import { RedisLink, type RedisLinkOptions } from './redis-link';
import {
  Conflict,
  Known,
  type Change,
  type Claim,
  type Entry,
  type Item,
  type Store,
  type Stored,
} from './store';

export type RedisOptions = RedisLinkOptions;

/**
 * @throws Failure STATE when Redis cannot be reached or used within some seconds
 * @throws Failure CONFIG when `ioredis` is not installed, or the address is none
 */
export async function openRedis(options: RedisOptions): Promise<Store> {
  checkAddress(options.url);
  const link = new RedisLink(await client(), options);
  try {
    await link.open();
  } catch (error) {
    await link.close();
    throw error;
  }
  return new RedisStore(link, options.clock ?? Date.now);
}

/** @throws Failure CONFIG, without the address: it may hold a password */
export function checkAddress(url: string): void {
  const address = URL.canParse(url) ? new URL(url) : undefined;
  if (!address || !['redis:', 'rediss:'].includes(address.protocol) || !address.hostname) {
    throw new Failure('CONFIG', 'the address of Redis must look like redis://user:password@host:6379/0');
  }
}

async function client() {
  try {
    return (await import('ioredis')).Redis;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const sentence = /MODULE_NOT_FOUND/.test(code ?? '')
      ? 'state in Redis needs the package ioredis, which is not installed: run `npm install ioredis@5` in the Node-RED user directory and restart Node-RED'
      : `state in Redis needs the package ioredis, which cannot be loaded: ${message}`;
    throw new Failure('CONFIG', sentence, { cause });
  }
}

type Argument = string | Buffer | number;

class RedisStore implements Store {
  readonly #link: RedisLink;
  readonly #now: () => number;

  constructor(link: RedisLink, now: () => number) {
    this.#link = link;
    this.#now = now;
  }

  async get(scope: string, name: string): Promise<Stored | undefined> {
    const [version, text] = (await this.#link.run('read', 'get', [scope, name])) as (string | null)[];
    if (version == null || text == null) return undefined;
    return { version: Number(version), value: JSON.parse(text) as unknown };
  }

  async unknown(scope: string, ids: readonly string[]): Promise<Set<string>> {
    const values = await this.#values(scope, ids.map(keyOf));
    return new Set(ids.filter((_, n) => values[n] === undefined));
  }

  async compare(scope: string, entries: readonly Entry[]) {
    const asked = [...entries];
    const known = await this.#values(
      scope,
      asked.map(([id]) => keyOf(id)),
    );
    return difference(asked, known);
  }

  async list(scope: string, limit: number, after = '0') {
    const [cursor, ...flat] = (await this.#link.run('read', 'list', [scope, after, limit])) as string[];
    const entries: Entry[] = [];
    for (let n = 0; n < flat.length; n += 2) entries.push([flat[n]!, flat[n + 1]!]);
    return cursor === '0' ? { entries } : { entries, next: cursor };
  }

  async commit(changes: readonly Change[]): Promise<number> {
    const encoded = changes.map(encode);
    const tracked = encoded.some((change) => change.kind === 'set' && change.fresh);
    const args: Argument[] = [tracked ? '1' : ''];
    for (const change of encoded) args.push(change.kind, change.scope, ...argumentsOf(change, this.#now));
    const [outcome, first, ...rest] = (await this.#link.run('written', 'commit', args)) as string[];
    if (outcome === 'conflict') throw new Conflict(first!, rest[0]!);
    if (outcome === 'known') {
      throw new Known(first!, knownIds(encoded[Number(rest[1])]!, JSON.parse(rest[0]!) as number[]));
    }
    return Number(first);
  }

  async claim(scope: string, { consumer, limit, visibility, again }: Claim): Promise<Item[]> {
    const args = [scope, consumer, limit, visibility, again ? '1' : ''];
    return itemsOf(await this.#link.run('written', 'claim', args));
  }

  async peek(scope: string, limit: number, after = 0): Promise<Item[]> {
    return itemsOf(await this.#link.run('read', 'peek', [scope, limit, after]));
  }

  async size(scope: string) {
    const [count, bytes] = (await this.#link.run('read', 'size', [scope])) as [string, string];
    return { count: Number(count), bytes: Number(bytes) };
  }

  async acquire(scope: string, holder: string, ttl: number) {
    const token = await this.#link.run('written', 'acquire', [scope, holder, ttl]);
    return token === null ? undefined : { token: Number(token) };
  }

  async renew(scope: string, token: number, ttl: number): Promise<boolean> {
    return (await this.#link.run('written', 'renew', [scope, token, ttl])) === 1;
  }

  async release(scope: string, token: number): Promise<void> {
    await this.#link.run('written', 'release', [scope, token]);
  }

  close(): Promise<void> {
    return this.#link.close();
  }

  async #values(scope: string, keys: readonly Uint8Array[]): Promise<(string | undefined)[]> {
    const answer = (await this.#link.run('read', 'known', [scope, Buffer.concat(keys)])) as string[];
    return answer.map((value) => (value === '-' ? undefined : value.slice(1)));
  }
}

/** What the script takes of each kind of change, behind its scope. '' stands for none. */
const writers: {
  [K in Encoded['kind']]: (change: Extract<Encoded, { kind: K }>, now: () => number) => Argument[];
} = {
  put: ({ name, expect, text }) => [name, expect ?? '', text],
  delete: ({ name, expect }) => [name, expect ?? ''],
  // Redis counts the time that is left by its own clock.
  set: ({ expires, fresh, ...entries }, now) => [
    expires === undefined ? '' : expires - now(),
    fresh ? '1' : '',
    Buffer.concat(entries.keys),
    bodiesOf(entries),
  ],
  remove: ({ keys }) => [Buffer.concat(keys)],
  forget: () => [],
  push: ({ id, delay, bytes, count, text }) => [id, delay, bytes, count, text],
  ack: ({ id, attempt }) => [id, attempt ?? ''],
  postpone: ({ id, attempt, delay }) => [id, attempt, delay],
  extend: ({ id, attempt, visibility }) => [id, attempt, visibility],
  clear: () => [],
  guard: ({ token }) => [token],
};

function argumentsOf<K extends Encoded['kind']>(
  change: Extract<Encoded, { kind: K }>,
  now: () => number,
): Argument[] {
  return (writers[change.kind] as (change: Extract<Encoded, { kind: K }>, now: () => number) => Argument[])(
    change,
    now,
  );
}

/** `<bytes>:<body>` for each entry; '' when all bodies are empty. A body: redis-scripts.ts, behind the expiry. */
function bodiesOf({ ids, values, listed }: EncodedEntries & { listed: boolean }): string {
  if (!values && !listed) return '';
  const bodies = ids.map((id, n) => {
    const value = values?.[n] ?? '';
    if (value === '' && !listed) return '0:';
    const body = `${Buffer.byteLength(value)}:${value}${listed ? `+${id}` : ''}`;
    return `${Buffer.byteLength(body)}:${body}`;
  });
  return bodies.join('');
}

function knownIds(change: Encoded, places: readonly number[]): string[] {
  if (change.kind === 'set') return uniqueIds(change.ids, places);
  return change.kind === 'push' ? [change.id] : [];
}

function itemsOf(rows: unknown): Item[] {
  return (rows as [string, string, string, string, string][]).map(([id, text, position, attempt, due]) => ({
    id,
    value: JSON.parse(text) as unknown,
    position: Number(position),
    attempt: Number(attempt),
    due: Number(due),
  }));
}

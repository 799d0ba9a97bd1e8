/**
 * The embedded store: one SQLite file, through the driver that comes with Node.js. Why, and what was measured:
 * docs/decisions/0003-state-store.md.
 */
import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../exchange/failure';
import { difference, encode, keyOf, type Encoded } from './encode';
import { isDamage } from './sqlite-schema';
import { Tables } from './sqlite-tables';
import type { Change, Claim, Entry, Item, Store, Stored } from './store';

export interface SqliteOptions {
  /** The database file; its directory exists. */
  file: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Is told in a sentence when a damaged file was set aside. */
  warn: (sentence: string) => void;
}

/** How many expired ids a commit removes along the way: enough to keep up, too few to be felt. */
const expiredPerCommit = 1000;

/** @throws Failure STATE when the file cannot be opened, or is from a newer release */
export async function openSqlite(options: SqliteOptions): Promise<Store> {
  const { DatabaseSync } = await import('node:sqlite');
  const store = new SqliteStore(options, () => new DatabaseSync(options.file));
  store.open();
  return store;
}

/** A piece of writing that waits for its turn. */
interface Waiting {
  /** Runs inside a transaction, and leaves it as it was when it throws Conflict or Known. */
  write: (tables: Tables) => unknown;
  resolve: (result: never) => void;
  reject: (error: Failure) => void;
}

class SqliteStore implements Store {
  readonly #options: SqliteOptions;
  readonly #connect: () => DatabaseSync;
  /** None before the first use, and after a damaged file could not be replaced: the next use tries again. */
  #tables: Tables | undefined;
  #queue: Waiting[] = [];
  #closed = false;

  constructor(options: SqliteOptions, connect: () => DatabaseSync) {
    this.#options = options;
    this.#connect = connect;
  }

  // The driver is synchronous, the interface is not: `async` turns what is thrown into a rejection.
  /* eslint-disable @typescript-eslint/require-await */

  async get(scope: string, name: string): Promise<Stored | undefined> {
    return this.#guarded('read', () => this.open().document(scope, name));
  }

  async unknown(scope: string, ids: readonly string[]): Promise<Set<string>> {
    const values = this.#values(scope, ids.map(keyOf));
    return new Set(ids.filter((_, n) => values[n] === undefined));
  }

  async compare(scope: string, entries: readonly Entry[]) {
    const known = this.#values(
      scope,
      entries.map(([id]) => keyOf(id)),
    );
    return difference(entries, known);
  }

  async list(scope: string, limit: number, after = '') {
    return this.#guarded('read', () => this.open().list(scope, limit, after, this.#options.now()));
  }

  async peek(scope: string, limit: number, after = 0): Promise<Item[]> {
    return this.#guarded('read', () => this.open().queues.page(scope, limit, after));
  }

  async size(scope: string) {
    return this.#guarded('read', () => this.open().queues.size(scope));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#tables?.close();
  }

  async commit(changes: readonly Change[]): Promise<number> {
    const encoded = changes.map(encode);
    return this.#write((tables) => {
      const context = { tables, version: tables.nextVersion(), now: this.#options.now() };
      for (const change of encoded) apply(change, context);
      return context.version;
    });
  }

  async claim(scope: string, claim: Claim): Promise<Item[]> {
    return this.#write(({ queues }) => queues.claim(scope, claim, this.#options.now()));
  }

  async acquire(scope: string, holder: string, ttl: number) {
    return this.#write(({ leases }) => leases.acquire(scope, holder, ttl, this.#options.now()));
  }

  async renew(scope: string, token: number, ttl: number): Promise<boolean> {
    return this.#write(({ leases }) => leases.renew(scope, token, ttl, this.#options.now()));
  }

  async release(scope: string, token: number): Promise<void> {
    return this.#write(({ leases }) => leases.release(scope, token));
  }

  /* eslint-enable @typescript-eslint/require-await */

  #values(scope: string, keys: readonly Uint8Array[]): (string | undefined)[] {
    return this.#guarded('read', () => this.open().values(scope, keys, this.#options.now()));
  }

  #write<T>(write: (tables: Tables) => T): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closed();
      this.#queue.push({ write, resolve, reject });
      if (this.#queue.length === 1) setImmediate(() => this.#flush());
    });
  }

  /**
   * Everything that waits shares one transaction, and so one wait for the disk. Each piece has a savepoint of its own: a
   * conflict undoes that one alone.
   */
  #flush(): void {
    const group = this.#queue;
    if (group.length === 0) return;
    this.#queue = [];
    const outcomes: (() => void)[] = [];
    try {
      this.#guarded('written', () => {
        const tables = this.open();
        tables.transaction(() => {
          for (const { write, resolve, reject } of group) {
            const outcome = tables.attempt(() => write(tables));
            if ('refused' in outcome) outcomes.push(() => reject(outcome.refused));
            else outcomes.push(() => resolve(outcome.result as never));
          }
          tables.removeExpired(this.#options.now(), expiredPerCommit);
        });
      });
    } catch (failure) {
      for (const { reject } of group) reject(failure as Failure);
      return;
    }
    for (const settle of outcomes) settle();
  }

  /** Runs a piece of work. @throws Failure STATE, and nothing else; a damaged file is set aside first */
  #guarded<T>(verb: 'read' | 'written', work: () => T): T {
    if (this.#closed) throw closed();
    try {
      return work();
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (isDamage(error)) {
        this.#tables?.close();
        this.#tables = undefined;
        this.#tables = this.#beginAnew(error);
      }
      throw failure(`the state could not be ${verb}`, error);
    }
  }

  /** The open file. @throws Failure STATE */
  open(): Tables {
    try {
      this.#tables ??= new Tables(this.#connect());
    } catch (error) {
      if (error instanceof Failure) throw error;
      if (!isDamage(error)) throw failure(`the state file ${this.#options.file} cannot be opened`, error);
      this.#tables = this.#beginAnew(error);
    }
    return this.#tables;
  }

  /** Sets the damaged file aside, with its journal, and begins an empty one. Nothing is deleted. @throws Failure */
  #beginAnew(damage: unknown): Tables {
    const { file, now, warn } = this.#options;
    const aside = `${file}.broken-${new Date(now()).toISOString().replace(/[:.]/g, '-')}`;
    try {
      for (const part of ['', '-wal', '-shm']) {
        if (existsSync(file + part)) renameSync(file + part, aside + part);
      }
      const tables = new Tables(this.#connect());
      warn(
        `the state file ${file} is damaged (${reason(damage)}): it was set aside as ${aside}, and a new one begun in which nothing is known`,
      );
      return tables;
    } catch (error) {
      throw failure(`the damaged state file ${file} could not be replaced`, error);
    }
  }
}

interface Context {
  tables: Tables;
  version: number;
  now: number;
}

/** What each kind of change does. @throws Conflict, Known, or the driver's error */
const appliers: {
  [K in Encoded['kind']]: (change: Extract<Encoded, { kind: K }>, context: Context) => void;
} = {
  put({ scope, name, text, expect }, { tables, version }) {
    tables.expect(scope, name, expect);
    tables.put(scope, name, version, text);
  },
  delete({ scope, name, expect }, { tables }) {
    tables.expect(scope, name, expect);
    tables.delete(scope, name);
  },
  set: (change, { tables, now }) => tables.set(change.scope, change, now),
  remove: ({ scope, keys }, { tables }) => tables.remove(scope, keys),
  forget: ({ scope }, { tables }) => tables.forget(scope),
  push: (change, { tables, now }) => tables.queues.push(change.scope, change, now),
  ack: ({ scope, id, attempt }, { tables }) => tables.queues.ack(scope, id, attempt),
  postpone: ({ scope, id, attempt, delay }, { tables, now }) =>
    tables.queues.postpone(scope, id, attempt, now + delay),
  extend: ({ scope, id, attempt, visibility }, { tables, now }) =>
    tables.queues.extend(scope, id, attempt, now + visibility),
  clear: ({ scope }, { tables }) => tables.queues.clear(scope),
  guard: ({ scope, token }, { tables }) => tables.leases.guard(scope, token),
};

function apply<K extends Encoded['kind']>(change: Extract<Encoded, { kind: K }>, context: Context): void {
  (appliers[change.kind] as (change: Extract<Encoded, { kind: K }>, context: Context) => void)(
    change,
    context,
  );
}

function failure(sentence: string, cause: unknown): Failure {
  return new Failure('STATE', `${sentence}: ${reason(cause)}`, { cause });
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function closed(): Failure {
  return new Failure('STATE', 'the state store is closed');
}

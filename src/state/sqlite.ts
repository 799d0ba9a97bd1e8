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

export interface SqliteOptions {
  /** The database file; its directory exists. */
  file: string;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Is told in a sentence when a damaged file was set aside. */
  warn: (sentence: string) => void;
}

/** Characters that one transaction takes: the event loop waits while SQLite writes them. */
const groupSize = 4 * 1024 * 1024;

/** How many expired ids a commit removes along the way: enough to keep up, too few to be felt. */
const expiredPerCommit = 1000;
/** Milliseconds between two looks for them, when the last found fewer. */
const expiryLooks = 1000;

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
  /** Characters that it brings into the file, about. */
  size: number;
  resolve: (result: never) => void;
  reject: (error: Failure) => void;
}

class SqliteStore implements Store {
  readonly #options: SqliteOptions;
  readonly #connect: () => DatabaseSync;
  /** None before the first use, and after a damaged file could not be replaced: the next use tries again. */
  #tables: Tables | undefined;
  #queue: Waiting[] = [];
  /** The group that is being written, and its wait for the disk. */
  #writing: Promise<void> | undefined;
  #lookedForExpired = -Infinity;
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
    this.#closed = true;
    // one group after the other, until nothing waits
    while (this.#writing) await this.#writing;
    this.#tables?.close();
  }

  async commit(changes: readonly Change[]): Promise<number> {
    const encoded = changes.map(encode);
    return this.#write((tables) => {
      const context = { tables, version: tables.nextVersion(), now: this.#options.now() };
      for (const change of encoded) apply(change, context);
      return context.version;
    }, sizeOf(encoded));
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

  #write<T>(write: (tables: Tables) => T, size = 0): Promise<T> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closed();
      this.#queue.push({ write, size, resolve, reject });
      this.#schedule();
    });
  }

  /** What comes while the disk is waited for shares the next transaction. */
  #schedule(): void {
    if (this.#writing || this.#queue.length === 0) return;
    this.#writing = new Promise<void>((resolve) => {
      setImmediate(() => void this.#flush().then(resolve));
    }).then(() => {
      this.#writing = undefined;
      this.#schedule();
    });
  }

  /**
   * Everything that waits shares one transaction, and so one wait for the disk. What was refused waits too: it may have been
   * for the sake of what is not on the disk yet. Never rejects.
   */
  async #flush(): Promise<void> {
    const group = this.#nextGroup();
    if (group.length === 0) return;
    try {
      const tables = this.#guarded('written', () => this.open(), true);
      const outcomes = this.#guarded('written', () => this.#transact(tables, group), true);
      await tables.sync();
      for (const settle of outcomes) settle();
    } catch (error) {
      const problem = error instanceof Failure ? error : failure('the state could not be written', error);
      for (const { reject } of group) reject(problem);
    }
  }

  #nextGroup(): Waiting[] {
    let size = 0;
    const end = this.#queue.findIndex((waiting, index) => (size += waiting.size) > groupSize && index > 0);
    return this.#queue.splice(0, end < 0 ? this.#queue.length : end);
  }

  /** @returns what tells each of the group how it went */
  #transact(tables: Tables, group: readonly Waiting[]): (() => void)[] {
    try {
      return this.#inTransaction(tables, group, (write) => ({ result: write(tables) }));
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof Known)) throw error;
    }
    // Once more, each with a savepoint of its own, which undoes that one alone: it costs a third more, so not at first.
    return this.#inTransaction(tables, group, (write) => tables.attempt(() => write(tables)));
  }

  #inTransaction(
    tables: Tables,
    group: readonly Waiting[],
    attempt: (write: Waiting['write']) => { result: unknown } | { refused: Conflict | Known },
  ): (() => void)[] {
    let outcomes: (() => void)[] = [];
    tables.transaction(() => {
      outcomes = group.map(({ write, resolve, reject }) => {
        const outcome = attempt(write);
        return 'refused' in outcome ? () => reject(outcome.refused) : () => resolve(outcome.result as never);
      });
      this.#removeExpired(tables);
    });
    return outcomes;
  }

  #removeExpired(tables: Tables): void {
    const now = this.#options.now();
    if (Math.abs(now - this.#lookedForExpired) < expiryLooks) return;
    if (tables.removeExpired(now, expiredPerCommit) < expiredPerCommit) this.#lookedForExpired = now;
  }

  /**
   * Runs a piece of work. A damaged file is set aside first.
   *
   * @param last it was asked for before the store was closed
   * @throws Failure STATE, and nothing else
   */
  #guarded<T>(verb: 'read' | 'written', work: () => T, last = false): T {
    if (this.#closed && !last) throw closed();
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
      this.#tables ??= new Tables(this.#connect(), this.#options.file);
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
      const tables = new Tables(this.#connect(), file);
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

function sizeOf(changes: readonly Encoded[]): number {
  return changes.reduce((sum, change) => sum + ('text' in change ? change.text.length : 0), 0);
}

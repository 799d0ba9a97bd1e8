/**
 * The embedded store: one SQLite file, through the driver that comes with Node.js. Why, and what was measured:
 * docs/decisions/0003-state-store.md.
 */
import { hash } from 'node:crypto';
import { existsSync, renameSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../exchange/failure';
import { isDamage, Tables } from './sqlite-tables';
import { Conflict, type Change, type Store, type Stored } from './store';

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

/** A commit that waits for its turn. */
interface Waiting {
  changes: readonly EncodedChange[];
  resolve: (version: number) => void;
  reject: (error: Failure) => void;
}

/** A change in the form in which it is stored. */
type EncodedChange =
  | Exclude<Change, { kind: 'put' | 'add' }>
  | { kind: 'put'; scope: string; name: string; text: string; expect?: number }
  | { kind: 'add'; scope: string; keys: Uint8Array[]; expires?: number };

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
    return this.#guarded('read', () => {
      const tables = this.open();
      const number = tables.scope(scope);
      if (number === undefined) return new Set(ids);
      const now = this.#options.now();
      return new Set(ids.filter((id) => !tables.knows(number, keyOf(id), now)));
    });
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#flush();
    this.#closed = true;
    this.#tables?.close();
  }

  /* eslint-enable @typescript-eslint/require-await */

  commit(changes: readonly Change[]): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.#closed) throw closed();
      this.#queue.push({ changes: changes.map(encode), resolve, reject });
      if (this.#queue.length === 1) setImmediate(() => this.#flush());
    });
  }

  /**
   * Everything that waits shares one transaction, and so one wait for the disk. Each commit has a savepoint of its own:
   * a conflict undoes that one alone.
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
          for (const { changes, resolve, reject } of group) {
            let version = 0;
            const conflict = tables.attempt(() => {
              version = tables.nextVersion();
              apply(tables, changes, version);
            });
            outcomes.push(conflict ? () => reject(conflict) : () => resolve(version));
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

/** @throws Conflict, or the driver's error */
function apply(tables: Tables, changes: readonly EncodedChange[], version: number): void {
  for (const change of changes) {
    if ('expect' in change && change.expect !== undefined) {
      const current = tables.version(change.scope, change.name) ?? 0;
      if (current !== change.expect) throw new Conflict(change.scope, change.name);
    }
    switch (change.kind) {
      case 'put':
        tables.put(change.scope, change.name, version, change.text);
        break;
      case 'delete':
        tables.delete(change.scope, change.name);
        break;
      case 'add':
        tables.add(change.scope, change.keys, change.expires);
        break;
      case 'forget':
        tables.forget(change.scope);
        break;
    }
  }
}

function encode(change: Change): EncodedChange {
  switch (change.kind) {
    case 'put':
      return { ...change, text: JSON.stringify(change.value) ?? 'null' };
    case 'add':
      return { ...change, keys: change.ids.map(keyOf) };
    case 'delete':
    case 'forget':
      return change;
  }
}

/**
 * 128 bits of SHA-256. Two ids that share them would lose an event: among a million ids the chance is below one in
 * 10^26.
 */
function keyOf(id: string): Uint8Array {
  return hash('sha256', id, 'buffer').subarray(0, 16);
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

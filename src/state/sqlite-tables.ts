import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { uniqueIds, type EncodedEntries } from './encode';
import { Journal } from './journal';
import { Leases } from './sqlite-leases';
import { Queues } from './sqlite-queues';
import { prepareFile, transaction } from './sqlite-schema';
import { Conflict, Known, type Entry, type Stored } from './store';

type Row<T> = T | undefined;

/** How many keys are looked up by one statement. */
const keysAtOnce = 10_000;

/**
 * Looks up many keys, given as one blob: ?1 the keys, 16 bytes each, ?2 how many, ?3 the scope, ?4 the time. The answer
 * is a JSON list with a value or null for each. Half the time of a statement for each key: measured with 10,000 of a
 * million, 20 ms in place of 38.
 */
const knownValues = `
  WITH RECURSIVE keys (n, id) AS (
    SELECT 0, substr(?1, 1, 16)
    UNION ALL SELECT n + 1, substr(?1, 16 * (n + 1) + 1, 16) FROM keys WHERE n + 1 < ?2
  )
  SELECT json_group_array((
    SELECT coalesce(value, '') FROM ids
    WHERE scope = ?3 AND ids.id = keys.id AND (expires IS NULL OR expires > ?4)
  ) ORDER BY n) AS found FROM keys
`;

/**
 * The tables of one open file, documents and ids here, the others in classes of their own. Errors are the driver's, but
 * for Conflict and Known.
 */
export class Tables {
  readonly queues: Queues;
  readonly leases: Leases;
  readonly #db: DatabaseSync;
  readonly #file: string;
  /** Undefined while SQLite waits for the disk itself. */
  #journal: Journal | undefined;
  /** Why the journal may have holes on the disk; undefined when it has none. */
  #doubt: { error: unknown } | undefined;
  readonly #one: Record<'document' | 'version' | 'scope' | 'known' | 'revision', StatementSync>;
  readonly #run: Record<
    'put' | 'delete' | 'revision' | 'scope' | 'set' | 'remove' | 'forget' | 'forgetScope' | 'expire',
    StatementSync
  >;
  readonly #page: StatementSync;
  /** The newest version, as far as the transaction that is going on has asked for one. */
  #revision: number | undefined;
  /** Of a piece of a transaction. */
  readonly #steps: Record<'begin' | 'end', StatementSync>;

  /**
   * Takes the open file over: it is closed when it cannot be used.
   *
   * @throws Failure STATE for a file of a newer release
   */
  constructor(db: DatabaseSync, file: string) {
    this.#db = db;
    this.#file = file;
    try {
      prepareFile(db);
      this.#one = {
        document: db.prepare('SELECT version, value FROM documents WHERE scope = ? AND name = ?'),
        version: db.prepare('SELECT version FROM documents WHERE scope = ? AND name = ?'),
        scope: db.prepare('SELECT number FROM scopes WHERE name = ?'),
        known: db.prepare(knownValues),
        revision: db.prepare('SELECT number FROM revision'),
      };
      this.#run = {
        put: db.prepare(
          `INSERT INTO documents VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value`,
        ),
        revision: db.prepare('UPDATE revision SET number = ?'),
        delete: db.prepare('DELETE FROM documents WHERE scope = ? AND name = ?'),
        scope: db.prepare('INSERT OR IGNORE INTO scopes (name) VALUES (?)'),
        set: db.prepare(
          `INSERT INTO ids (scope, id, expires, value, text) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET expires = excluded.expires, value = excluded.value, text = excluded.text
           WHERE expires IS NOT excluded.expires OR value IS NOT excluded.value OR text IS NOT excluded.text`,
        ),
        remove: db.prepare('DELETE FROM ids WHERE scope = ? AND id = ?'),
        forget: db.prepare('DELETE FROM ids WHERE scope = ?'),
        forgetScope: db.prepare('DELETE FROM scopes WHERE number = ? AND items = 0'),
        expire: db.prepare(
          `DELETE FROM ids WHERE (scope, id) IN (SELECT scope, id FROM ids WHERE expires <= ? LIMIT ?)`,
        ),
      };
      this.#page = db.prepare(
        `SELECT id, text, value, expires FROM ids WHERE scope = ? AND id > ? ORDER BY id LIMIT ?`,
      );
      this.#steps = { begin: db.prepare('SAVEPOINT attempt'), end: db.prepare('RELEASE attempt') };
      this.queues = new Queues(db, (scope) => this.#makeScope(scope));
      this.leases = new Leases(db, () => this.nextVersion());
    } catch (error) {
      db.close();
      throw error;
    }
  }

  transaction(work: () => void): void {
    this.#revision = undefined;
    transaction(this.#db, () => {
      work();
      if (this.#revision !== undefined) this.#run.revision.run(this.#revision);
    });
  }

  /**
   * Waits for the disk, without holding up the event loop: what was committed before survives a power failure then.
   *
   * The first commit is one for which SQLite waits itself (`synchronous = FULL`): it also makes the journal, and its name in
   * the folder, durable. Where there is no journal (a file system on which SQLite cannot have one), it stays that way.
   */
  async sync(): Promise<void> {
    if (this.#journal) return this.#syncJournal(this.#journal);
    try {
      this.#journal = new Journal(this.#file);
    } catch {
      return undefined;
    }
    this.#db.exec('PRAGMA synchronous = NORMAL');
    return undefined;
  }

  /**
   * What a system failed to write it may count as written from then on, so that the next wait would succeed and be worth
   * nothing: behind a hole in the journal, SQLite finds no commit. Instead all of it is taken over into the file, and the
   * journal begins again.
   */
  async #syncJournal(journal: Journal): Promise<void> {
    if (!this.#doubt) {
      try {
        return await journal.sync();
      } catch (error) {
        this.#doubt = { error };
      }
    }
    const { busy } = this.#db.prepare('PRAGMA wal_checkpoint(TRUNCATE)').get() as { busy: number };
    if (busy) throw this.#doubt.error;
    // that it is empty
    await journal.sync();
    this.#doubt = undefined;
  }

  /** A piece of a transaction that a Conflict undoes alone. Any other error concerns the whole transaction. */
  attempt<T>(work: () => T): { result: T } | { refused: Conflict | Known } {
    this.#steps.begin.run();
    try {
      const result = work();
      this.#steps.end.run();
      return { result };
    } catch (error) {
      if (!(error instanceof Conflict || error instanceof Known)) throw error;
      this.#db.exec('ROLLBACK TO attempt; RELEASE attempt');
      return { refused: error };
    }
  }

  document(scope: string, name: string): Stored | undefined {
    const row = this.#one.document.get(scope, name) as Row<{ version: number; value: string }>;
    return row && { version: row.version, value: JSON.parse(row.value) as unknown };
  }

  /** @throws Conflict unless the document is at that version, 0 for none; any is fine when none is expected */
  expect(scope: string, name: string, version: number | undefined): void {
    if (version === undefined) return;
    const row = this.#one.version.get(scope, name) as Row<{ version: number }>;
    if ((row?.version ?? 0) !== version) throw new Conflict(scope, name);
  }

  /** Inside a transaction, at whose end the last one is written. */
  nextVersion(): number {
    this.#revision ??= (this.#one.revision.get() as { number: number }).number;
    return ++this.#revision;
  }

  put(scope: string, name: string, version: number, text: string): void {
    this.#run.put.run(scope, name, version, text);
  }

  delete(scope: string, name: string): void {
    this.#run.delete.run(scope, name);
  }

  /** The value of each key; `undefined` for one that is not known. */
  values(scope: string, keys: readonly Uint8Array[], now: number): (string | undefined)[] {
    const number = this.#scope(scope);
    if (number === undefined) return keys.map(() => undefined);
    const values: (string | undefined)[] = [];
    for (let from = 0; from < keys.length; from += keysAtOnce) {
      const some = keys.slice(from, from + keysAtOnce);
      const row = this.#one.known.get(Buffer.concat(some), some.length, number, now) as { found: string };
      for (const value of JSON.parse(row.found) as (string | null)[]) values.push(value ?? undefined);
    }
    return values;
  }

  /** @throws Known when they should be `fresh` and are not */
  set(
    scope: string,
    { ids, keys, values, expires, listed, fresh }: EncodedEntries & SetOptions,
    now: number,
  ): void {
    if (fresh) {
      const known = this.values(scope, keys, now).flatMap((value, n) => (value === undefined ? [] : [n]));
      if (known.length > 0) throw new Known(scope, uniqueIds(ids, known));
    }
    const number = this.#makeScope(scope);
    for (const [n, key] of keys.entries()) {
      this.#run.set.run(number, key, expires ?? null, values?.[n] || null, listed ? ids[n]! : null);
    }
  }

  remove(scope: string, keys: readonly Uint8Array[]): void {
    const number = this.#scope(scope);
    if (number === undefined) return;
    for (const key of keys) this.#run.remove.run(number, key);
  }

  forget(scope: string): void {
    const number = this.#scope(scope);
    if (number === undefined) return;
    this.#run.forget.run(number);
    this.#run.forgetScope.run(number);
  }

  /** A page of the listed ids, in the order of their keys. `after` is the key where the last page ended, as hex. */
  list(scope: string, limit: number, after: string, now: number): { entries: Entry[]; next?: string } {
    const number = this.#scope(scope);
    if (number === undefined) return { entries: [] };
    const rows = this.#page.all(number, Buffer.from(after, 'hex'), limit) as unknown as {
      id: Uint8Array;
      text: string | null;
      value: string | null;
      expires: number | null;
    }[];
    const entries = rows.flatMap(({ text, value, expires }): Entry[] =>
      text === null || (expires !== null && expires <= now) ? [] : [[text, value ?? '']],
    );
    return rows.length < limit
      ? { entries }
      : { entries, next: Buffer.from(rows.at(-1)!.id).toString('hex') };
  }

  /** @returns how many there were */
  removeExpired(now: number, atMost: number): number {
    return Number(this.#run.expire.run(now, atMost).changes);
  }

  close(): void {
    this.#journal?.close();
    this.#db.close();
  }

  /** The number that stands for a scope in the tables of ids and items, when it has any. */
  #scope(name: string): number | undefined {
    return (this.#one.scope.get(name) as Row<{ number: number }>)?.number;
  }

  #makeScope(name: string): number {
    const number = this.#scope(name);
    if (number !== undefined) return number;
    this.#run.scope.run(name);
    return this.#scope(name)!;
  }
}

interface SetOptions {
  expires?: number;
  listed: boolean;
  fresh: boolean;
}

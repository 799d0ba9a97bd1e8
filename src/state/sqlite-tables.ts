import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Failure } from '../exchange/failure';
import { Conflict, type Stored } from './store';

/** Version of the tables, kept in the file. A later one comes with the statements that lead to it. */
const schemaVersion = 1;

/**
 * Ids stand in a table that is nothing but its key, 16 bytes each. Documents are few and can be large, so theirs is an
 * ordinary table. `revision` is the version of the newest commit.
 */
const schema = `
  CREATE TABLE scopes (number INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
  CREATE TABLE ids (
    scope INTEGER NOT NULL, id BLOB NOT NULL, expires INTEGER,
    PRIMARY KEY (scope, id)
  ) WITHOUT ROWID;
  CREATE INDEX ids_by_expiry ON ids (expires) WHERE expires IS NOT NULL;
  CREATE TABLE documents (
    scope TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (scope, name)
  );
  CREATE TABLE revision (number INTEGER NOT NULL);
  INSERT INTO revision VALUES (0);
  PRAGMA user_version = ${schemaVersion};
`;

/** Milliseconds to wait for another process (a backup, a shell) that holds the file. The event loop waits too. */
const busyTimeout = 1000;

/** Bytes that the journal keeps on disk after a large commit. */
const journalLimit = 16 * 1024 * 1024;

/** The tables of one open file. Every line of SQL stands here. Errors are the driver's, but for Conflict. */
export class Tables {
  readonly #db: DatabaseSync;
  readonly #one: Record<'document' | 'version' | 'scope' | 'id', StatementSync>;
  readonly #run: Record<
    'put' | 'delete' | 'scope' | 'add' | 'forget' | 'forgetScope' | 'next' | 'expire',
    StatementSync
  >;

  /**
   * Takes the open file over: it is closed when it cannot be used.
   *
   * @throws Failure STATE for a file of a newer release
   */
  constructor(db: DatabaseSync) {
    this.#db = db;
    try {
      this.#prepareFile();
      this.#one = {
        document: db.prepare('SELECT version, value FROM documents WHERE scope = ? AND name = ?'),
        version: db.prepare('SELECT version FROM documents WHERE scope = ? AND name = ?'),
        scope: db.prepare('SELECT number FROM scopes WHERE name = ?'),
        id: db.prepare('SELECT expires FROM ids WHERE scope = ? AND id = ?'),
      };
      this.#run = {
        put: db.prepare(
          `INSERT INTO documents VALUES (?, ?, ?, ?)
           ON CONFLICT DO UPDATE SET version = excluded.version, value = excluded.value`,
        ),
        delete: db.prepare('DELETE FROM documents WHERE scope = ? AND name = ?'),
        scope: db.prepare('INSERT OR IGNORE INTO scopes (name) VALUES (?)'),
        add: db.prepare(
          `INSERT INTO ids VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET expires = excluded.expires WHERE expires IS NOT excluded.expires`,
        ),
        forget: db.prepare('DELETE FROM ids WHERE scope = ?'),
        forgetScope: db.prepare('DELETE FROM scopes WHERE number = ?'),
        next: db.prepare('UPDATE revision SET number = number + 1 RETURNING number'),
        expire: db.prepare(
          `DELETE FROM ids WHERE (scope, id) IN (SELECT scope, id FROM ids WHERE expires <= ? LIMIT ?)`,
        ),
      };
    } catch (error) {
      db.close();
      throw error;
    }
  }

  #prepareFile(): void {
    const db = this.#db;
    db.exec(`
      PRAGMA busy_timeout = ${busyTimeout};
      PRAGMA journal_mode = WAL;
      PRAGMA synchronous = FULL;
      PRAGMA journal_size_limit = ${journalLimit};
    `);
    // 84 ms for a million ids, once: damage is found before anything is built on it.
    const { quick_check: verdict } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
    if (verdict !== 'ok') throw new Damage(verdict);
    const { user_version: version } = db.prepare('PRAGMA user_version').get() as { user_version: number };
    if (version > schemaVersion) {
      throw new Failure(
        'STATE',
        `the state file was written by a newer release (schema ${version}, this release knows ${schemaVersion}): update node-red-contrib-http-connector`,
        { retryable: false },
      );
    }
    if (version < schemaVersion) this.transaction(() => db.exec(schema));
  }

  transaction(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      work();
      this.#db.exec('COMMIT');
    } catch (error) {
      try {
        this.#db.exec('ROLLBACK');
      } catch {
        // A full disk or a read error has already ended the transaction: the first error is the one that matters.
      }
      throw error;
    }
  }

  /** Changes within a transaction that a conflict undoes alone. Any other error concerns the whole transaction. */
  attempt(changes: () => void): Conflict | undefined {
    this.#db.exec('SAVEPOINT attempt');
    try {
      changes();
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      this.#db.exec('ROLLBACK TO attempt; RELEASE attempt');
      return error;
    }
    this.#db.exec('RELEASE attempt');
    return undefined;
  }

  document(scope: string, name: string): Stored | undefined {
    const row = this.#one.document.get(scope, name) as { version: number; value: string } | undefined;
    return row && { version: row.version, value: JSON.parse(row.value) as unknown };
  }

  version(scope: string, name: string): number | undefined {
    return (this.#one.version.get(scope, name) as { version: number } | undefined)?.version;
  }

  /** The number that stands for a scope in the table of ids, when it has any. */
  scope(name: string): number | undefined {
    return (this.#one.scope.get(name) as { number: number } | undefined)?.number;
  }

  knows(scope: number, key: Uint8Array, now: number): boolean {
    const row = this.#one.id.get(scope, key) as { expires: number | null } | undefined;
    return row !== undefined && (row.expires === null || row.expires > now);
  }

  nextVersion(): number {
    return (this.#run.next.get() as { number: number }).number;
  }

  put(scope: string, name: string, version: number, text: string): void {
    this.#run.put.run(scope, name, version, text);
  }

  delete(scope: string, name: string): void {
    this.#run.delete.run(scope, name);
  }

  add(scope: string, keys: readonly Uint8Array[], expires: number | undefined): void {
    this.#run.scope.run(scope);
    const number = this.scope(scope)!;
    for (const key of keys) this.#run.add.run(number, key, expires ?? null);
  }

  forget(scope: string): void {
    const number = this.scope(scope);
    if (number === undefined) return;
    this.#run.forget.run(number);
    this.#run.forgetScope.run(number);
  }

  removeExpired(now: number, atMost: number): void {
    this.#run.expire.run(now, atMost);
  }

  close(): void {
    this.#db.close();
  }
}

/** SQLite's result codes for a damaged file, and for one that is no database. */
const damaged = 11;
const noDatabase = 26;

/** SQLite's own check found the file damaged. */
class Damage extends Error {
  readonly errcode = damaged;
}

/** Whether an error of the driver says that the file itself is broken. */
export function isDamage(error: unknown): boolean {
  const code = error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : 0;
  return code === damaged || code === noDatabase;
}

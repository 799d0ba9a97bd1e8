import type { DatabaseSync } from 'node:sqlite';
import { Failure } from '../exchange/failure';

/**
 * The statements that lead from each version of the tables to the next, from an empty file on. A release only ever adds
 * to this list: files of every version before it are out there.
 *
 * Ids stand in a table that is nothing but its key, 16 bytes each, a short value, and their text where it is asked for.
 * Documents are few and can be large, so theirs is an ordinary table, and the same goes for the items of the queues.
 * `revision` is the version of the newest commit, and the newest token of a lease.
 */
const migrations: readonly string[] = [
  `
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
  `,
  `
  ALTER TABLE ids ADD COLUMN value TEXT;
  ALTER TABLE ids ADD COLUMN text TEXT;
  ALTER TABLE scopes ADD COLUMN items INTEGER NOT NULL DEFAULT 0;
  ALTER TABLE scopes ADD COLUMN bytes INTEGER NOT NULL DEFAULT 0;
  CREATE TABLE items (
    position INTEGER PRIMARY KEY AUTOINCREMENT, scope INTEGER NOT NULL, id TEXT NOT NULL,
    due INTEGER NOT NULL, attempt INTEGER NOT NULL, consumer TEXT, bytes INTEGER NOT NULL, value TEXT NOT NULL
  );
  CREATE UNIQUE INDEX items_by_id ON items (scope, id);
  CREATE INDEX items_by_position ON items (scope, position, due);
  CREATE INDEX items_by_consumer ON items (scope, consumer) WHERE consumer IS NOT NULL;
  CREATE TRIGGER item_in AFTER INSERT ON items BEGIN
    UPDATE scopes SET items = items + 1, bytes = bytes + new.bytes WHERE number = new.scope;
  END;
  CREATE TRIGGER item_out AFTER DELETE ON items BEGIN
    UPDATE scopes SET items = items - 1, bytes = bytes - old.bytes WHERE number = old.scope;
  END;
  CREATE TABLE leases (
    scope TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, expires INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  `
  ALTER TABLE items ADD COLUMN count INTEGER NOT NULL DEFAULT 1;
  DROP TRIGGER item_in;
  DROP TRIGGER item_out;
  CREATE TRIGGER item_in AFTER INSERT ON items BEGIN
    UPDATE scopes SET items = items + new.count, bytes = bytes + new.bytes WHERE number = new.scope;
  END;
  CREATE TRIGGER item_out AFTER DELETE ON items BEGIN
    UPDATE scopes SET items = items - old.count, bytes = bytes - old.bytes WHERE number = old.scope;
  END;
  `,
];

/** Milliseconds to wait for another process (a backup, a shell) that holds the file. The event loop waits too. */
const busyTimeout = 1000;

/**
 * Pages of 4 KB that the journal takes before it is taken over into the file, which the event loop waits for: four times
 * SQLite's own number cut the slowest hundredth of deliveries to a third; sixteen times it brought nothing more.
 */
const journalPages = 4000;

/** Bytes that the journal keeps on disk after a large commit. */
const journalLimit = 16 * 1024 * 1024;

/**
 * Makes an open file ready: checked for damage, and with the tables of this release.
 *
 * @throws Failure STATE for a file of a newer release; Damage, and whatever the driver throws
 */
export function prepareFile(db: DatabaseSync): void {
  db.exec(`
    PRAGMA busy_timeout = ${busyTimeout};
    PRAGMA journal_mode = WAL;
    PRAGMA synchronous = FULL;
    PRAGMA wal_autocheckpoint = ${journalPages};
    PRAGMA journal_size_limit = ${journalLimit};
  `);
  // 84 ms for a million ids, once: damage is found before anything is built on it.
  const { quick_check: verdict } = db.prepare('PRAGMA quick_check(1)').get() as { quick_check: string };
  if (verdict !== 'ok') throw new Damage(verdict);
  if (versionOf(db) === migrations.length) return;
  transaction(db, () => {
    // Asked again inside: another process may have been first.
    const version = versionOf(db);
    if (version > migrations.length) {
      throw new Failure(
        'STATE',
        `the state file was written by a newer release (schema ${version}, this release knows ${migrations.length}): update node-red-contrib-http-connector`,
        { retryable: false },
      );
    }
    for (const statements of migrations.slice(version)) db.exec(statements);
    db.exec(`PRAGMA user_version = ${migrations.length}`);
  });
}

function versionOf(db: DatabaseSync): number {
  return (db.prepare('PRAGMA user_version').get() as { user_version: number }).user_version;
}

export function transaction<T>(db: DatabaseSync, work: () => T): T {
  db.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    db.exec('COMMIT');
    return result;
  } catch (error) {
    try {
      db.exec('ROLLBACK');
    } catch {
      // A full disk or a read error has already ended the transaction: the first error is the one that matters.
    }
    throw error;
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

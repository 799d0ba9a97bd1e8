import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { hash } from 'node:crypto';
import { mkdtemp, rm, statfs, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../src/exchange/failure';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';

describe('The SQLite file', () => {
  let folder: string;
  let store: Store | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'http-connector-state-'));
  });
  afterEach(async () => {
    await store?.close();
    store = undefined;
    await rm(folder, { recursive: true, force: true });
  });
  const open = async (file: string) => {
    store = await openSqlite({ file, now: () => 1_000_000, warn: assert.fail });
    return store;
  };

  it('of the first release keeps all that it knows, and can do what is new', async () => {
    const file = join(folder, 'state.sqlite');
    makeVersion1(file);
    const migrated = await open(file);
    assert.deepEqual(await migrated.get('polling/1', 'known'), { value: { lastPoll: 5 }, version: 41 });
    const unknown = await migrated.unknown('polling/1', ['a', 'b', 'short', 'expired', 'other']);
    assert.deepEqual([...unknown], ['expired', 'other']);
    const version = await migrated.commit([
      { kind: 'put', scope: 'polling/1', name: 'known', value: 2, expect: 41 },
      { kind: 'set', scope: 'polling/1', entries: [['a', 'hash']], listed: true },
      { kind: 'push', scope: 'polling/1', id: 'x', value: 1 },
    ]);
    assert.equal(version, 43);
    await migrated.close();

    const again = await open(file);
    assert.deepEqual(await again.list('polling/1', 10), { entries: [['a', 'hash']] });
    assert.deepEqual([...(await again.unknown('polling/1', ['a', 'b']))], []);
    assert.equal((await again.claim('polling/1', { consumer: 'c', limit: 1, visibility: 1 })).length, 1);
    assert.ok(((await again.acquire('polling/1', 'me', 1))?.token ?? 0) > 43);
  });

  it('of the first release is left as it was when the migration fails', () => {
    const file = join(folder, 'state.sqlite');
    makeVersion1(file);
    const other = new DatabaseSync(file);
    other.exec('CREATE TABLE leases (in_the_way)');
    return assert
      .rejects(open(file), (error) => error instanceof Failure && /leases already exists/.test(error.message))
      .then(() => {
        const columns = other.prepare('SELECT name FROM pragma_table_info(?)').all('ids');
        assert.deepEqual(
          columns.map(({ name }) => name),
          ['scope', 'id', 'expires'],
        );
        assert.equal(other.prepare('PRAGMA user_version').get()!.user_version, 1);
        other.close();
      });
  });

  it('on a full disk fails the commit, has nothing half-written, and goes on when there is room', async function () {
    if (process.platform !== 'linux' || process.getuid?.() !== 0) {
      // Only root can mount. The same error from SQLite's own limit is tested in sqlite.test.ts, everywhere.
      return this.skip();
    }
    const disk = join(folder, 'disk');
    execFileSync('mkdir', [disk]);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', disk]);
    try {
      const running = await open(join(disk, 'state.sqlite'));
      await running.commit([{ kind: 'put', scope: 's', name: 'd', value: 'before' }]);
      await writeFile(join(disk, 'filler'), 'x'.repeat(1_200_000));

      let pushed = 0;
      const refused = await (async () => {
        for (;;) {
          const outcome = await running
            .commit([
              { kind: 'put', scope: 's', name: 'd', value: pushed },
              { kind: 'add', scope: 's', ids: [`id ${pushed}`] },
              { kind: 'push', scope: 's', id: `item ${pushed}`, value: 'x'.repeat(20_000) },
            ])
            .catch((error: unknown) => error);
          if (typeof outcome !== 'number') return outcome;
          pushed++;
        }
      })();
      assert.ok(refused instanceof Failure && refused.code === 'STATE' && refused.retryable, String(refused));
      assert.match(refused.message, /full/);
      const { bavail, bsize } = await statfs(disk);
      assert.ok(bavail * bsize < 100_000, `${bavail * bsize} bytes are free`);
      assert.ok(pushed > 0);

      const content = async (from: Store) => ({
        d: (await from.get('s', 'd'))?.value,
        next: [...(await from.unknown('s', [`id ${pushed - 1}`, `id ${pushed}`]))],
        count: (await from.size('s')).count,
        last: (await from.peek('s', 1000)).at(-1)?.id,
      });
      const expected = {
        d: pushed - 1,
        next: [`id ${pushed}`],
        count: pushed,
        last: `item ${pushed - 1}`,
      };
      assert.deepEqual(await content(running), expected);

      await rm(join(disk, 'filler'));
      await running.commit([{ kind: 'put', scope: 's', name: 'e', value: 'x'.repeat(20_000) }]);
      await running.close();
      const reopened = await open(join(disk, 'state.sqlite'));
      assert.deepEqual(await content(reopened), expected);
      await reopened.close();
    } finally {
      await store?.close();
      execFileSync('umount', [disk]);
    }
  });
});

/** A file as the first release made it, with its own statements. */
function makeVersion1(file: string): void {
  const db = new DatabaseSync(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
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
    INSERT INTO revision VALUES (42);
    INSERT INTO scopes (name) VALUES ('polling/0'), ('polling/1');
    INSERT INTO documents VALUES ('polling/1', 'known', 41, '{"lastPoll":5}');
    PRAGMA user_version = 1;
  `);
  const add = db.prepare('INSERT INTO ids VALUES (2, ?, ?)');
  const ids: [string, number | null][] = [
    ['a', null],
    ['b', null],
    ['short', 2_000_000],
    ['expired', 500_000],
  ];
  for (const [id, expires] of ids) add.run(hash('sha256', id, 'buffer').subarray(0, 16), expires);
  db.close();
}

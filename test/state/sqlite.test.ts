import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs, { copyFileSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../../src/exchange/failure';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';
import { conformance } from './conformance';

const makeFolder = () => mkdtemp(join(tmpdir(), 'http-connector-state-'));
const remove = (folder: string) => rm(folder, { recursive: true, force: true });
const isState = (error: unknown): error is Failure => error instanceof Failure && error.code === 'STATE';

conformance('SQLite', async () => {
  const folder = await makeFolder();
  const file = join(folder, 'state.sqlite');
  return {
    open: (now) => openSqlite({ file, now, warn: assert.fail }),
    remove: () => remove(folder),
  };
});

describe('The SQLite file', () => {
  let folder: string;
  let file: string;
  let warnings: string[];
  let store: Store | undefined;

  beforeEach(async () => {
    folder = await makeFolder();
    file = join(folder, 'state.sqlite');
    warnings = [];
  });

  afterEach(async () => {
    await store?.close();
    store = undefined;
    await remove(folder);
  });

  const open = async () => {
    store = await openSqlite({ file, now: () => Date.UTC(2026, 10, 5), warn: (text) => warnings.push(text) });
    return store;
  };
  const put = (to: Store, name: string, value: unknown) =>
    to.commit([{ kind: 'put', scope: 's', name, value }]);

  it('has every acknowledged commit after kill -9 in mid write', async function () {
    this.timeout(60_000);
    const acknowledged = new Set<number>();
    for (let round = 0; round < 8; round++) {
      const first = acknowledged.size === 0 ? 0 : Math.max(...acknowledged) + 5;
      const writer = spawn(process.execPath, [
        '--require',
        'tsx',
        join(__dirname, 'writer.ts'),
        file,
        `${first}`,
      ]);
      let [output, errors] = ['', ''];
      writer.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      await new Promise<void>((resolve, reject) => {
        writer.on('exit', () => reject(new Error(errors)));
        writer.stdout.on('data', (chunk: Buffer) => {
          output += chunk.toString();
          // Killed after another number of lines in each round, while more writes are on their way.
          if (output.split('\n').length > 20 + round * 7) resolve();
        });
      });
      writer.removeAllListeners('exit');
      const ended = once(writer, 'close');
      writer.kill('SIGKILL');
      await ended;
      output = output.slice(0, output.lastIndexOf('\n'));
      for (const line of output.split('\n')) acknowledged.add(Number(line));

      const reopened = await open();
      const numbers = [...acknowledged];
      const documents = await Promise.all(numbers.map((n) => reopened.get('s', `document ${n}`)));
      assert.ok(documents.every((document) => document !== undefined));
      const unknown = await reopened.unknown(
        's',
        numbers.flatMap((n) => [`id ${n} a`, `id ${n} b`]),
      );
      assert.deepEqual([...unknown], []);
      await reopened.close();
    }
    assert.deepEqual(warnings, []);
  });

  it('is set aside when it is no database, and a new one is begun', async () => {
    await writeFile(file, 'this is no database, but somebody may want it');
    await put(await open(), 'd', 1);
    const aside = `${file}.broken-2026-11-05T00-00-00-000Z`;
    assert.equal(await readFile(aside, 'utf8'), 'this is no database, but somebody may want it');
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /damaged \(.*not a database.*set aside as .*\.broken-2026/);
  });

  it('is set aside when it is damaged inside', async () => {
    const before = await open();
    for (let n = 0; n < 200; n++) await put(before, `document ${n}`, 'x'.repeat(1000));
    await before.close();
    const bytes = await readFile(file);
    bytes.fill(0x5a, 8192, bytes.length - 4096);
    await writeFile(file, bytes);
    const after = await open();
    assert.equal(await after.get('s', 'document 1'), undefined);
    await put(after, 'd', 1);
    assert.equal(warnings.length, 1);
    assert.equal((await readdir(folder)).filter((name) => /^state\.sqlite\.broken-/.test(name)).length, 1);
  });

  it('that breaks while it is open fails the call, is set aside, and the store goes on', async () => {
    const running = await open();
    for (let n = 0; n < 2000; n++) void put(running, `document ${n}`, 'x'.repeat(1000));
    await put(running, 'last', 1);
    // Another connection writes the journal into the file and leaves rubbish behind, as a failing disk would.
    const other = new DatabaseSync(file);
    other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    other.close();
    const bytes = await readFile(file);
    bytes.fill(0x5a, 4096);
    await writeFile(file, bytes);
    await assert.rejects(async () => {
      for (let n = 0; n < 2000; n++) await running.get('s', `document ${n}`);
    }, isState);
    await put(running, 'd', 1);
    assert.equal((await running.get('s', 'd'))?.value, 1);
    assert.equal(warnings.length, 1);
  });

  it('of a newer release is refused and left alone', async () => {
    await (await open()).close();
    const other = new DatabaseSync(file);
    other.exec('PRAGMA user_version = 99');
    other.close();
    await assert.rejects(
      open(),
      (error) => isState(error) && /newer release \(schema 99/.test(error.message),
    );
    assert.deepEqual(await readdir(folder), ['state.sqlite']);
    assert.deepEqual(warnings, []);
  });

  it('that cannot be opened is a Failure that names it', async () => {
    file = join(folder, 'missing', 'state.sqlite');
    await assert.rejects(
      open(),
      (error) => isState(error) && error.message.includes(file) && error.retryable,
    );
  });

  it('that is full fails the commit, keeps what was there, and takes the next that fits', async () => {
    const limited = await open();
    await put(limited, 'd', 1);
    const other = new DatabaseSync(file);
    const { page_count: pages } = other.prepare('PRAGMA page_count').get() as { page_count: number };
    other.close();
    // SQLite's own limit on pages gives the same SQLITE_FULL as a full disk.
    await limited.close();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    const prepare = DatabaseSync.prototype.prepare;
    const full = { pages: pages + 2 };
    DatabaseSync.prototype.prepare = function (this: DatabaseSync, sql: string) {
      if (sql.startsWith('UPDATE revision')) this.exec(`PRAGMA max_page_count = ${full.pages}`);
      return prepare.call(this, sql);
    };
    try {
      const running = await open();
      const outcomes = await Promise.allSettled([
        put(running, 'd', 2),
        put(running, 'large', 'x'.repeat(100_000)),
      ]);
      assert.deepEqual(
        outcomes.map(({ status }) => status),
        ['rejected', 'rejected'],
      );
      const refused = (outcomes[1] as PromiseRejectedResult).reason as Failure;
      assert.ok(isState(refused) && refused.retryable && /full/.test(refused.message));
      assert.equal((await running.get('s', 'd'))?.value, 1);
      await put(running, 'd', 3);
      assert.equal((await running.get('s', 'd'))?.value, 3);
    } finally {
      DatabaseSync.prototype.prepare = prepare;
    }
  });

  it('that another process holds fails the commit after a while, and takes it later', async () => {
    const running = await open();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    await assert.rejects(put(running, 'd', 1), (error) => isState(error) && /locked/.test(error.message));
    assert.equal(await running.get('s', 'd'), undefined);
    other.exec('ROLLBACK');
    other.close();
    await put(running, 'd', 2);
    assert.equal((await running.get('s', 'd'))?.value, 2);
  });

  describe('when the disk is slow', () => {
    const { fdatasync } = fs;
    /** Ends the waits for the disk that are under way. */
    let waits: fs.NoParamCallback[];

    beforeEach(async () => {
      // SQLite itself waits for the first one
      await put(await open(), 'first', 0);
      waits = [];
      fs.fdatasync = Object.assign(
        (fd: number, done: fs.NoParamCallback) => fdatasync(fd, () => waits.push(done)),
        { __promisify__: fdatasync.__promisify__ },
      );
    });
    afterEach(() => {
      fs.fdatasync = fdatasync;
      for (const done of waits) done(null);
    });

    const untilWaiting = async () => {
      while (waits.length === 0) await new Promise(setImmediate);
      return waits.shift()!;
    };

    it('acknowledges a commit, and refuses a repeat of it, only once it is there', async () => {
      const ended: string[] = [];
      const id = { kind: 'add', scope: 's', ids: ['delivery'], fresh: true } as const;
      const first = store!.commit([id]).then(() => ended.push('kept'));
      const repeat = store!.commit([id]).catch(() => ended.push('known'));
      const done = await untilWaiting();
      const next = put(store!, 'next', 1);
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      assert.deepEqual([ended, waits.length], [[], 0], 'what comes meanwhile waits for its turn');
      done(null);
      await Promise.all([first, repeat]);
      assert.deepEqual(ended.toSorted(), ['kept', 'known']);
      (await untilWaiting())(null);
      await next;
    });

    const failingDisk = () => Object.assign(new Error('EIO: i/o error, fdatasync'), { code: 'EIO' });
    /** What is in the file itself, without its journal. */
    const inFileAlone = (name: string): unknown => {
      const copy = `${file}.copy`;
      copyFileSync(file, copy);
      const alone = new DatabaseSync(copy, { readOnly: true });
      const row = alone.prepare('SELECT value FROM documents WHERE name = ?').get(name);
      alone.close();
      return row?.value;
    };

    it('does not trust the journal once the disk has failed it, and takes it over into the file', async () => {
      const doubtful = put(store!, 'doubtful', 1);
      (await untilWaiting())(failingDisk());
      const done = await untilWaiting();
      assert.equal(inFileAlone('doubtful'), '1', 'before it is acknowledged');
      done(null);
      await doubtful;
      const going = put(store!, 'kept', 2);
      (await untilWaiting())(null);
      await going;
      assert.equal(inFileAlone('kept'), undefined);
    });

    it('fails the commit when the disk does, and acknowledges no other one before that is made good', async function () {
      // the time for which SQLite waits for the reader
      this.timeout(10_000);
      // a reader is in the way of taking the journal over
      const other = new DatabaseSync(file);
      other.exec('BEGIN');
      other.prepare('SELECT * FROM documents').all();
      const failing = put(store!, 'lost', 1);
      (await untilWaiting())(failingDisk());
      const isDisk = (error: unknown) => isState(error) && /EIO/.test(error.message);
      await assert.rejects(failing, isDisk);
      other.close();
      const going = put(store!, 'kept', 2);
      const done = await untilWaiting();
      assert.deepEqual(['lost', 'kept'].map(inFileAlone), ['1', '2']);
      done(null);
      await going;
    });

    it('closes once what was begun is there', async () => {
      const last = put(store!, 'last', 1);
      const done = await untilWaiting();
      let isClosed = false;
      const closing = store!.close().then(() => (isClosed = true));
      await new Promise(setImmediate);
      assert.equal(isClosed, false);
      done(null);
      await Promise.all([last, closing]);
    });

    it('closes once all is there, also what is too much for one transaction', async () => {
      const ended: string[] = [];
      const large = 'x'.repeat(3 * 1024 * 1024);
      const commits = ['a', 'b', 'c'].map((name) => put(store!, name, large).then(() => ended.push(name)));
      const first = await untilWaiting();
      const closing = store!.close().then(() => ended.push('closed'));
      first(null);
      (await untilWaiting())(null);
      // were there two at once, the other one would wait by now
      for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
      assert.deepEqual(ended, ['a', 'b']);
      (await untilWaiting())(null);
      await Promise.all([...commits, closing]);
      assert.deepEqual(ended, ['a', 'b', 'c', 'closed']);
    });
  });

  it('shares one wait for the disk among the commits of one turn', async () => {
    const running = await open();
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    const exec = DatabaseSync.prototype.exec;
    let commits = 0;
    DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
      if (sql === 'COMMIT') commits++;
      exec.call(this, sql);
    };
    try {
      await Promise.all(Array.from({ length: 64 }, (_, n) => put(running, `document ${n}`, n)));
    } finally {
      DatabaseSync.prototype.exec = exec;
    }
    assert.equal(commits, 1);
  });
});

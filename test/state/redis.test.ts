import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { openRedis } from '../../src/state/redis';
import { conformance } from './conformance';
import { isState, put, RedisBench } from './redis-bench';
import { RedisServer } from '../support/redis';

describe('Redis', () => {
  const bench = new RedisBench();

  let places = 0;
  conformance('Redis', () => {
    const prefix = `place${places++}:`;
    return Promise.resolve({
      open: (clock) => openRedis({ url: bench.server.url, prefix, clock, warn: assert.fail }),
      remove: () => Promise.resolve(),
    });
  });

  it('goes by its own clock', async () => {
    const store = await bench.open();
    await store.commit([{ kind: 'add', scope: 's', ids: ['a'], expires: Date.now() + 150 }]);
    const lease = await store.acquire('s', 'one', 150);
    assert.ok(lease);
    assert.equal(await store.acquire('s', 'two', 1000), undefined);
    assert.equal((await store.unknown('s', ['a'])).size, 0);
    const began = performance.now();
    while (!(await store.acquire('s', 'two', 1000))) await pause(5);
    while ((await store.unknown('s', ['a'])).size === 0) await pause(5);
    const took = performance.now() - began;
    assert.ok(took > 50 && took < 1000, `${took} ms`);
  });

  it('that has lost its scripts, or all its data, gives no version twice', async () => {
    const store = await bench.open();
    const before = await put(store, 'd', 1);
    await bench.server.command('SCRIPT', 'FLUSH');
    await bench.server.command('FLUSHALL');
    assert.ok((await put(store, 'd', 2)) > before);
  });

  it('says how it may lose what it accepted', async () => {
    const cases: [string[], RegExp | undefined][] = [
      [[], undefined],
      [
        ['--appendfsync', 'everysec'],
        /power failure at Redis may lose the last second \(appendfsync everysec\)/,
      ],
      [['--appendonly', 'no'], /restart of Redis loses everything since its last snapshot/],
      [
        ['--maxmemory', '100mb', '--maxmemory-policy', 'allkeys-lru'],
        /removes state when its memory is full/,
      ],
      [['--maxmemory', '100mb', '--maxmemory-policy', 'noeviction'], undefined],
    ];
    for (const [settings, expected] of cases) {
      const other = await RedisServer.start(settings);
      try {
        bench.warnings = [];
        const store = await bench.open({ url: other.url });
        await store.close();
        if (expected) assert.match(bench.warnings.join(), expected);
        else assert.deepEqual(bench.warnings, []);
      } finally {
        await other.remove();
      }
    }
  });

  it('keeps its password out of errors and warnings', async () => {
    const secret = 'pa ss/w:rd';
    const locked = await RedisServer.start(['--requirepass', secret]);
    try {
      const url = (password: string) => locked.url.replace('//', `//:${encodeURIComponent(password)}@`);
      await put(await bench.open({ url: url(secret) }), 'd', 1);
      const refused = await bench
        .open({ url: url(`${secret}2`), patience: 500 })
        .catch((error: unknown) => error);
      assert.ok(isState(refused) && /WRONGPASS/.test(refused.message), String(refused));
      await locked.stop();
      const away = await bench.open({ url: url(secret), patience: 300 }).catch((error: unknown) => error);
      assert.ok(isState(away) && /ECONNREFUSED/.test(away.message), String(away));
      for (const text of [refused, away].map((error) =>
        JSON.stringify([error.message, error.stack, error]),
      )) {
        assert.ok(!text.includes(secret) && !text.includes(encodeURIComponent(secret)), text);
      }
      assert.ok(!bench.warnings.join().includes(secret));
    } finally {
      await locked.remove();
    }
  });

  it('of which the user has too few rights is a Failure that says so', async () => {
    await bench.server.command(
      'ACL',
      'SETUSER',
      'weak',
      'on',
      '>weak',
      '~test:*',
      '+@read',
      '+@connection',
      '+info',
    );
    const url = bench.server.url.replace('//', '//weak:weak@');
    await assert.rejects(
      bench.open({ url, patience: 500 }),
      (error) => isState(error) && /permissions/.test(error.message),
    );
  });

  it('serves a user with the rights that the documentation names, under its prefix alone', async () => {
    const rights = [
      '~test:*',
      '+@read',
      '+@write',
      '+@connection',
      '+info',
      '+time',
      '+eval',
      '+evalsha',
      '+script|load',
    ];
    await bench.server.command('ACL', 'SETUSER', 'nodered', 'reset', 'on', '>secret', ...rights);
    const url = bench.server.url.replace('//', '//nodered:secret@');
    const store = await bench.open({ url });
    await put(store, 'd', 1);
    assert.ok(await store.acquire('s', 'me', 1000));
    const elsewhere = await bench.open({ url, prefix: 'other:' });
    await assert.rejects(put(elsewhere, 'd', 1), isState);
    assert.deepEqual(bench.warnings, []);
  });

  it('says what to install where ioredis is missing', async () => {
    // The sources alone, in a folder from which no package can be found.
    const folder = await mkdtemp(join(tmpdir(), 'http-connector-alone-'));
    try {
      await cp(join(__dirname, '../../src'), folder, { recursive: true });
      const script = `require('./state/redis').openRedis({ url: 'redis://localhost', prefix: 'p:', warn() {} })
        .catch((error) => console.log(error.code, error.message))`;
      const child = spawn(process.execPath, ['--require', require.resolve('tsx'), '-e', script], {
        cwd: folder,
      });
      let output = '';
      child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
      child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
      await once(child, 'close');
      assert.match(output, /^CONFIG state in Redis needs the package ioredis.*npm install ioredis@5/);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('keeps all keys under the prefix', async () => {
    const store = await bench.open({ prefix: 'mine:' });
    await store.commit([
      { kind: 'put', scope: 's', name: 'd', value: 1 },
      { kind: 'add', scope: 's', ids: ['a'], expires: Date.now() + 60_000 },
      { kind: 'push', scope: 's', id: 'a', value: 1 },
    ]);
    await store.acquire('s', 'me', 1000);
    const keys = (await bench.server.command('KEYS', '*')) as string[];
    assert.ok(keys.length >= 8 && keys.every((key) => key.startsWith('mine:')), keys.join());
    const other = await bench.open({ prefix: 'theirs:' });
    assert.equal(await other.get('s', 'd'), undefined);
  });
});

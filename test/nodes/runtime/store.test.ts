import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import { holdStore } from '../../../nodes/runtime/store';
import { Failure } from '../../../src/exchange/failure';
import { RedisServer } from '../../support/redis';

describe('nodes/runtime/store', () => {
  let userDir: string;
  let warnings: string[];
  beforeEach(async () => {
    userDir = await mkdtemp(join(tmpdir(), 'http-connector-user-'));
    warnings = [];
  });
  afterEach(() => rm(userDir, { recursive: true, force: true }));

  const runtime = (settings: object) => {
    const log = { warn: (sentence: string) => warnings.push(sentence) };
    return { settings: { userDir, ...settings }, log } as unknown as NodeAPI;
  };
  const closed = (error: unknown) => error instanceof Failure && /closed/.test(error.message);

  it('keeps state in a file below the user directory when nothing else is said', async () => {
    const hold = holdStore(runtime({}));
    await (await hold.open()).commit([{ kind: 'put', scope: 's', name: 'd', value: 1 }]);
    assert.ok(existsSync(join(userDir, 'http-connector', 'state.sqlite')));
    await hold.release();
  });

  it('keeps state in the Redis of the settings: one connection for all nodes, until the last lets go', async () => {
    const server = await RedisServer.start();
    try {
      const settings = { httpConnector: { state: { type: 'redis', url: server.url, prefix: 'ours:' } } };
      const [first, second] = [holdStore(runtime(settings)), holdStore(runtime(settings))];
      const store = await first.open();
      assert.equal(await second.open(), store);
      await store.commit([{ kind: 'put', scope: 's', name: 'd', value: 1 }]);
      assert.ok(((await server.command('KEYS', '*')) as string[]).includes('ours:docs:s'));
      await first.release();
      assert.equal((await store.get('s', 'd'))?.value, 1);
      await second.release();
      await assert.rejects(store.get('s', 'd'), closed);
      assert.ok(!existsSync(join(userDir, 'http-connector')));
      assert.deepEqual(warnings, []);
    } finally {
      await server.remove();
    }
  });

  it('refuses a wrong setting when the store is needed, not before', async () => {
    const hold = holdStore(runtime({ httpConnector: { state: 'memcached' } }));
    await assert.rejects(
      hold.open(),
      (error) =>
        error instanceof Failure && error.code === 'CONFIG' && /httpConnector\.state/.test(error.message),
    );
    await hold.release();
  });
});

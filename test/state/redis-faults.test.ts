import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { isState, put, RedisBench, worksAgain } from './redis-bench';

describe('Redis with faults', () => {
  const bench = new RedisBench();

  it('has everything that was accepted after kill -9 in mid write', async function () {
    this.timeout(60_000);
    const store = await bench.open();
    const accepted: number[] = [];
    let [next, stop] = [0, false];
    const writer = async () => {
      while (!stop) {
        const n = next++;
        const written = store.commit([
          { kind: 'put', scope: 's', name: `document ${n}`, value: n },
          { kind: 'add', scope: 's', ids: [`id ${n}`] },
          { kind: 'push', scope: 's', id: `item ${n}`, value: n },
        ]);
        await written.then(
          () => accepted.push(n),
          (error: unknown) => assert.ok(isState(error), String(error)),
        );
      }
    };
    const writers = Array.from({ length: 8 }, writer);
    for (let round = 1; round <= 5; round++) {
      const before = accepted.length;
      while (accepted.length < before + 100) await pause(1);
      await bench.server.stop('SIGKILL');
      await bench.server.start();
    }
    stop = true;
    await Promise.all(writers);

    assert.ok(accepted.length > 500 && accepted.length < next, `${accepted.length} of ${next}`);
    const items = new Set((await store.peek('s', 1_000_000)).map(({ id }) => id));
    const unknown = await store.unknown(
      's',
      accepted.map((n) => `id ${n}`),
    );
    assert.deepEqual([...unknown], []);
    for (const n of accepted) {
      assert.ok(items.has(`item ${n}`));
      assert.equal((await store.get('s', `document ${n}`))?.value, n);
    }
    // All of a commit or nothing of it, also of those that were not accepted.
    for (let n = 0; n < next; n++) {
      const known = (await store.unknown('s', [`id ${n}`])).size === 0;
      assert.equal(known, items.has(`item ${n}`));
    }
  });

  it('that is away fails each call within its time, and is used again when it is back', async () => {
    const store = await bench.open({ patience: 300 });
    await put(store, 'd', 1);
    await bench.server.stop();
    const began = performance.now();
    const calls = [
      put(store, 'd', 2),
      store.get('s', 'd'),
      store.claim('s', { consumer: 'c', limit: 1, visibility: 1 }),
      store.acquire('s', 'me', 1000),
    ];
    for (const call of await Promise.allSettled(calls)) {
      assert.ok(call.status === 'rejected' && isState(call.reason), String(call.status));
      assert.match((call.reason as Error).message, /state in Redis at 127\.0\.0\.1:\d+ could not be/);
    }
    await assert.rejects(store.get('s', 'd'), /ECONNREFUSED/);
    assert.ok(performance.now() - began < 2000);
    await bench.server.start();
    await worksAgain(() => store.get('s', 'd'));
    assert.equal((await store.get('s', 'd'))?.value, 1);
    await put(store, 'd', 3);
    assert.deepEqual(
      bench.warnings.map((text) => /is lost|is back/.exec(text)?.[0]),
      ['is lost', 'is back'],
    );
  });

  it('that comes back soon is waited for', async () => {
    const store = await bench.open();
    await bench.server.stop();
    const written = put(store, 'd', 'waited');
    await bench.server.start();
    await written;
    assert.equal((await store.get('s', 'd'))?.value, 'waited');
  });

  it('that hangs fails each call within its time, and does not carry it out later', async () => {
    const store = await bench.open({ patience: 300 });
    await put(store, 'd', 'before');
    bench.server.signal('SIGSTOP');
    try {
      const began = performance.now();
      await assert.rejects(put(store, 'd', 'too late'), isState);
      await assert.rejects(store.get('s', 'd'), isState);
      assert.ok(performance.now() - began < 2000);
    } finally {
      bench.server.signal('SIGCONT');
    }
    await worksAgain(() => put(store, 'e', 'after'));
    // The first command was in the server's socket all the time, in front of this one.
    assert.equal((await store.get('s', 'd'))?.value, 'before');
  });

  it('whose answer is lost on the way has carried it out once, and the caller is told that it is not certain', async () => {
    const proxy = await CuttingProxy.start(bench.server.port);
    try {
      const store = await bench.open({ url: `redis://127.0.0.1:${proxy.port}` });
      const before = await put(store, 'd', 0);
      proxy.cutNextAnswer();
      await assert.rejects(put(store, 'd', 1), isState);
      const { value, version } = (await store.get('s', 'd'))!;
      assert.equal(value, 1);
      assert.ok(version > before);
      const third = await put(store, 'e', 1);
      await pause(50);
      assert.equal((await store.get('s', 'd'))?.version, version);
      assert.ok(third > version);
    } finally {
      await proxy.close();
    }
  });

  it('with full memory refuses the whole commit, and takes it when there is room', async () => {
    const store = await bench.open();
    await put(store, 'd', 1);
    await bench.server.command('CONFIG', 'SET', 'maxmemory', '1');
    try {
      const full = store.commit([
        { kind: 'delete', scope: 's', name: 'd' },
        { kind: 'push', scope: 's', id: 'a', value: 1 },
      ]);
      await assert.rejects(full, (error) => isState(error) && /OOM/.test(error.message));
      assert.equal((await store.get('s', 'd'))?.value, 1);
      assert.deepEqual(await store.size('s'), { count: 0, bytes: 0 });
    } finally {
      await bench.server.command('CONFIG', 'SET', 'maxmemory', '0');
    }
    await put(store, 'd', 2);
  });
});

/** Stands in front of a server and, when told, cuts the connection in place of the next answer. */
class CuttingProxy {
  readonly port: number;
  readonly #server;
  readonly #sockets = new Set<Socket>();
  #cut = false;

  private constructor(server: ReturnType<typeof createServer>) {
    this.#server = server;
    this.port = (server.address() as AddressInfo).port;
  }

  static async start(target: number): Promise<CuttingProxy> {
    const server = createServer((client) => {
      const upstream = connect(target, '127.0.0.1');
      for (const socket of [client, upstream]) {
        proxy.#sockets.add(socket);
        socket.on('error', () => undefined);
      }
      client.pipe(upstream);
      upstream.on('data', (chunk) => {
        if (!proxy.#cut) return void client.write(chunk);
        proxy.#cut = false;
        client.destroy();
        upstream.destroy();
      });
      upstream.on('close', () => client.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const proxy = new CuttingProxy(server);
    return proxy;
  }

  cutNextAnswer(): void {
    this.#cut = true;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

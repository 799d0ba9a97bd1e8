import { setTimeout as pause } from 'node:timers/promises';
import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { openRedis, type RedisOptions } from '../../src/state/redis';
import type { Store } from '../../src/state/store';
import { RedisServer } from '../support/redis';

/** What the tests of Redis share: a server, emptied after each test, and stores on it, closed then. */
export class RedisBench {
  server!: RedisServer;
  /** What the stores warned of. */
  warnings: string[] = [];
  #stores: Store[] = [];

  /** To be called inside `describe`. */
  constructor() {
    before(async () => {
      this.server = await RedisServer.start();
    });
    after(() => this.server?.remove());
    beforeEach(() => {
      this.warnings = [];
    });
    afterEach(async () => {
      for (const store of this.#stores.splice(0)) await store.close();
      await this.server.command('FLUSHALL');
    });
  }

  async open(options: Partial<RedisOptions> = {}): Promise<Store> {
    const warn = (sentence: string) => this.warnings.push(sentence);
    const store = await openRedis({ url: this.server.url, prefix: 'test:', warn, ...options });
    this.#stores.push(store);
    return store;
  }
}

export const isState = (error: unknown): error is Failure =>
  error instanceof Failure && error.code === 'STATE' && error.retryable;

export function put(store: Store, name: string, value: unknown): Promise<number> {
  return store.commit([{ kind: 'put', scope: 's', name, value }]);
}

/** Repeats what fails with a Failure STATE until it works. */
export async function worksAgain(work: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      assert.ok(isState(error), String(error));
      await pause(20);
    }
  }
}

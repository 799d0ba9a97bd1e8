import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqlite } from '../../../src/state/sqlite';
import type { Store } from '../../../src/state/store';
import type { Handing } from '../../../src/webhook/inbox/dispatcher';
import type { InboxEvent } from '../../../src/webhook/inbox/event';
import { Inbox, type InboxOptions } from '../../../src/webhook/inbox/inbox';
import type { EventMessage } from '../../../src/webhook/receiver';

export const scope = 'webhook/test';

export function messageOf(id: string, payload: unknown = { id }): EventMessage {
  return {
    topic: 'test',
    payload,
    event: { id, name: 'test', type: 'webhook', time: '2026-11-23T20:00:00.000Z', attempt: 1 },
    request: {
      method: 'POST',
      url: '/test',
      path: '/test',
      params: {},
      query: {},
      headers: {},
      cookies: {},
      ip: '192.0.2.1',
    },
  };
}

export function eventOf(id: string, payload?: unknown): InboxEvent {
  return { id, message: messageOf(id, payload), size: 300 };
}

/** Stores in a directory of their own, each opening the same file as another process would. */
export class Files {
  readonly #directory = mkdtempSync(join(tmpdir(), 'inbox-'));
  readonly #stores: Store[] = [];

  async open(): Promise<Store> {
    const file = join(this.#directory, 'state.sqlite');
    const store = await openSqlite({ file, now: Date.now, warn: () => undefined });
    this.#stores.push(store);
    return store;
  }

  async remove(): Promise<void> {
    for (const store of this.#stores) await store.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** What came out of an inbox, and a way to wait for it. */
export class Out {
  readonly handed: Handing[] = [];
  readonly dead: string[] = [];
  readonly failures: unknown[] = [];
  #waiting: (() => void)[] = [];

  get ids(): string[] {
    return this.handed.map(({ id }) => id);
  }

  add(event: Handing): void {
    this.handed.push(event);
    for (const look of this.#waiting) look();
  }

  async until(what: () => boolean, patience = 5000): Promise<void> {
    if (what()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        clearInterval(again);
        reject(new Error(`not within ${patience} ms: ${this.handed.length} came out`));
      }, patience);
      const look = () => {
        if (!what()) return;
        clearTimeout(timer);
        clearInterval(again);
        this.#waiting = this.#waiting.filter((other) => other !== look);
        resolve();
      };
      // for what is not told, such as the size of the store
      const again = setInterval(look, 5);
      this.#waiting.push(look);
    });
  }
}

export function inboxOn(store: Store, out: Out, options: Partial<InboxOptions> = {}): Inbox {
  return new Inbox({
    scope,
    store: () => Promise.resolve(store),
    limits: { count: 100_000, bytes: 1024 * 1024 * 1024 },
    concurrency: 1,
    deliver: (event) => out.add(event),
    redelivery: { attempts: 1, delay: 0, maxDelay: 0 },
    onDead: ({ id }) => out.dead.push(id),
    onFailure: (error) => out.failures.push(error),
    ...options,
  });
}

export async function isEmpty(store: Store, name = scope): Promise<boolean> {
  return (await store.size(name)).count === 0;
}

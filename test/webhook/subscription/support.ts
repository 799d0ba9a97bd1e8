import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { Connection } from '../../../src/connection/connection';
import { Failure } from '../../../src/exchange/failure';
import type { Sender } from '../../../src/exchange/exchange';
import { unfenced } from '../../../src/polling/lease';
import { openSqlite } from '../../../src/state/sqlite';
import type { Store } from '../../../src/state/store';
import { endOrphans, type Orphan } from '../../../src/webhook/subscription/orphans';
import type { RequestPlan, SubscriptionPlan, Wanted } from '../../../src/webhook/subscription/plan';
import { Ledger } from '../../../src/webhook/subscription/record';
import { Subscriber } from '../../../src/webhook/subscription/subscriber';
import { connect } from '../../support/connect';
import { Service, type Manner } from './service';

export const node = 'node1';
const hour = 3_600_000;

export const request = (method: string, url: string, body?: string): RequestPlan => ({
  method,
  url,
  headers: [],
  body: body === undefined ? { kind: 'none' } : { kind: 'json', text: body },
});

/** What a service of each manner is asked for. @param secret a template */
export function planFor(
  manner: Manner,
  secret = '{{secret}}',
  renewal: 'never' | 'request' | 'again' = 'request',
): SubscriptionPlan {
  const place = manner === 'callbacks' ? '/hooks/{{callback}}' : '/hooks/{{id}}';
  const renew = renewal === 'again' ? renewal : request('PATCH', place);
  return {
    subscribe: request('POST', '/hooks', `{"url":{{callback}},"secret":"${secret}"}`),
    ...(manner === 'lists' ? { list: request('GET', '/hooks') } : {}),
    ...(renewal === 'never' ? {} : { renew }),
    unsubscribe: request('DELETE', place),
    idPath: manner === 'callbacks' ? '' : 'id',
    expiryPath: 'expires',
    lifetime: hour,
  };
}

/** Says which work of a process is its last: the nth, before it is done or after it. */
export interface Crash {
  at: number;
  after: boolean;
}

/** A process that is dead from some moment on: whatever it begins then fails, and is not done. */
class Doom {
  #left: number;
  #dead = false;

  constructor(readonly crash: Crash | undefined) {
    this.#left = crash?.at ?? Number.POSITIVE_INFINITY;
  }

  get isDead(): boolean {
    return this.#dead;
  }

  async work<T>(does: () => Promise<T>): Promise<T> {
    this.#check();
    if (this.#left-- > 0) {
      const result = await does();
      this.#check();
      return result;
    }
    if (this.crash!.after) await does().catch(() => undefined);
    this.#dead = true;
    throw new Failure('STATE', 'the process is dead');
  }

  #check(): void {
    if (this.#dead) throw new Failure('STATE', 'the process is dead');
  }
}

/** A service, a store in a file, and processes that come and go. */
export class World {
  time = Date.UTC(2026, 10, 24);
  readonly warnings: string[] = [];
  service!: Service;
  store!: Store;
  #connection!: Connection;
  readonly #directory = mkdtempSync(join(tmpdir(), 'subscription-'));

  async open(manner: Manner): Promise<this> {
    this.service = await new Service(manner, () => this.time).open();
    this.#connection = connect({ baseUrl: this.service.server.url });
    const file = join(this.#directory, 'state.sqlite');
    this.store = await openSqlite({ file, now: () => this.time, warn: () => undefined });
    return this;
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.service.close();
    await this.store.close();
    rmSync(this.#directory, { recursive: true, force: true });
  }

  wanted(plan: SubscriptionPlan, secret = 's1', callback = 'https://example.com/hook'): Wanted {
    return {
      connection: 'connection1',
      plan,
      facts: { callback, event: 'order', node },
      secrets: { secret, secret2: '', secret3: '', verifyToken: '' },
    };
  }

  options(doom = new Doom(undefined)) {
    const sender: Sender = {
      send: (...args) => doom.work(() => this.#connection.send(...args)),
      redact: (text) => text,
    };
    return {
      senderOf: (id: string) => {
        if (id !== 'connection1') throw new Failure('CONFIG', 'the connection is missing or disabled');
        return sender;
      },
      outside: () => Promise.resolve(new Map<string, unknown>()),
      now: () => this.time,
      newKey: randomUUID,
      warn: (sentence: string) => void this.warnings.push(sentence),
    };
  }

  subscriber(crash?: Crash): Subscriber {
    const doom = new Doom(crash);
    const store = {
      ...this.store,
      get: (...args: Parameters<Store['get']>) => doom.work(() => this.store.get(...args)),
      commit: (...args: Parameters<Store['commit']>) => doom.work(() => this.store.commit(...args)),
    };
    const ledger = new Ledger({ store: () => Promise.resolve(store), id: node, fence: unfenced });
    return new Subscriber({ ...this.options(doom), ledger });
  }

  orphans(isRunning = false): Promise<Orphan[]> {
    const { signal } = new AbortController();
    return endOrphans({ ...this.options(), store: this.store, isRunning: () => isRunning, signal });
  }
}

export const signal = new AbortController().signal;

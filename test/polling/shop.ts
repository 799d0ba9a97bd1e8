/** What the polling tests share: a shop with orders behind HTTP, a store that fails when told, a poller on both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../src/connection/connection';
import type { ExchangePlan } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { Poller, type Emission } from '../../src/polling/poller';
import { HttpSource } from '../../src/polling/source';
import { openSqlite } from '../../src/state/sqlite';
import type { Change, Store, Stored } from '../../src/state/store';
import { connect } from '../support/connect';
import { sendJson, startServer, type TestServer } from '../support/server';

export interface Order {
  id: unknown;
  total: number;
}

/** How the shop answers. */
export type Mood = 'fine' | 'error' | 'cut' | 'rubbish' | 'no list' | 'hang';

export class Shop {
  readonly orders: Order[] = [];
  mood: Mood = 'fine';
  server!: TestServer;

  async open(): Promise<this> {
    this.server = await startServer((_request, response) => {
      switch (this.mood) {
        case 'fine':
          // Newest first, as most services answer.
          return sendJson(response, { orders: [...this.orders].reverse() });
        case 'error':
          return sendJson(response, { error: 'out of order' }, 503);
        case 'cut':
          response.writeHead(200, { 'content-type': 'application/json', 'content-length': 1000 });
          response.write('{ "orders": [');
          return void response.destroy();
        case 'rubbish':
          return void response.end('<html>login</html>');
        case 'no list':
          return sendJson(response, { error: 'session expired' });
        case 'hang':
          return;
      }
    });
    return this;
  }

  add(...ids: unknown[]): void {
    for (const id of ids) this.orders.push({ id, total: this.orders.length });
  }

  close(): Promise<void> {
    return this.server.close();
  }
}

/** The process has ended: nothing that comes after it happens. */
export class Crash extends Error {}

/** A store on a real one that fails or crashes at a commit. */
export class FaultyStore implements Store {
  readonly #store: Store;
  /** Commits so far. */
  commits = 0;
  #faults = new Map<number, 'fail before' | 'fail after' | 'crash before' | 'crash after'>();
  dead = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param commit 1 is the next */
  at(commit: number, fault: 'fail before' | 'fail after' | 'crash before' | 'crash after'): void {
    this.#faults.set(this.commits + commit, fault);
  }

  get(scope: string, name: string): Promise<Stored | undefined> {
    this.#check();
    return this.#store.get(scope, name);
  }

  unknown(scope: string, ids: readonly string[]): Promise<Set<string>> {
    this.#check();
    return this.#store.unknown(scope, ids);
  }

  async commit(changes: readonly Change[]): Promise<number> {
    this.#check();
    const fault = this.#faults.get(++this.commits);
    if (fault === 'fail before') throw new Failure('STATE', 'the disk is full');
    if (fault === 'crash before') this.crash();
    const version = await this.#store.commit(changes);
    if (fault === 'fail after') throw new Failure('STATE', 'the answer of the store was lost');
    if (fault === 'crash after') this.crash();
    return version;
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  crash(): never {
    this.dead = true;
    throw new Crash();
  }

  #check(): void {
    if (this.dead) throw new Crash();
  }
}

/** A node as far as polling goes: it can be started again on the same state. */
export class World {
  readonly emitted: Emission[] = [];
  store!: FaultyStore;
  poller!: Poller;
  /** Crashes when that many more have been emitted; 0 is before the first. */
  crashAfter = Number.POSITIVE_INFINITY;
  time = Date.UTC(2026, 10, 5, 12);
  readonly #shop: Shop;
  readonly #folder: string;
  readonly #connection: Connection;
  #fingerprint = 'orders';

  private constructor(shop: Shop, folder: string) {
    this.#shop = shop;
    this.#folder = folder;
    this.#connection = connect({ baseUrl: shop.server.url });
  }

  static async begin(shop: Shop): Promise<World> {
    const world = new World(shop, await mkdtemp(join(tmpdir(), 'http-connector-polling-')));
    await world.restart();
    return world;
  }

  get file(): string {
    return join(this.#folder, 'state.sqlite');
  }

  /** A new process on the same state; other settings when a fingerprint is given. */
  async restart(fingerprint = this.#fingerprint): Promise<void> {
    await this.store?.close();
    this.#fingerprint = fingerprint;
    this.crashAfter = Number.POSITIVE_INFINITY;
    const options = { file: this.file, now: () => this.time, warn: (text: string) => console.error(text) };
    const store = new FaultyStore(await openSqlite(options));
    this.store = store;
    this.poller = new Poller({
      owner: 'node',
      name: 'new order',
      fingerprint,
      source: sourceOf(this.#shop, this.#connection),
      key: ['id'],
      store: () => Promise.resolve(store),
      clock: { now: () => (this.time += 1000) },
      emit: (emission) => {
        if (this.crashAfter-- <= 0) store.crash();
        this.emitted.push(emission);
      },
    });
  }

  poll(signal = new AbortController().signal) {
    return this.poller.poll(signal);
  }

  resume() {
    return this.poller.resume(new AbortController().signal);
  }

  /** What was emitted since the last call, as `key` or `key#attempt`. */
  take(): string[] {
    return this.emitted
      .splice(0)
      .map(({ event }) => (event.attempt === 1 ? event.key : `${event.key}#${event.attempt}`));
  }

  async end(): Promise<void> {
    await this.store.close();
    await this.#connection.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function sourceOf(shop: { server: { url: string } }, connection: Connection): HttpSource {
  const plan: ExchangePlan = {
    url: new Template(`${shop.server.url}/orders?since={{lastPoll}}`, 'url'),
    contentType: '',
    decode: 'json',
    isSuccess: parseStatuses('2xx'),
  };
  const input = { method: 'GET', query: [], headers: [] };
  return new HttpSource(
    connection,
    plan,
    (times) => Promise.resolve({ ...input, view: { message: times } }),
    'orders',
  );
}

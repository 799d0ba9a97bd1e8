/** What the polling tests share: a shop with orders behind HTTP, a store that fails when told, a poller on both. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../src/connection/connection';
import type { ExchangePlan } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { newRecords } from '../../src/polling/changes';
import { Poller, type Emission, type PollerOptions } from '../../src/polling/poller';
import { HttpSource, type HttpSourceOptions } from '../../src/polling/source';
import { openSqlite } from '../../src/state/sqlite';
import type { Change, Store } from '../../src/state/store';
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

export type Fault = 'fail before' | 'fail after' | 'crash before' | 'crash after';

/** A store on a real one that fails or crashes at a commit. */
export class FaultyStore implements Store {
  readonly #store: Store;
  /** Commits so far, and the changes of the last. */
  commits = 0;
  lastChanges: readonly Change[] = [];
  /** How many ids were looked up so far. */
  lookups = 0;
  #faults = new Map<number, Fault>();
  dead = false;

  constructor(store: Store) {
    this.#store = store;
  }

  /** @param commit 1 is the next */
  at(commit: number, fault: Fault): void {
    this.#faults.set(this.commits + commit, fault);
  }

  get: Store['get'] = (...call) => this.#alive().get(...call);
  unknown: Store['unknown'] = (scope, ids) => {
    this.lookups += ids.length;
    return this.#alive().unknown(scope, ids);
  };
  compare: Store['compare'] = (scope, entries) => {
    this.lookups += entries.length;
    return this.#alive().compare(scope, entries);
  };
  list: Store['list'] = (...call) => this.#alive().list(...call);
  claim: Store['claim'] = (...call) => this.#alive().claim(...call);
  peek: Store['peek'] = (...call) => this.#alive().peek(...call);
  size: Store['size'] = (...call) => this.#alive().size(...call);
  acquire: Store['acquire'] = (...call) => this.#alive().acquire(...call);
  renew: Store['renew'] = (...call) => this.#alive().renew(...call);
  release: Store['release'] = (...call) => this.#alive().release(...call);

  async commit(changes: readonly Change[]): Promise<number> {
    this.#alive();
    this.lastChanges = changes;
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

  #alive(): Store {
    if (this.dead) throw new Crash();
    return this.#store;
  }
}

/** What a test can set of a poller. */
export type Settings = Partial<Omit<PollerOptions, 'store' | 'clock' | 'emit' | 'source'>> & {
  source?: Parameters<typeof sourceOf>[2];
};

/** A node as far as polling goes: it can be started again on the same state. */
export class World {
  readonly emitted: Emission[] = [];
  store!: FaultyStore;
  poller!: Poller;
  /** Crashes when that many more have been emitted; 0 is before the first. */
  crashAfter = Number.POSITIVE_INFINITY;
  time = Date.UTC(2026, 10, 5, 12);
  /** The clock of the store. */
  storeNow = (): number => this.time;
  /** Is told how many have been emitted. */
  onEmit: (count: number) => void = () => {};
  readonly #shop: { server: { url: string } };
  readonly #folder: string;
  readonly #connection: Connection;
  #settings: Settings;

  private constructor(shop: { server: { url: string } }, folder: string, settings: Settings) {
    this.#shop = shop;
    this.#folder = folder;
    this.#settings = settings;
    this.#connection = connect({ baseUrl: shop.server.url });
  }

  static async begin(shop: { server: { url: string } }, settings: Settings = {}): Promise<World> {
    const world = new World(shop, await mkdtemp(join(tmpdir(), 'http-connector-polling-')), settings);
    await world.restart();
    return world;
  }

  get file(): string {
    return join(this.#folder, 'state.sqlite');
  }

  /** A new process on the same state; other settings when some are given. */
  async restart(settings: Settings = {}): Promise<void> {
    await this.store?.close();
    this.#settings = { ...this.#settings, ...settings };
    this.crashAfter = Number.POSITIVE_INFINITY;
    const options = {
      file: this.file,
      now: () => this.storeNow(),
      warn: (text: string) => console.error(text),
    };
    const store = new FaultyStore(await openSqlite(options));
    this.store = store;
    this.poller = this.make();
  }

  /** A poller on the state as it is. */
  make(settings: Settings = {}): Poller {
    const { store } = this;
    const { source, ...others } = { ...this.#settings, ...settings };
    return new Poller({
      owner: 'node',
      name: 'new order',
      fingerprint: 'orders',
      key: { by: 'properties', paths: ['id'] },
      watch: newRecords,
      ...others,
      source: sourceOf(this.#shop, this.#connection, source),
      store: () => Promise.resolve(store),
      clock: { now: () => (this.time += 1000) },
      emit: (emission) => {
        if (this.crashAfter-- <= 0) store.crash();
        this.emitted.push(emission);
        this.onEmit(this.emitted.length);
      },
    });
  }

  poll(signal = new AbortController().signal) {
    return this.poller.poll(signal);
  }

  resume() {
    return this.poller.resume(new AbortController().signal);
  }

  /** What was emitted since the last call, as `key` or `key#attempt`; `+`, `~`, `-` in front where `withChange`. */
  take(withChange = false): string[] {
    const signs = { created: '+', updated: '~', deleted: '-' };
    return this.emitted
      .splice(0)
      .flatMap(({ event, events }) => events ?? [event])
      .map(({ key, attempt, change }) => {
        const sign = withChange && change ? signs[change] : '';
        return sign + (attempt === 1 ? key! : `${key}#${attempt}`);
      });
  }

  async end(): Promise<void> {
    await this.store.close();
    await this.#connection.close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export function sourceOf(
  shop: { server: { url: string } },
  connection: Connection,
  options: {
    path?: string;
    records?: string;
    paging?: HttpSourceOptions['paging'];
    accepts?: ExchangePlan['accepts'];
  } = {},
): HttpSource {
  const { path = '/orders?since={{lastPoll}}', records = 'orders', paging, accepts } = options;
  const plan: ExchangePlan = {
    url: new Template(`${shop.server.url}${path}`, 'url'),
    contentType: '',
    decode: 'json',
    isSuccess: parseStatuses('2xx'),
    accepts,
  };
  const input = { method: 'GET', query: [], headers: [] };
  return new HttpSource({
    sender: connection,
    plan,
    inputOf: (times) => Promise.resolve({ ...input, view: { message: times } }),
    records,
    paging,
    clock: { now: Date.now },
  });
}

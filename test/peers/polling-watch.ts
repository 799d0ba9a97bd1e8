/** A poller on a real store that watches a server of this folder, and what it emitted. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { ConnectionOptions, Request } from '../../src/connection/connection';
import type { DecodeKind } from '../../src/exchange/decode';
import type { ExchangePlan } from '../../src/exchange/exchange';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { makePager, type PagingOptions } from '../../src/paging/make-pager';
import { newRecords } from '../../src/polling/changes';
import { Poller, type Emission, type PollerOptions, type PollReport } from '../../src/polling/poller';
import { HttpSource } from '../../src/polling/source';
import { openSqlite } from '../../src/state/sqlite';
import { connect } from '../support/connect';

export interface WatchSettings extends Partial<Omit<PollerOptions, 'source' | 'store' | 'clock' | 'emit'>> {
  connection: Partial<ConnectionOptions>;
  /** A template; the times are `{{cursor}}`, `{{lastPoll}}`, `{{now}}`. */
  url: string;
  records?: string;
  decode?: DecodeKind;
  paging?: PagingOptions;
  /** What an answer has to meet. */
  isFine?: ExchangePlan['accepts'];
}

const signs = { created: '+', updated: '~', deleted: '-' };

export class Watching {
  readonly emitted: Emission[] = [];
  /** Every id that left, with how often. */
  readonly ids = new Map<string, number>();
  /** The status of each answer, and the URL that it was to. */
  readonly answers: { status: number; url: string }[] = [];
  readonly #folder: string;
  #settings: WatchSettings;
  #answered = 0;
  #poller!: Poller;
  #close!: () => Promise<void>;
  /** Happens behind each answer, before anything else is asked; is told how many there were in this poll. */
  between: ((answers: number) => Promise<void>) | undefined;
  /** The process ends when that many more have left. */
  crashAfter = Number.POSITIVE_INFINITY;

  private constructor(folder: string, settings: WatchSettings) {
    this.#folder = folder;
    this.#settings = settings;
  }

  static async begin(settings: WatchSettings): Promise<Watching> {
    const watching = new Watching(await mkdtemp(join(tmpdir(), 'http-connector-polling-peer-')), settings);
    await watching.#open();
    return watching;
  }

  async #open(): Promise<void> {
    const file = join(this.#folder, 'state.sqlite');
    const store = await openSqlite({ file, now: Date.now, warn: (text) => console.error(text) });
    const {
      connection: options,
      url,
      records = '',
      decode = 'auto',
      paging,
      isFine,
      ...rest
    } = this.#settings;
    const connection = connect(options);
    const plan: ExchangePlan = {
      url: new Template(url, 'url'),
      contentType: '',
      decode,
      isSuccess: parseStatuses('2xx'),
      ...(isFine ? { accepts: isFine } : {}),
    };
    const source = new HttpSource({
      sender: {
        redact: (text) => connection.redact(text),
        send: async (request: Request, sending) => {
          const response = await connection.send(request, sending);
          this.answers.push({ status: response.statusCode, url: response.url });
          await this.between?.(++this.#answered);
          return response;
        },
      },
      plan,
      inputOf: (times) =>
        Promise.resolve({ method: 'GET', query: [], headers: [], view: { message: times } }),
      records,
      ...(paging ? { paging: { pager: makePager(paging), maxPages: 0, maxRecords: 0, maxSeconds: 0 } } : {}),
      clock: { now: Date.now },
    });
    this.#poller = new Poller({
      owner: 'node',
      name: 'change',
      fingerprint: url,
      key: { by: 'properties', paths: ['id'] },
      watch: newRecords,
      ...rest,
      source,
      store: () => Promise.resolve(store),
      clock: { now: Date.now },
      emit: (emission) => {
        if (this.crashAfter-- <= 0) throw new Crash();
        this.emitted.push(emission);
        for (const { id } of emission.events ?? [emission.event]) {
          this.ids.set(id, (this.ids.get(id) ?? 0) + 1);
        }
      },
    });
    this.#close = async () => {
      await store.close();
      await connection.close();
    };
  }

  /** Another process on the same store. */
  async restart(settings: Partial<WatchSettings> = {}): Promise<void> {
    await this.#close();
    this.#settings = { ...this.#settings, ...settings };
    this.crashAfter = Number.POSITIVE_INFINITY;
    await this.#open();
  }

  get poller(): Poller {
    return this.#poller;
  }

  poll(): Promise<PollReport> {
    this.#answered = 0;
    return this.#poller.poll(new AbortController().signal);
  }

  /** What left since the last call: `+`, `~` or `-`, the key, and the attempt where it was not the first. */
  take(): string[] {
    return this.emitted
      .splice(0)
      .map(
        ({ event: { change, key, attempt } }) =>
          `${change ? signs[change] : ''}${key}${attempt === 1 ? '' : `#${attempt}`}`,
      );
  }

  async changes(): Promise<string[]> {
    await this.poll();
    return this.take();
  }

  /** Polls until so many have left: for servers that show what was done to them some time later. */
  async changesOf(count: number): Promise<string[]> {
    for (const deadline = Date.now() + 20_000; this.emitted.length < count && Date.now() < deadline;) {
      await this.poll();
      if (this.emitted.length < count) await delay(100);
    }
    return this.take();
  }

  async end(): Promise<void> {
    await this.#close();
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export class Crash extends Error {}

/** Waits for a 2xx: a server that listens may not have started yet. */
export async function untilOk(url: string): Promise<void> {
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await delay(100)) {
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.ok) return;
  }
  throw new Error(`${url} never answered with a success`);
}

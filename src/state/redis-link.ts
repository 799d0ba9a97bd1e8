/**
 * The connection to Redis: comes back by itself, answers within a bounded time or fails, and says in a sentence what is
 * wrong. No command is ever sent twice.
 */
import { createHash } from 'node:crypto';
import type { Redis, RedisOptions } from 'ioredis';
import { Failure } from '../exchange/failure';
import { durabilityWarning } from './redis-durability';
import { scriptNames, scriptOf, type ScriptName } from './redis-scripts';

export interface RedisLinkOptions {
  /** `redis://` or `rediss://` (TLS), with user, password and database as usual. */
  url: string;
  /** What all keys begin with. */
  prefix: string;
  /** Is told in a sentence when Redis goes away and comes back, and how it may lose what it accepted. */
  warn: (sentence: string) => void;
  /** Tests only: the time to go by in place of Redis's own clock, milliseconds since 1970. */
  clock?: () => number;
  /** Milliseconds that a call may take, waiting for a connection included. */
  patience?: number;
}

/** Milliseconds. */
const defaultPatience = 5000;
const connectTimeout = 5000;
const longestPause = 1000;
const closeWithin = 2000;

export class RedisLink {
  readonly #options: RedisLinkOptions;
  readonly #redis: Redis;
  readonly #patience: number;
  readonly #secrets: readonly string[];
  /** Resolves when a command can be sent: for those who wait while Redis is away. */
  #usable = gate();
  /** Redis's clock minus ours, in milliseconds. */
  #offset = 0;
  #lastError = 'it does not answer';
  /** Counts the connections, so that what was begun on one does not touch the next. */
  #connection = 0;
  #away = false;
  #checked = false;
  #closed = false;

  constructor(redis: new (url: string, options: RedisOptions) => Redis, options: RedisLinkOptions) {
    this.#options = options;
    this.#patience = options.patience ?? defaultPatience;
    this.#secrets = secretsOf(options.url);
    this.#redis = new redis(options.url, {
      lazyConnect: true,
      connectTimeout,
      keepAlive: 10_000,
      connectionName: 'node-red-http-connector',
      retryStrategy: (attempt) => Math.min(50 * 2 ** Math.min(attempt, 10), longestPause),
      // After a failover the old server refuses writes: its name may lead to the new one by now.
      reconnectOnError: (error) => error.message.startsWith('READONLY'),
      // A command that was on its way when the connection broke fails at once and is not sent again: it may have been
      // carried out. Nor does one wait inside ioredis, from where it would be sent after its caller gave up.
      maxRetriesPerRequest: 0,
      autoResendUnfulfilledCommands: false,
      enableOfflineQueue: false,
    });
    this.#redis.on('error', (error: Error) => (this.#lastError = this.#redact(error)));
    this.#redis.on('ready', () => void this.#prepare());
    this.#redis.on('close', () => this.#lost());
  }

  /** Resolves when Redis can be used. @throws Failure STATE */
  async open(): Promise<void> {
    this.#redis.connect().catch((error: Error) => {
      // "Connection is closed" says less than the error event before it.
      if (!/closed/i.test(error.message)) this.#lastError = this.#redact(error);
    });
    await this.#within('connected to', this.#patience, (async () => this.#usable.opened)());
  }

  /**
   * Runs a script.
   *
   * @param verb for the error: 'read', 'written'
   * @throws Failure STATE
   */
  async run(verb: string, name: ScriptName, args: readonly (string | Buffer | number)[]): Promise<unknown> {
    if (this.#closed) throw closed();
    const deadline = performance.now() + this.#patience;
    // The other end may have closed it, and the event that says so still be on its way.
    if (this.#usable.isOpen && !this.#redis.stream?.writable) this.#lost();
    if (!this.#usable.isOpen) {
      await this.#within(verb, this.#patience, this.#usable.opened);
      if (this.#closed) throw closed();
    }
    const left = Math.max(deadline - performance.now(), 1);
    const common = [
      this.#options.prefix,
      String(this.#options.clock?.() ?? ''),
      Math.ceil(deadline + this.#offset),
    ];
    return this.#within(verb, left, this.#evaluate(name, [...common, ...args]), () => {
      // It does not answer: what is on its way fails now, and a new connection is tried.
      this.#lastError = `no answer within ${this.#patience} ms`;
      this.#redis.disconnect(true);
    });
  }

  async #evaluate(name: ScriptName, args: readonly (string | Buffer | number)[]): Promise<unknown> {
    try {
      return await this.#redis.call('EVALSHA', [shas[name], 1, ...args]);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      if (error.message.startsWith('NOSCRIPT')) return this.#redis.call('EVAL', [scriptOf(name), 1, ...args]);
      if (error.message.startsWith('LATE')) void this.#readClock().catch(() => undefined);
      throw error;
    }
  }

  /** Ends the connection once what was begun is answered. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const end = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, closeWithin);
      const done = () => {
        clearTimeout(timer);
        resolve();
      };
      this.#redis.quit().then(done, done);
    });
    this.#usable.open();
    await end;
    this.#redis.disconnect();
  }

  /** A new connection: its clock, its scripts, and how durable it is. */
  async #prepare(): Promise<void> {
    const connection = ++this.#connection;
    try {
      await this.#readClock();
      await Promise.all(scriptNames.map((name) => this.#redis.script('LOAD', scriptOf(name))));
      if (!this.#checked) {
        this.#checked = true;
        const warning = await durabilityWarning(this.#redis);
        if (warning) this.#options.warn(`${warning} (Redis at ${this.#place()})`);
      }
    } catch (error) {
      if (connection !== this.#connection || this.#closed) return;
      // Not usable after all: missing rights, or gone again.
      this.#lastError = this.#redact(error as Error);
      this.#redis.disconnect(true);
      return;
    }
    if (connection !== this.#connection) return;
    if (this.#away) this.#options.warn(`Redis at ${this.#place()} is back`);
    this.#away = false;
    this.#usable.open();
  }

  #lost(): void {
    this.#connection++;
    if (this.#closed) return;
    const wasUsable = this.#usable.isOpen;
    if (wasUsable) this.#usable = gate();
    if (!wasUsable || this.#away) return;
    this.#away = true;
    this.#options.warn(
      `the connection to Redis at ${this.#place()} is lost: what needs the state waits or fails until it is back`,
    );
  }

  async #readClock(): Promise<void> {
    const asked = performance.now();
    const [seconds, microseconds] = (await this.#redis.time()).map(Number) as [number, number];
    this.#offset = seconds * 1000 + microseconds / 1000 - (asked + performance.now()) / 2;
  }

  /** @throws Failure STATE for any error, and when it takes too long */
  async #within<T>(verb: string, time: number, work: Promise<T>, late?: () => void): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        late?.();
        reject(this.#failure(verb, this.#lastError));
      }, time);
    });
    try {
      return await Promise.race([work, limit]);
    } catch (error) {
      if (error instanceof Failure) throw error;
      throw this.#failure(verb, this.#redact(error as Error));
    } finally {
      clearTimeout(timer);
    }
  }

  #failure(verb: string, reason: string): Failure {
    const sentence = verb === 'connected to' ? 'cannot be used' : `could not be ${verb}`;
    return new Failure('STATE', `the state in Redis at ${this.#place()} ${sentence}: ${reason}`);
  }

  /** Host and port, without user and password. */
  #place(): string {
    const { hostname, port } = new URL(this.#options.url);
    return `${hostname}:${port || 6379}`;
  }

  /** ioredis hangs commands with their arguments on its errors, AUTH among them: only the message leaves. */
  #redact(error: Error): string {
    if (error.name === 'MaxRetriesPerRequestError') return `the connection broke (${this.#lastError})`;
    return this.#secrets.reduce((text, secret) => text.replaceAll(secret, '***'), error.message);
  }
}

const shas = Object.fromEntries(
  scriptNames.map((name) => [name, createHash('sha1').update(scriptOf(name)).digest('hex')]),
) as Record<ScriptName, string>;

/** The password of an address, as it is written there and as it is meant, and the address itself. */
function secretsOf(url: string): string[] {
  const { password } = new URL(url);
  if (!password) return [];
  try {
    return [url, password, decodeURIComponent(password)];
  } catch {
    return [url, password];
  }
}

interface Gate {
  opened: Promise<void>;
  isOpen: boolean;
  open: () => void;
}

function gate(): Gate {
  let resolve: () => void;
  const made: Gate = {
    opened: new Promise<void>((done) => (resolve = done)),
    isOpen: false,
    open: () => {
      made.isOpen = true;
      resolve();
    },
  };
  return made;
}

export function closed(): Failure {
  return new Failure('STATE', 'the state store is closed');
}

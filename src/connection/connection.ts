import { randomUUID } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { classify, Failure } from '../exchange/failure';
import { isSpent, watched, type StreamBody } from './body';
import { acceptEncoding } from './decompress';
import { noAuthentication, type Authenticator } from './auth/authenticator';
import { Deadline, sleep } from './deadline';
import { findHeader, getHeader, type HeaderFields } from './headers';
import { follow, type Journey, type Ways } from './journey';
import { Limits, type LimitOptions, type OnWait } from './limits';
import { proxySecrets } from './proxy';
import { redactor } from './redact';
import { isRepeatable, never, retryDelay, type RetryPolicy } from './retry';
import { Scope } from './scope';
import { pauseOf } from './server-limits';
import type { SharedBudget } from './shared-budget';
import { Delivery, type Sink } from './sink';
import type { Hop, TransportOptions } from './transport';

export type { Sink, StreamBody };

/** A request as a node renders it: the URL is still relative to the connection, nothing secret is in it. */
export interface Request {
  method: string;
  /** Absolute, or relative to the base URL. */
  url: string;
  /** Appended to the URL's own query, in order. */
  query?: readonly (readonly [string, string])[];
  headers?: HeaderFields;
  body?: Buffer | StreamBody;
}

/** The answer as it came, whatever its status. */
export interface Response {
  statusCode: number;
  statusText: string;
  /** Names in lower case; `set-cookie` is a list. */
  headers: HeaderFields;
  /** Where the answer came from, after redirects; redacted. */
  url: string;
  /** The URLs that were left on the way; redacted. */
  redirects: string[];
  /** Empty when it went to a sink. */
  body: Buffer;
  /** Bytes of the body after decompression, also when it went to a sink. */
  size: number;
  attempts: number;
  /** Milliseconds. */
  timings: { firstByte: number; total: number };
}

/** Times in milliseconds, sizes in bytes. */
export interface ConnectionOptions extends TransportOptions {
  baseUrl: string;
  allowedHosts: readonly string[];
  authenticator?: Authenticator;
  /** One attempt, from its start to its last byte, redirects included and waits for limits not; 0 for no limit. */
  totalTimeout: number;
  /** How many redirects are followed. */
  maxRedirects: number;
  userAgent: string;
  retry?: RetryPolicy;
  limits?: LimitOptions;
  /** The rate over several processes, beside the limits of this one. */
  budget?: Pick<SharedBudget, 'take' | 'pause'>;
  /** Keep cookies and send them again. */
  cookies?: boolean;
  /** Give a request that may not be repeated an `Idempotency-Key`, the same over its attempts. */
  idempotencyKeys?: boolean;
  /** For every request that does not set them itself. */
  defaultHeaders?: HeaderFields;
  defaultQuery?: readonly (readonly [string, string])[];
}

/** How a request fares: for the node that shows it. */
export interface SendOptions {
  signal?: AbortSignal;
  /** It has to wait for a limit. */
  onWait?: OnWait;
  /** An attempt begins: there is no wait any more. */
  onStart?: () => void;
  /** Before another attempt: which one, and the wait in milliseconds. */
  onRetry?: (attempt: number, delay: number) => void;
  /** In place of the connection's settings. */
  rules?: Partial<RequestRules>;
  /** Where the body of the answer goes as it arrives. */
  sink?: Sink;
  /** Each hop as it leaves, credentials included: what shows it must redact it. */
  onHop?: (hop: SentHop) => void;
}

/** What one request has of its own instead of the connection's settings; times in milliseconds, 0 for no limit. */
export interface RequestRules {
  totalTimeout: number;
  firstByteTimeout: number;
  idleTimeout: number;
  maxRedirects: number;
  /** Bytes after decompression, -1 for no limit. */
  maxResponseSize: number;
  retry: RetryPolicy;
}

export interface SentHop {
  method: string;
  url: string;
  headers: HeaderFields;
  body: Buffer | StreamBody | undefined;
}

/** Whom we talk to. Everything that needs HTTP goes through `send`. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #scope: Scope;
  readonly #authenticator: Authenticator;
  readonly #limits: Limits | undefined;
  readonly #rules: RequestRules;
  readonly #closing = new AbortController();
  #ways: Promise<Ways> | undefined;
  #redactor: { secrets: readonly string[]; redact: (text: string) => string } | undefined;

  /** @throws Failure CONFIG when the settings cannot work: they say why */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#authenticator = options.authenticator ?? noAuthentication;
    this.#limits = options.limits && new Limits(options.limits);
    this.#rules = { ...options, retry: options.retry ?? never };
    this.#scope = new Scope(options.baseUrl, options.allowedHosts);
    if (this.#authenticator !== noAuthentication && !this.#scope.bounded) {
      throw new Failure(
        'CONFIG',
        'a connection with credentials needs a base URL or a list of allowed hosts, so that they cannot be sent elsewhere',
      );
    }
  }

  /**
   * Sends a request: scope, limits, credentials, transport, redirects, retries.
   *
   * @throws Failure for everything that is not an answer; a status is never an error here
   */
  async send(request: Request, options: SendOptions = {}): Promise<Response> {
    const started = performance.now();
    let target: string | undefined;
    let attempts = 1;
    try {
      const hop = this.#prepare(request);
      target = hop.url.href;
      const rules = options.rules ? withRules(this.#rules, options.rules) : this.#rules;
      for (; ; attempts++) {
        const outcome = await this.#attempt(hop, options, rules);
        const delay = this.#delayBefore(outcome, hop, rules.retry, attempts, performance.now() - started);
        if (delay === undefined) {
          if ('failure' in outcome) throw outcome.failure;
          return this.#respond(outcome, attempts, started);
        }
        options.onRetry?.(attempts + 1, delay);
        await this.#sleep(delay, options.signal);
      }
    } catch (error) {
      throw this.#describe(classify(error), request.method, target ?? request.url, attempts, started);
    }
  }

  /** Loads what the first request would have to wait for. Does not fail: that request will say what is wrong. */
  async warmUp(): Promise<void> {
    try {
      await this.#open();
    } catch {
      // closed meanwhile, or settings that cannot work
    }
  }

  /** Removes this connection's secrets from a text, by value. */
  redact(text: string): string {
    const secrets = this.#authenticator.secrets();
    if (this.#redactor?.secrets !== secrets) {
      const { proxy } = this.#options;
      const all = proxy ? [...secrets, ...proxySecrets(proxy)] : secrets;
      this.#redactor = { secrets, redact: redactor(all) };
    }
    return this.#redactor.redact(text);
  }

  /**
   * The certificates that a server shows on the way that requests take, its own first: whether they are good or not.
   *
   * @throws the error of the way there
   */
  async certificates(url: URL): Promise<DetailedPeerCertificate[]> {
    const { certificatesOf } = await import('./certificate.js');
    return certificatesOf(url, this.#options);
  }

  /** Aborts what is in flight and closes every socket. */
  async close(): Promise<void> {
    this.#closing.abort(new Failure('ABORTED', 'the connection was closed', { retryable: true }));
    await (await this.#ways)?.transport.close();
    await this.#authenticator.close?.();
  }

  #prepare(request: Request): Hop {
    const url = this.#scope.resolve(request.url);
    if (url.hash) url.hash = '';
    addQuery(url, request.query ?? []);
    addQuery(
      url,
      (this.#options.defaultQuery ?? []).filter(([name]) => !url.searchParams.has(name)),
    );
    const headers: HeaderFields = { ...request.headers };
    const fallback = (name: string, value: string | string[]): void => {
      if (!findHeader(headers, name)) headers[name] = value;
    };
    for (const [name, value] of Object.entries(this.#options.defaultHeaders ?? {})) fallback(name, value);
    fallback('Accept', '*/*');
    fallback('Accept-Encoding', acceptEncoding);
    fallback('User-Agent', this.#options.userAgent);
    if (this.#options.idempotencyKeys && !isRepeatable(request.method, undefined)) {
      fallback('Idempotency-Key', randomUUID());
    }
    return { method: request.method, url, headers, body: watched(request.body) };
  }

  /** One attempt under the limits; what the server says of its own limits holds for every request after it. */
  async #attempt(hop: Hop, options: SendOptions, rules: RequestRules): Promise<Outcome> {
    const { signal, sink, onHop } = options;
    const deadline = new Deadline([this.#closing.signal, signal]);
    const delivery = sink && new Delivery(sink);
    let release: (() => void) | undefined;
    try {
      // before the limits: the first ten must not arrive late, and the next ten right behind them
      const ways = await this.#open();
      release = await this.#limits?.acquire(deadline.signal, options.onWait);
      await this.#options.budget?.take(deadline.signal, options.onWait);
      options.onStart?.();
      deadline.start(rules.totalTimeout);
      const travel = { rules, streamed: sink !== undefined, onHop: onHop && showing(onHop) };
      const journey = await follow(ways, hop, travel, deadline.signal);
      // with a 202, Retry-After says when that one job may be done
      const { statusCode, headers } = journey.answer;
      const pause = pauseOf(statusCode === 202 ? { ...headers, 'retry-after': '' } : headers, Date.now());
      if (pause > 0) {
        this.#limits?.pause(pause);
        await this.#options.budget?.pause(pause);
      }
      const { body } = journey.answer;
      const url = this.redact(journey.last.url.href);
      const taken = (await delivery?.take(journey.answer, url, deadline.signal)) ?? {
        body,
        size: body.length,
      };
      return { ...journey, ...taken, url, pause, final: delivery?.final ?? false };
    } catch (error) {
      if (this.#closing.signal.aborted || signal?.aborted) throw error;
      return { failure: classify(error), pause: 0, final: delivery?.final ?? false };
    } finally {
      release?.();
      deadline.end();
    }
  }

  async #sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
    const deadline = new Deadline([this.#closing.signal, signal]);
    try {
      await sleep(milliseconds, deadline.signal);
    } finally {
      deadline.end();
    }
  }

  /** Milliseconds before the next attempt, or undefined when this outcome is the last. */
  #delayBefore(
    outcome: Outcome,
    hop: Hop,
    policy: RetryPolicy,
    attempt: number,
    elapsed: number,
  ): number | undefined {
    const again =
      'failure' in outcome ? outcome.failure.retryable : policy.isRetried(outcome.answer.statusCode);
    if (!again || outcome.final || isSpent(hop.body)) return undefined;
    if (!isRepeatable(hop.method, getHeader(hop.headers, 'idempotency-key'))) return undefined;
    return retryDelay(policy, attempt, elapsed, outcome.pause, Math.random());
  }

  #open(): Promise<Ways> {
    if (this.#closing.signal.aborted) throw classify(this.#closing.signal.reason);
    this.#ways ??= this.#load();
    return this.#ways;
  }

  /** What `warmUp` or the first request loads: kept out of an idle start. */
  async #load(): Promise<Ways> {
    const { Transport } = await import('./transport.js');
    const ways: Ways = {
      scope: this.#scope,
      authenticator: this.#authenticator,
      transport: new Transport(this.#options),
      redact: (text) => this.redact(text),
    };
    if (!this.#options.cookies) return ways;
    const { Cookies } = await import('./cookie-jar.js');
    return { ...ways, cookies: new Cookies() };
  }

  #respond({ answer, body, size, url, left }: Arrival, attempts: number, started: number): Response {
    const { statusCode, statusText, headers, firstByte } = answer;
    return {
      statusCode,
      statusText,
      headers,
      url,
      redirects: left,
      body,
      size,
      attempts,
      timings: { firstByte, total: performance.now() - started },
    };
  }

  /** Every failure says which request it was, and none holds a secret. */
  #describe(failure: Failure, method: string, url: string, attempts: number, started: number): Failure {
    return new Failure(failure.code, this.redact(failure.message), {
      retryable: failure.retryable,
      cause: failure.cause instanceof Error ? this.redact(failure.cause.message) : failure.cause,
      request: {
        method: failure.request?.method ?? method,
        url: this.redact(failure.request?.url ?? url),
      },
      attempts,
      elapsed: performance.now() - started,
    });
  }
}

function addQuery(url: URL, query: readonly (readonly [string, string])[]): void {
  if (query.length === 0) return;
  const pairs = query.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
  url.search = [url.search.slice(1), ...pairs].filter(Boolean).join('&');
}

function withRules(rules: RequestRules, own: Partial<RequestRules>): RequestRules {
  const set = Object.entries(own).filter(([, value]) => value !== undefined);
  return { ...rules, ...(Object.fromEntries(set) as Partial<RequestRules>) };
}

function showing(onHop: (hop: SentHop) => void): (hop: Hop) => void {
  return ({ method, url, headers, body }) => onHop({ method, url: url.href, headers: { ...headers }, body });
}

/** An answer with its body where it belongs. */
interface Arrival extends Journey {
  body: Buffer;
  size: number;
  /** Redacted. */
  url: string;
}

/**
 * What came of one attempt, how long the server wants to be left alone (milliseconds), and whether no attempt may follow,
 * because a sink keeps what it has got.
 */
type Outcome = (Arrival | { failure: Failure }) & { pause: number; final: boolean };

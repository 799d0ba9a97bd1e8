import { randomUUID } from 'node:crypto';
import type { DetailedPeerCertificate } from 'node:tls';
import { classify, Failure } from '../exchange/failure';
import { acceptEncoding } from './decompress';
import { noAuthentication, type Authenticator } from './auth/authenticator';
import type { Cookies } from './cookie-jar';
import { Deadline, sleep } from './deadline';
import { findHeader, getHeader, type HeaderFields } from './headers';
import { Limits, type LimitOptions, type OnWait } from './limits';
import { proxySecrets } from './proxy';
import { redactor } from './redact';
import { redirectOf } from './redirects';
import { isRepeatable, never, retryDelay, type RetryPolicy } from './retry';
import { Scope } from './scope';
import { pauseOf } from './server-limits';
import type { Hop, HopAnswer, Transport, TransportOptions } from './transport';

/** A request as a node renders it: the URL is still relative to the connection, nothing secret is in it. */
export interface Request {
  method: string;
  /** Absolute, or relative to the base URL. */
  url: string;
  /** Appended to the URL's own query, in order. */
  query?: readonly (readonly [string, string])[];
  headers?: HeaderFields;
  body?: Buffer;
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
  body: Buffer;
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
}

/** What the first request loads: kept out of an idle start. */
interface Machinery {
  transport: Transport;
  cookies?: Cookies;
}

/** Whom we talk to. Everything that needs HTTP goes through `send`. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #scope: Scope;
  readonly #authenticator: Authenticator;
  readonly #limits: Limits | undefined;
  readonly #retry: RetryPolicy;
  readonly #closing = new AbortController();
  #machinery: Promise<Machinery> | undefined;
  #redactor: { secrets: readonly string[]; redact: (text: string) => string } | undefined;

  /** @throws Failure CONFIG when the settings cannot work: they say why */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#authenticator = options.authenticator ?? noAuthentication;
    this.#limits = options.limits && new Limits(options.limits);
    this.#retry = options.retry ?? never;
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
      for (; ; attempts++) {
        const outcome = await this.#attempt(hop, options);
        const delay = this.#delayBefore(outcome, hop, attempts, performance.now() - started);
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
    await (await this.#machinery)?.transport.close();
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
    return { method: request.method, url, headers, body: request.body };
  }

  /** One attempt under the limits; what the server says of its own limits holds for every request after it. */
  async #attempt(hop: Hop, { signal, onWait, onStart }: SendOptions): Promise<Outcome> {
    const deadline = new Deadline([this.#closing.signal, signal]);
    let release: (() => void) | undefined;
    try {
      // before the limits: the first ten must not arrive late, and the next ten right behind them
      const machinery = await this.#open();
      release = await this.#limits?.acquire(deadline.signal, onWait);
      onStart?.();
      deadline.start(this.#options.totalTimeout);
      const journey = await this.#follow(machinery, hop, deadline.signal);
      const pause = pauseOf(journey.answer.headers, Date.now());
      if (pause > 0) this.#limits?.pause(pause);
      return { ...journey, pause };
    } catch (error) {
      if (this.#closing.signal.aborted || signal?.aborted) throw error;
      return { failure: classify(error), pause: 0 };
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
  #delayBefore(outcome: Outcome, hop: Hop, attempt: number, elapsed: number): number | undefined {
    const again =
      'failure' in outcome ? outcome.failure.retryable : this.#retry.isRetried(outcome.answer.statusCode);
    if (!again || !isRepeatable(hop.method, getHeader(hop.headers, 'idempotency-key'))) return undefined;
    return retryDelay(this.#retry, attempt, elapsed, outcome.pause, Math.random());
  }

  /** Each hop gets the credentials anew, and only inside the scope: a redirect elsewhere carries none. */
  async #follow(machinery: Machinery, first: Hop, signal: AbortSignal): Promise<Journey> {
    const left: string[] = [];
    for (let hop = first; ;) {
      const trusted = this.#trusts(hop.url, first.url);
      const answer = await this.#exchange(machinery, hop, trusted, signal).catch((error: unknown) => {
        const failure = classify(error);
        // not the request that was asked for, but the one that failed
        if (hop !== first) failure.request ??= { method: hop.method, url: hop.url.href };
        throw failure;
      });
      const next = this.#options.maxRedirects > 0 ? redirectOf(hop, answer) : undefined;
      if (!next) return { answer, last: hop, left };
      left.push(this.redact(hop.url.href));
      if (left.length > this.#options.maxRedirects) {
        throw new Failure('TOO_MANY_REDIRECTS', `more than ${this.#options.maxRedirects} redirects`);
      }
      hop = next;
    }
  }

  /** One hop with its cookies and its credentials; once more when those had expired. */
  async #exchange(
    { transport, cookies }: Machinery,
    hop: Hop,
    trusted: boolean,
    signal: AbortSignal,
  ): Promise<HopAnswer> {
    const authenticator = trusted ? this.#authenticator : noAuthentication;
    if (authenticator === noAuthentication && !cookies) return transport.send(hop, signal, trusted);
    const attempt = async (): Promise<[Hop, HopAnswer]> => {
      const sent: Hop = { ...hop, url: new URL(hop.url), headers: { ...hop.headers } };
      await cookies?.attach(sent, trusted);
      await authenticator.authorize(sent, signal);
      const answer = authenticator.exchange
        ? await authenticator.exchange(sent, () => transport.lane(), signal)
        : await transport.send(sent, signal, trusted);
      await cookies?.store(sent, answer, trusted);
      return [sent, answer];
    };
    const [sent, answer] = await attempt();
    if (!(await authenticator.renew?.(answer, sent, signal))) return answer;
    const [again, last] = await attempt();
    authenticator.settled?.(last, again);
    return last;
  }

  /**
   * Whether a hop may carry credentials: within the scope, but not in clear after a redirect from https; where nothing
   * bounds the connection, only at the origin that the request itself named.
   */
  #trusts(url: URL, first: URL): boolean {
    if (url === first) return true;
    if (!this.#scope.bounded) return url.origin === first.origin;
    return this.#scope.covers(url) && (url.protocol === 'https:' || url.protocol === first.protocol);
  }

  #open(): Promise<Machinery> {
    if (this.#closing.signal.aborted) throw classify(this.#closing.signal.reason);
    this.#machinery ??= this.#load();
    return this.#machinery;
  }

  async #load(): Promise<Machinery> {
    const { Transport } = await import('./transport.js');
    const transport = new Transport(this.#options);
    if (!this.#options.cookies) return { transport };
    const { Cookies } = await import('./cookie-jar.js');
    return { transport, cookies: new Cookies() };
  }

  #respond({ answer, last, left }: Journey, attempts: number, started: number): Response {
    const { firstByte, ...rest } = answer;
    return {
      ...rest,
      url: this.redact(last.url.href),
      redirects: left,
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

/** Where a request ended after its redirects. */
interface Journey {
  answer: HopAnswer;
  last: Hop;
  /** The URLs that were left; redacted. */
  left: string[];
}

/** What came of one attempt, and how long the server wants to be left alone (milliseconds). */
type Outcome = (Journey | { failure: Failure }) & { pause: number };

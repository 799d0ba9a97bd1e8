import { classify, Failure } from '../exchange/failure';
import { acceptEncoding } from './decompress';
import { findHeader, type HeaderFields } from './headers';
import { noAuthentication, type Authenticator } from './auth/authenticator';
import { redactor } from './redact';
import { redirectOf } from './redirects';
import { Scope } from './scope';
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
  /** From the first attempt to the last byte, redirects included; 0 for no limit. */
  totalTimeout: number;
  /** How many redirects are followed. */
  maxRedirects: number;
  userAgent: string;
}

/** Whom we talk to. Everything that needs HTTP goes through `send`. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #scope: Scope;
  readonly #authenticator: Authenticator;
  readonly #closing = new AbortController();
  #transport: Promise<Transport> | undefined;
  #redactor: { secrets: readonly string[]; redact: (text: string) => string } | undefined;

  /** @throws Failure CONFIG when the settings cannot work: they say why */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#authenticator = options.authenticator ?? noAuthentication;
    this.#scope = new Scope(options.baseUrl, options.allowedHosts);
    if (this.#authenticator !== noAuthentication && !this.#scope.bounded) {
      throw new Failure(
        'CONFIG',
        'a connection with credentials needs a base URL or a list of allowed hosts, so that they cannot be sent elsewhere',
      );
    }
  }

  /**
   * Sends a request: scope, credentials, transport, redirects.
   *
   * @param signal ends the request at once
   * @throws Failure for everything that is not an answer; a status is never an error here
   */
  async send(request: Request, signal?: AbortSignal): Promise<Response> {
    const started = performance.now();
    const deadline = new Deadline(this.#options.totalTimeout, [this.#closing.signal, signal]);
    let target: string | undefined;
    try {
      const hop = this.#prepare(request);
      target = hop.url.href;
      const { answer, last, left } = await this.#follow(hop, deadline.signal);
      return {
        ...answer,
        url: this.redact(last.url.href),
        redirects: left,
        attempts: 1,
        timings: { firstByte: answer.firstByte, total: performance.now() - started },
      };
    } catch (error) {
      throw this.#describe(classify(error), request.method, target ?? request.url, started);
    } finally {
      deadline.end();
    }
  }

  /** Removes this connection's secrets from a text, by value. */
  redact(text: string): string {
    const secrets = this.#authenticator.secrets();
    if (this.#redactor?.secrets !== secrets) this.#redactor = { secrets, redact: redactor(secrets) };
    return this.#redactor.redact(text);
  }

  /** Aborts what is in flight and closes every socket. */
  async close(): Promise<void> {
    this.#closing.abort(new Failure('ABORTED', 'the connection was closed', { retryable: true }));
    await (await this.#transport)?.close();
    await this.#authenticator.close?.();
  }

  #prepare(request: Request): Hop {
    const url = this.#scope.resolve(request.url);
    url.hash = '';
    if (request.query?.length) {
      const pairs = request.query.map(
        ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
      );
      url.search = [url.search.slice(1), ...pairs].filter(Boolean).join('&');
    }
    const headers: HeaderFields = { ...request.headers };
    if (!findHeader(headers, 'accept')) headers['Accept'] = '*/*';
    if (!findHeader(headers, 'accept-encoding')) headers['Accept-Encoding'] = acceptEncoding;
    if (!findHeader(headers, 'user-agent')) headers['User-Agent'] = this.#options.userAgent;
    return { method: request.method, url, headers, body: request.body };
  }

  /** Each hop gets the credentials anew, and only inside the scope: a redirect elsewhere carries none. */
  async #follow(first: Hop, signal: AbortSignal): Promise<{ answer: HopAnswer; last: Hop; left: string[] }> {
    const transport = await this.#open();
    const left: string[] = [];
    for (let hop = first; ;) {
      const answer = await this.#authorised(transport, hop, signal);
      const next = this.#options.maxRedirects > 0 ? redirectOf(hop, answer) : undefined;
      if (!next) return { answer, last: hop, left };
      left.push(this.redact(hop.url.href));
      if (left.length > this.#options.maxRedirects) {
        throw new Failure('TOO_MANY_REDIRECTS', `more than ${this.#options.maxRedirects} redirects`);
      }
      hop = next;
    }
  }

  /** One hop with its credentials; once more when they had expired. */
  async #authorised(transport: Transport, hop: Hop, signal: AbortSignal): Promise<HopAnswer> {
    if (this.#authenticator === noAuthentication || !this.#scope.covers(hop.url))
      return transport.send(hop, signal);
    const attempt = async (): Promise<[Hop, HopAnswer]> => {
      const sent: Hop = { ...hop, url: new URL(hop.url), headers: { ...hop.headers } };
      await this.#authenticator.authorize(sent, signal);
      return [sent, await transport.send(sent, signal)];
    };
    const [sent, answer] = await attempt();
    if (!(await this.#authenticator.renew?.(answer, sent, signal))) return answer;
    return (await attempt())[1];
  }

  #open(): Promise<Transport> {
    if (this.#closing.signal.aborted) throw classify(this.#closing.signal.reason);
    this.#transport ??= import('./transport.js').then((module) => new module.Transport(this.#options));
    return this.#transport;
  }

  /** Every failure says which request it was, and none holds a secret. */
  #describe(failure: Failure, method: string, url: string, started: number): Failure {
    return new Failure(failure.code, this.redact(failure.message), {
      retryable: failure.retryable,
      cause: failure.cause instanceof Error ? this.redact(failure.cause.message) : failure.cause,
      request: { method, url: this.redact(url) },
      elapsed: performance.now() - started,
    });
  }
}

/** One signal that ends with the time or with any of its sources, and leaves nothing behind. */
class Deadline {
  readonly #controller = new AbortController();
  readonly #sources: AbortSignal[];
  readonly #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (event: Event): void =>
    this.#controller.abort((event.target as AbortSignal).reason as unknown);

  constructor(milliseconds: number, sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#controller.abort(source.reason);
      else source.addEventListener('abort', this.#onAbort);
    }
    if (milliseconds > 0) {
      const reason = new Failure('TIMEOUT', `no complete answer within ${milliseconds / 1000} s`);
      this.#timer = setTimeout(() => this.#controller.abort(reason), milliseconds);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort);
  }
}

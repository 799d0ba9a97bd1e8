/** One request on the wire. undici's own streams cost as much as the rest together, so its handler is used directly. */
import { finished, type Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { classify } from '../exchange/failure';
import { bodyFailure, isStreamed, type StreamBody } from './body';
import { tooLarge } from './decompress';
import { setHeader, type HeaderFields } from './headers';
import { Incoming } from './incoming';
import type { Head, Hop } from './transport';

/** What holds for one dispatch. Times in milliseconds, 0 for no limit; the size in bytes, -1 for no limit. */
export interface WireRules {
  firstByteTimeout: number;
  idleTimeout: number;
  maxResponseSize: number;
}

export interface Dispatched extends Head {
  statusText: string;
  /** As it came, not decompressed. */
  body: Buffer;
  /** In place of `body`, which is empty. */
  incoming?: Incoming;
  /** On the clock of `performance.now()`. */
  headersAt: number;
}

/**
 * Sends a request and collects the body of its answer.
 *
 * @param streamed whether an answer with this head is given at once, with its body on the way
 * @throws what ended it: an error of undici, a Failure, or the signal's reason
 */
export function dispatch(
  dispatcher: Dispatcher,
  hop: Hop,
  signal: AbortSignal,
  rules: WireRules,
  streamed?: (head: Head) => boolean,
): Promise<Dispatched> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const wire = new Wire(signal, rules.maxResponseSize, streamed, resolve, reject);
    try {
      const { body } = hop;
      const source = isStreamed(body) ? body : undefined;
      const upload = source && source.length !== 0 ? wire.upload(source) : undefined;
      dispatcher.dispatch(
        {
          origin: hop.url.origin,
          path: hop.url.pathname + hop.url.search,
          method: hop.method,
          headers: source ? lengthened(hop.headers, source) : hop.headers,
          body: isStreamed(body) ? upload : body,
          headersTimeout: rules.firstByteTimeout,
          bodyTimeout: rules.idleTimeout,
        },
        wire,
      );
    } catch (error) {
      wire.fail(error as Error);
    }
  });
}

class Wire implements Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal;
  readonly #limit: number;
  readonly #streamed: ((head: Head) => boolean) | undefined;
  readonly #resolve: (answer: Dispatched) => void;
  readonly #reject: (error: Error) => void;
  readonly #chunks: Buffer[] = [];
  #size = 0;
  #head!: Omit<Dispatched, 'body'>;
  #incoming: Incoming | undefined;
  #upload: Readable | undefined;
  #failed: Error | undefined;
  #controller: Dispatcher.DispatchController | undefined;

  constructor(
    signal: AbortSignal,
    limit: number,
    streamed: ((head: Head) => boolean) | undefined,
    resolve: (answer: Dispatched) => void,
    reject: (error: Error) => void,
  ) {
    this.#signal = signal;
    this.#limit = limit;
    this.#streamed = streamed;
    this.#resolve = resolve;
    this.#reject = reject;
    signal.addEventListener('abort', this.#abort);
  }

  /**
   * Opens a body that goes out as it is read; what breaks it later ends the request.
   *
   * @throws Failure when it does not open
   */
  upload(body: StreamBody): Readable {
    let source: Readable;
    try {
      source = body.open();
    } catch (error) {
      throw bodyFailure(error);
    }
    this.#upload = source;
    finished(source, { writable: false }, (error) => {
      if (!error || this.#upload === undefined) return;
      const failure = bodyFailure(error);
      this.fail(failure);
      this.#controller?.abort(failure);
    });
    return source;
  }

  /** Ends it, unless it has ended. */
  fail(error: Error): void {
    this.#failed ??= error;
    this.#settle();
    if (this.#incoming) this.#incoming.fail(classify(error));
    else this.#reject(error);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // again for a request that undici makes again on a fresh socket
    this.#controller = controller;
    // while there was no connection undici could not be told
    if (this.#failed) controller.abort(this.#failed);
  }

  onResponseStart(
    controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
    statusText = '',
  ): void {
    if (statusCode < 200) return;
    const head = { statusCode, statusText, headers: joinRepeated(headers), headersAt: performance.now() };
    this.#head = head;
    if (!this.#streamed?.(head)) return;
    const encoding = head.headers['content-encoding'];
    this.#incoming = new Incoming(controller, typeof encoding === 'string' ? encoding : '', this.#limit);
    this.#resolve({ ...head, body: empty, incoming: this.#incoming });
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#incoming) return this.#incoming.push(chunk);
    this.#size += chunk.length;
    if (this.#limit >= 0 && this.#size > this.#limit) controller.abort(tooLarge(this.#limit));
    else this.#chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.#settle();
    if (this.#incoming) return this.#incoming.complete();
    const chunks = this.#chunks;
    const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.#size);
    this.#resolve({ ...this.#head, body });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.fail(error);
  }

  readonly #abort = (): void => {
    this.fail(this.#signal.reason as Error);
    this.#controller?.abort(this.#signal.reason as Error);
  };

  /** What is left of a body that nobody wants any more is not read. */
  #settle(): void {
    this.#signal.removeEventListener('abort', this.#abort);
    const upload = this.#upload;
    this.#upload = undefined;
    upload?.destroy();
  }
}

const empty = Buffer.alloc(0);

/** Its length is known, so that it needs no chunks: undici writes one framing or the other. */
function lengthened(headers: HeaderFields, { length }: StreamBody): HeaderFields {
  if (length === undefined) return headers;
  const copy = { ...headers };
  setHeader(copy, 'Content-Length', String(length));
  return copy;
}

/** Several lines of one header are one list (RFC 9110 section 5.3); only `set-cookie` cannot be joined. */
function joinRepeated(raw: Record<string, string | string[] | undefined>): HeaderFields {
  const headers: HeaderFields = {};
  for (const name in raw) {
    const value = raw[name];
    if (value === undefined) continue;
    if (name === 'set-cookie') headers[name] = Array.isArray(value) ? value : [value];
    else headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/** Senders who wait for the flow: `msg.req` and `msg.res` as the core `http in` node gives them, with a deadline. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Node, NodeAPI } from 'node-red';
import { writeAnswer, type Answer } from '../../src/webhook/answer';
import { methodsOfResponse } from './response-methods';

type Method = (...args: unknown[]) => unknown;
type ExpressResponse = Record<string, Method>;

/** What goes on the message. */
export interface FlowEnds {
  req: IncomingMessage;
  res: { _res: object } & Record<string, unknown>;
}

/** A sender who waits. */
export interface Waiting {
  readonly ends: FlowEnds;
  /** Resolves with what the flow answered; undefined when it was the fallback, or the sender has gone. */
  readonly answered: Promise<Answer | undefined>;
  /** Nobody will answer this one. */
  giveUp(answer: Answer): void;
}

export interface FlowAnswersOptions {
  RED: NodeAPI;
  node: Node;
  /** Milliseconds. */
  deadline: number;
  fallback: Answer;
  /** Whether answers are kept for repeats. */
  keeps: boolean;
}

export class FlowAnswers {
  readonly #options: FlowAnswersOptions;
  readonly #waiting = new Set<Waiting>();

  constructor(options: FlowAnswersOptions) {
    this.#options = options;
  }

  /** How many senders wait. */
  get size(): number {
    return this.#waiting.size;
  }

  wait(request: IncomingMessage, response: ServerResponse): Waiting {
    const { RED, node, deadline, fallback, keeps } = this.#options;
    const answer = keeps ? capture(response) : undefined;
    // A getter on the prototype: neither the debug node nor a clone would see it.
    Object.defineProperty(request, 'headers', { value: request.headers, enumerable: true });
    const res = wrapped(RED, node, response as unknown as ExpressResponse);
    let ended = false;
    const answered = new Promise<Answer | undefined>((resolve) => {
      response.once('close', () => resolve(ended ? undefined : answer?.()));
    });
    const waiting: Waiting = {
      ends: { req: request, res },
      answered,
      giveUp: (last) => {
        if (response.headersSent || response.writableEnded) return;
        ended = true;
        // what the flow still sends goes nowhere, instead of failing at the http response node
        res._res = nowhere(node);
        writeAnswer(response, last);
      },
    };
    const timer = setTimeout(() => waiting.giveUp(fallback), deadline);
    this.#waiting.add(waiting);
    response.once('close', () => {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    });
    return waiting;
  }

  /** Every sender who still waits gets the fallback. Resolves when all have it, or have gone. */
  async close(): Promise<void> {
    const all = [...this.#waiting];
    for (const waiting of all) waiting.giveUp(this.#options.fallback);
    await Promise.all(all.map(({ answered }) => answered));
  }
}

/** The wrapper of the core node: what it holds is used by `http response`; its own methods are of long ago, and warn. */
function wrapped(RED: NodeAPI, node: Node, response: ExpressResponse): FlowEnds['res'] {
  const res: FlowEnds['res'] = { _res: response };
  for (const name of methodsOfResponse) {
    res[name] = (...args: unknown[]) => {
      node.warn(RED._('node-red:httpin.errors.deprecated-call', { method: `msg.res.${name}` }));
      const target = res._res as ExpressResponse;
      const result = target[name]!(...args);
      return result === target ? res : result;
    };
  }
  return res;
}

/** A response that takes everything; the first time it says so. */
function nowhere(node: Node): object {
  let said = false;
  const sink: object = new Proxy(
    {},
    {
      get: (_target, name) => {
        if (name === 'get') return () => undefined;
        return () => {
          if (!said) node.warn('the flow answered too late: the sender had the fallback answer by then');
          said = true;
          return sink;
        };
      },
    },
  );
  return sink;
}

/** Largest answer that is kept for repeats, in bytes. */
const largest = 256 * 1024;

/** Sees what is written. @returns what gives the answer once it has left; undefined when it was too large */
function capture(response: ServerResponse): () => Answer | undefined {
  const chunks: Buffer[] = [];
  let size = 0;
  const keep = (chunk: unknown, encoding: unknown): void => {
    if (typeof chunk !== 'string' && !(chunk instanceof Uint8Array)) return;
    const bytes =
      typeof chunk === 'string'
        ? Buffer.from(chunk, (typeof encoding === 'string' ? encoding : 'utf8') as BufferEncoding)
        : Buffer.from(chunk);
    size += bytes.length;
    if (size <= largest) chunks.push(bytes);
  };
  for (const name of ['write', 'end'] as const) {
    const original = response[name].bind(response) as (...args: unknown[]) => unknown;
    (response as unknown as Record<string, unknown>)[name] = (...args: unknown[]) => {
      keep(args[0], args[1]);
      return original(...args);
    };
  }
  return () => {
    if (!response.writableEnded || size > largest) return undefined;
    const headers: Answer['headers'] = {};
    for (const [name, value] of Object.entries(response.getHeaders())) {
      const ours = ['content-length', 'transfer-encoding', 'connection', 'date'].includes(name);
      if (!ours && value !== undefined) headers[name] = Array.isArray(value) ? value : String(value);
    }
    return { status: response.statusCode, headers, body: Buffer.concat(chunks) };
  };
}

import type { Request, SendOptions } from '../connection/connection';
import type { HeaderFields } from '../connection/headers';
import { getHeader } from '../connection/headers';
import { pauseOf, pollInterval } from '../connection/server-limits';
import {
  ask,
  read,
  render,
  type DecodedAnswer,
  type ExchangeInput,
  type ExchangePlan,
  type Sender,
} from '../exchange/exchange';
import { redactFailure } from '../exchange/failure';
import type { Pager } from '../paging/pager';
import { pages } from '../paging/pages';
import { recordsIn, wasXml } from '../paging/records';
import { bodyHash, conditional, validatorsOf, type Validators } from './validators';

/** What the templates of a poll's request read. Times are ISO texts. */
export interface PollTimes {
  now: string;
  /** When the last successful poll began; '' before the first. */
  lastPoll: string;
  /** The cursor less the lookback, in the form of the server's values; '' without one. */
  cursor: string;
}

/** What one poll asks. */
export interface Question {
  times: PollTimes;
  /** Of the last answer, when nothing but the same answer would mean that nothing is new. */
  validators?: Validators;
}

/** What one poll found. */
export interface Found {
  /** In the order of the answers. */
  records: readonly unknown[];
  /** The answer is the one of last time: it was not read, and `records` is empty. */
  unchanged: boolean;
  /** To be kept with what these records make known. */
  validators?: Validators;
  /** To be kept with them where nothing was new: the next answer may be the same. */
  bodyHash?: () => string;
  /** How many requests it took. */
  requests: number;
  /** False when a cap on pages, records or time cut it: there is more. */
  complete: boolean;
  /** The clock of the server (`Date`), milliseconds since 1970. */
  date?: number;
  /** How long the server wants to be left alone now, in milliseconds; 0 when it does not say. */
  pause: number;
}

/** Where records come from. */
export interface Source {
  /** @throws Failure */
  read(question: Question, signal: AbortSignal): Promise<Found>;
}

/** What the headers of an answer say of the next poll: `Retry-After`, an exhausted limit, `X-Poll-Interval`. */
export function pollPause(headers: HeaderFields, now: number): number {
  return Math.max(pauseOf(headers, now), pollInterval(headers));
}

export interface HttpSourceOptions {
  sender: Sender;
  plan: ExchangePlan;
  /** What the request is made of; the times are for its templates. */
  inputOf: (times: PollTimes) => Promise<ExchangeInput>;
  /** Property path of the list in the answer; '' finds it. */
  records: string;
  /** All pages are read before any record counts; caps, 0 for none. */
  paging?: { pager: Pager; maxPages: number; maxRecords: number; maxSeconds: number };
  /** Is told when a request has to wait. */
  progress?: Omit<SendOptions, 'signal'>;
  clock: { now(): number };
}

/** Records from one request, or from the pages that it leads to. */
export class HttpSource implements Source {
  readonly #options: HttpSourceOptions;

  constructor(options: HttpSourceOptions) {
    // of a page of records only those that fire are passed on: the others need not be looked at, which takes its time
    const anyDepth = options.plan.accepts === undefined;
    this.#options = { ...options, plan: { ...options.plan, anyDepth } };
  }

  async read(question: Question, signal: AbortSignal): Promise<Found> {
    try {
      return await this.#read(question, signal);
    } catch (error) {
      // what pages and cursors are quoted in a failure may hold a secret
      throw redactFailure(error, (text) => this.#options.sender.redact(text));
    }
  }

  async #read({ times, validators }: Question, signal: AbortSignal): Promise<Found> {
    const { sender, plan, inputOf, paging, clock } = this.#options;
    const rendered = await render(plan, await inputOf(times), sender);
    const start = paging?.pager.start;
    const request = start === undefined ? rendered : paging!.pager.request(rendered, start);

    const asked = conditional(request, validators);
    const isConditional = asked !== request;
    const judge = {
      isSuccess: (status: number) => (isConditional && status === 304) || plan.isSuccess(status),
    };
    const response = await ask(judge, asked, sender, this.#sendOptions(signal));
    const found: Found = {
      records: [],
      unchanged: false,
      requests: 1,
      complete: true,
      date: dateOf(response.headers),
      pause: pollPause(response.headers, clock.now()),
    };
    if (isConditional && response.statusCode === 304) return { ...found, unchanged: true };
    const fresh = validatorsOf(request, response);
    const body = validators?.body && bodyHash(response);
    // The ETag may be another one: kept, it saves the next download.
    if (body && body === validators.body) {
      return { ...found, unchanged: true, validators: { ...fresh, body } };
    }
    const answer = await read(plan, request, response, sender);
    const all = paging
      ? await this.#pages(rendered, answer, paging, found, signal)
      : { ...found, records: this.#recordsOf(answer) };
    if (all.requests > 1) return all;
    return { ...all, validators: fresh, bodyHash: () => body || bodyHash(response) };
  }

  /** The pages, the first of which is there. */
  async #pages(
    rendered: Request,
    first: DecodedAnswer,
    { pager, ...caps }: NonNullable<HttpSourceOptions['paging']>,
    found: Found,
    signal: AbortSignal,
  ): Promise<Found> {
    const { sender, plan, records: recordsPath, clock } = this.#options;
    let { complete, pause } = found;
    let requests = 0;
    const send = async (request: Request): Promise<DecodedAnswer> => {
      if (requests++ === 0) return first;
      const answer = await ask(plan, request, sender, this.#sendOptions(signal));
      pause = Math.max(pause, pollPause(answer.headers, clock.now()));
      return read(plan, request, answer, sender);
    };
    const parts: (readonly unknown[])[] = [];
    for await (const page of pages(rendered, pager, {
      ...caps,
      send,
      recordsPath,
      decode: plan.decode,
      signal,
      clock,
    })) {
      parts.push(page.records);
      complete = page.stopped === undefined;
    }
    return { ...found, records: parts.length === 1 ? parts[0]! : parts.flat(), requests, complete, pause };
  }

  #recordsOf(answer: DecodedAnswer): readonly unknown[] {
    const { plan, records } = this.#options;
    // "No content" is an empty list, said with a status.
    if (answer.summary.statusCode === 204) return [];
    return recordsIn(answer.body, records, wasXml(answer, plan.decode));
  }

  #sendOptions(signal: AbortSignal): SendOptions {
    return { ...this.#options.progress, signal };
  }
}

function dateOf(headers: HeaderFields): number | undefined {
  const time = Date.parse(getHeader(headers, 'date') ?? '');
  return Number.isNaN(time) ? undefined : time;
}

import type { Connection, SendOptions } from '../connection/connection';
import type { HeaderFields } from '../connection/headers';
import { pauseOf, pollInterval } from '../connection/server-limits';
import { exchange, type ExchangeInput, type ExchangePlan } from '../exchange/exchange';
import { recordsIn } from './changes';

/** What the templates of a poll's request read. Times are ISO texts. */
export interface PollTimes {
  now: string;
  /** When the last successful poll began; '' before the first. */
  lastPoll: string;
}

/** What one poll found. */
export interface Found {
  /** In the order of the answer. */
  records: readonly unknown[];
  /** How long the server wants to be left alone now, in milliseconds; 0 when it does not say. */
  pause: number;
}

/** Where records come from. */
export interface Source {
  /** @throws Failure */
  read(times: PollTimes, signal: AbortSignal): Promise<Found>;
}

/** What the headers of an answer say of the next poll: `Retry-After`, an exhausted limit, `X-Poll-Interval`. */
export function pollPause(headers: HeaderFields, now: number): number {
  return Math.max(pauseOf(headers, now), pollInterval(headers));
}

/** Records from one request: its answer has the whole list. */
export class HttpSource implements Source {
  readonly #connection: Connection;
  readonly #plan: ExchangePlan;
  readonly #inputOf: (times: PollTimes) => Promise<ExchangeInput>;
  readonly #path: string;
  readonly #progress: Omit<SendOptions, 'signal'>;

  /**
   * @param path where the list is in the answer, '' for the answer itself
   * @param progress is told when the request has to wait
   */
  constructor(
    connection: Connection,
    plan: ExchangePlan,
    inputOf: (times: PollTimes) => Promise<ExchangeInput>,
    path: string,
    progress: Omit<SendOptions, 'signal'> = {},
  ) {
    this.#connection = connection;
    this.#plan = plan;
    this.#inputOf = inputOf;
    this.#path = path;
    this.#progress = progress;
  }

  async read(times: PollTimes, signal: AbortSignal): Promise<Found> {
    const input = await this.#inputOf(times);
    const { body, summary } = await exchange(this.#plan, input, this.#connection, {
      ...this.#progress,
      signal,
    });
    // "No content" is an empty list, said with a status.
    const records = summary.statusCode === 204 ? [] : recordsIn(body, this.#path);
    return { records, pause: pollPause(summary.headers, Date.parse(times.now)) };
  }
}

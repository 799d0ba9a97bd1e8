import type { Connection } from '../connection/connection';
import { exchange, type ExchangeInput, type ExchangePlan } from '../exchange/exchange';
import { recordsIn } from './changes';

/** What the templates of a poll's request read. Times are ISO texts. */
export interface PollTimes {
  now: string;
  /** When the last successful poll began; '' before the first. */
  lastPoll: string;
}

/** Where records come from. */
export interface Source {
  /** All records of one poll, in the order of the answer. @throws Failure */
  read(times: PollTimes, signal: AbortSignal): Promise<readonly unknown[]>;
}

/** Records from one request: its answer has the whole list. */
export class HttpSource implements Source {
  readonly #connection: Connection;
  readonly #plan: ExchangePlan;
  readonly #inputOf: (times: PollTimes) => Promise<ExchangeInput>;
  readonly #path: string;

  /** @param path where the list is in the answer, '' for the answer itself */
  constructor(
    connection: Connection,
    plan: ExchangePlan,
    inputOf: (times: PollTimes) => Promise<ExchangeInput>,
    path: string,
  ) {
    this.#connection = connection;
    this.#plan = plan;
    this.#inputOf = inputOf;
    this.#path = path;
  }

  async read(times: PollTimes, signal: AbortSignal): Promise<readonly unknown[]> {
    const input = await this.#inputOf(times);
    const { body, summary } = await exchange(this.#plan, input, this.#connection, { signal });
    // "No content" is an empty list, said with a status.
    return summary.statusCode === 204 ? [] : recordsIn(body, this.#path);
  }
}

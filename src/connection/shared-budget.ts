import { Conflict, type Store } from '../state/store';
import { sleep } from './deadline';
import type { OnWait } from './limits';

export interface SharedBudgetOptions {
  /** @throws Failure STATE */
  store: () => Promise<Pick<Store, 'get' | 'commit'>>;
  /** What the budget is for: the same for every process that shares it. */
  name: string;
  /** Most requests that start within any `interval` (milliseconds), over all processes. */
  requests: number;
  interval: number;
  /** Milliseconds since 1970. Clocks of the processes that differ by some time make the limit inexact by that time. */
  now: () => number;
  /** Is told in a sentence, once, when the store is away: until it is back, each process keeps to the limit alone. */
  warn: (sentence: string) => void;
}

/** What is stored: when the last requests started, oldest first, and until when the server wants to be left alone. */
interface Budget {
  starts: number[];
  pausedUntil: number;
}

const scope = 'budgets';

/** Milliseconds between two tries of processes that are in each other's way, at most. */
const mostJitter = 20;

/** Another look at a wait that another process may have shortened or made longer, in milliseconds. */
const lookAgain = 1000;

/** The rate of one connection over several processes: a window that slides, kept in the store by compare-and-set. */
export class SharedBudget {
  readonly #options: SharedBudgetOptions;
  #last: Promise<void> = Promise.resolve();
  #away = false;

  constructor(options: SharedBudgetOptions) {
    this.#options = options;
  }

  /** Resolves when a request may start; first come, first served within this process. @throws the signal's reason */
  async take(signal: AbortSignal, onWait?: OnWait): Promise<void> {
    const before = this.#last;
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    this.#last = before.then(() => over);
    try {
      await before;
      for (let wait = await this.#reserve(); wait > 0; wait = await this.#reserve()) {
        signal.throwIfAborted();
        if (wait > mostJitter) onWait?.(this.#options.now() + wait, 'rate');
        await sleep(Math.min(wait, lookAgain), signal);
      }
    } finally {
      end();
    }
  }

  /** Holds back the requests of every process. */
  async pause(milliseconds: number): Promise<void> {
    const until = this.#options.now() + milliseconds;
    for (let tries = 0; tries < 5; tries++) {
      const stored = await this.#read();
      if (!stored || stored.budget.pausedUntil >= until) return;
      if (await this.#write({ ...stored.budget, pausedUntil: until }, stored.version)) return;
    }
  }

  /** @returns 0 when the start is reserved, else milliseconds until another try makes sense */
  async #reserve(): Promise<number> {
    const { requests, interval, now } = this.#options;
    const stored = await this.#read();
    if (!stored) return 0;
    const time = now();
    const { pausedUntil } = stored.budget;
    if (pausedUntil > time) return pausedUntil - time;
    const starts = stored.budget.starts.filter((start) => start > time - interval).slice(-requests);
    if (starts.length >= requests) return Math.max(1, starts[0]! + interval - time);
    const written = await this.#write({ starts: [...starts, time], pausedUntil: 0 }, stored.version);
    return written ? 0 : 1 + Math.random() * (mostJitter - 1);
  }

  /** undefined while the store is away. */
  async #read(): Promise<{ budget: Budget; version: number } | undefined> {
    try {
      const stored = await (await this.#options.store()).get(scope, this.#options.name);
      this.#away = false;
      return stored
        ? { budget: stored.value as Budget, version: stored.version }
        : { budget: { starts: [], pausedUntil: 0 }, version: 0 };
    } catch {
      this.#isAway();
      return undefined;
    }
  }

  /** @returns false when another process was first */
  async #write(value: Budget, expect: number): Promise<boolean> {
    try {
      const store = await this.#options.store();
      await store.commit([{ kind: 'put', scope, name: this.#options.name, value, expect }]);
      return true;
    } catch (error) {
      if (error instanceof Conflict) return false;
      this.#isAway();
      return true;
    }
  }

  #isAway(): void {
    if (!this.#away) {
      this.#options.warn(
        'the state cannot be reached: the rate limit holds in each instance alone until then',
      );
    }
    this.#away = true;
  }
}

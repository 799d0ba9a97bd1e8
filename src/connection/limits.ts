import { Failure } from '../exchange/failure';
import { longestTimer } from './deadline';

/** Times in milliseconds; 0 for no limit. */
export interface LimitOptions {
  /** Most requests that start within any `interval`. */
  requests: number;
  interval: number;
  /** Most requests under way at once. */
  concurrency: number;
  /** A longer pause of the server than this fails at once instead of being waited for. */
  maxWait: number;
}

/** Told when a request has to wait, and until about when (milliseconds since the epoch). */
export type OnWait = (until: number, reason: 'rate' | 'concurrency' | 'server') => void;

interface Waiting {
  start: () => void;
  fail: (error: Failure) => void;
  onWait?: OnWait;
}

/**
 * The limits that every request of a connection shares: how many start in a time, how many run at once, and what the
 * server asked for. First come, first served. The window slides: in no stretch of `interval`, wherever it begins, more
 * than `requests` start, which a counter that is reset at fixed times cannot promise (docs/decisions/0005-limits.md).
 */
export class Limits {
  readonly #options: LimitOptions;
  readonly #now: () => number;
  /** Start times of the last `requests` requests, oldest first. */
  readonly #starts: number[] = [];
  readonly #waiting = new Set<Waiting>();
  #running = 0;
  #pausedUntil = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: LimitOptions, now: () => number = Date.now) {
    this.#options = options;
    this.#now = now;
  }

  /**
   * Resolves when a request may start; it must call the returned function when it has ended.
   *
   * @throws the signal's reason, or Failure RATE_LIMITED when the server asked for a longer pause than is waited for
   */
  async acquire(signal: AbortSignal, onWait?: OnWait): Promise<() => void> {
    if (this.#waiting.size > 0 || this.#holdOff() !== 0) await this.#queue(signal, onWait);
    else this.#begin();
    let ended = false;
    return () => {
      if (ended) return;
      ended = true;
      this.#running--;
      this.#admit();
    };
  }

  /** Holds every request back for a time, because the server said so. */
  pause(milliseconds: number): void {
    if (milliseconds <= 0) return;
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#now() + milliseconds);
    this.#admit();
  }

  #queue(signal: AbortSignal, onWait: OnWait | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        this.#waiting.delete(entry);
        signal.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal.reason as Error);
        this.#admit();
      };
      const entry: Waiting = {
        onWait,
        start: () => {
          leave();
          this.#begin();
          resolve();
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      if (signal.aborted) return reject(signal.reason as Error);
      signal.addEventListener('abort', onAbort);
      this.#waiting.add(entry);
      this.#admit();
    });
  }

  /** Starts whoever may start, and wakes up again when the next one may. */
  #admit(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const entry of this.#waiting) {
      const wait = this.#holdOff();
      if (wait === 0) {
        entry.start();
        continue;
      }
      const paused = this.#pausedUntil - this.#now();
      if (this.#options.maxWait > 0 && paused > this.#options.maxWait) {
        entry.fail(
          new Failure(
            'RATE_LIMITED',
            `the server asks to wait ${Math.ceil(paused / 1000)} s, which is longer than is waited for`,
          ),
        );
        continue;
      }
      if (wait === Infinity) {
        entry.onWait?.(0, 'concurrency');
        continue;
      }
      entry.onWait?.(this.#now() + wait, paused > 0 ? 'server' : 'rate');
      this.#timer ??= setTimeout(() => this.#admit(), Math.min(Math.ceil(wait), longestTimer));
    }
  }

  /** Milliseconds until a request may start; 0 for now, Infinity for when another ends. */
  #holdOff(): number {
    const { requests, interval, concurrency } = this.#options;
    const now = this.#now();
    if (this.#pausedUntil > now) return this.#pausedUntil - now;
    if (concurrency > 0 && this.#running >= concurrency) return Infinity;
    if (requests <= 0 || this.#starts.length < requests) return 0;
    return Math.max(0, this.#starts[0]! + interval - now);
  }

  #begin(): void {
    this.#running++;
    const { requests } = this.#options;
    if (requests <= 0) return;
    this.#starts.push(this.#now());
    if (this.#starts.length > requests) this.#starts.shift();
  }
}

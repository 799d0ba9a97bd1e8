import { Failure } from '../exchange/failure';
import { longestTimer, type Clock } from './clock';
import type { Poller, PollReport } from './poller';
import { backOff, dueAfter, firstDelay, type Rhythm } from './schedule';
import { pollPause } from './source';

export interface PollLoopOptions {
  poller: Pick<Poller, 'resume' | 'poll'>;
  rhythm: Rhythm;
  clock: Clock;
  /** A poll begins. */
  onPoll: () => void;
  onReport: (report: PollReport) => void;
  /** What was left pending has been emitted. */
  onResumed: (fired: number) => void;
  /** A poll failed; the next one is tried by itself, later and later. */
  onFailure: (error: unknown) => void;
}

/**
 * Polls again and again, one at a time, until it is closed. What fails is tried again after a pause that grows, and the
 * first success brings the rhythm back.
 */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Ends a poll that is on its way, and resolves when nothing is going on any more. */
  async close(reason: Error): Promise<void> {
    this.#closing.abort(reason);
    await this.#running;
  }

  async #run(): Promise<void> {
    const { rhythm, onFailure } = this.#options;
    let step = () => this.#resume();
    let delay = 0;
    let failures = 0;
    while (await this.#rest(delay)) {
      try {
        delay = await step();
        step = () => this.#poll();
        failures = 0;
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        try {
          onFailure(error);
        } catch {
          // It tells others, and what one of them does with it must not end the polling.
        }
        delay = Math.max(backOff(rhythm.interval, ++failures), this.#pauseAfter(error));
      }
    }
  }

  /** @returns milliseconds until the first poll */
  async #resume(): Promise<number> {
    const { poller, rhythm, clock, onResumed } = this.#options;
    const { fired, lastPoll } = await poller.resume(this.#closing.signal);
    if (fired > 0) onResumed(fired);
    return firstDelay(lastPoll, clock.now(), rhythm);
  }

  /** @returns milliseconds until the next one */
  async #poll(): Promise<number> {
    const { poller, rhythm, clock, onPoll, onReport } = this.#options;
    const began = clock.now();
    onPoll();
    const report = await poller.poll(this.#closing.signal);
    onReport(report);
    const now = clock.now();
    return dueAfter({ began, ended: now + report.pause }, rhythm) - now;
  }

  /** What the server said of the next poll when it refused this one, in milliseconds. */
  #pauseAfter(error: unknown): number {
    const headers = error instanceof Failure ? error.response?.headers : undefined;
    return headers ? pollPause(headers, this.#options.clock.now()) : 0;
  }

  /** Waits. @returns false when it was closed meanwhile */
  async #rest(milliseconds: number): Promise<boolean> {
    const { signal } = this.#closing;
    for (let left = milliseconds; left >= 0 && !signal.aborted; left -= longestTimer) {
      await this.#timer(Math.min(left, longestTimer));
    }
    return !signal.aborted;
  }

  #timer(milliseconds: number): Promise<void> {
    const { signal } = this.#closing;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = this.#options.clock.after(milliseconds, end);
      signal.addEventListener('abort', end);
    });
  }
}

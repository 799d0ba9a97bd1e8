import { longestTimer, type Clock } from './clock';
import type { Poller, PollReport } from './poller';
import { backOff, dueAfter, firstDelay, type Rhythm } from './schedule';

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
        delay = backOff(rhythm.interval, ++failures);
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
    onReport(await poller.poll(this.#closing.signal));
    const ended = clock.now();
    return dueAfter({ began, ended }, rhythm) - ended;
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

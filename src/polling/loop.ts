import { Failure } from '../exchange/failure';
import { longestTimer, type Clock } from './clock';
import type { PauseSwitch } from './control';
import type { PollLease } from './lease';
import type { Poller, PollReport } from './poller';
import type { Schedule } from './schedule';
import { pollPause } from './source';

export interface PollLoopOptions {
  poller: Pick<Poller, 'resume' | 'poll'>;
  schedule: Schedule;
  clock: Clock;
  /** The longest that a server can put the next poll off, in milliseconds; default a day. */
  longestPause?: number;
  /** Keeps a pause over restarts; without it, a pause ends with the process. */
  pauseSwitch?: Pick<PauseSwitch, 'isPaused' | 'set'>;
  /** Where several processes share the store: only the holder polls. */
  lease?: Pick<PollLease, 'acquire' | 'lookAgain' | 'release'>;
  /** A poll begins. */
  onPoll: () => void;
  onReport: (report: PollReport) => void;
  /** What was left behind has been emitted. */
  onResumed: (fired: number) => void;
  /** A poll failed; the next one is tried by itself, later and later. */
  onFailure: (error: unknown) => void;
  /** When the next poll is due, milliseconds since 1970; or why none is. */
  onNext?: (next: number | 'paused' | 'elsewhere') => void;
}

const longestPause = 24 * 60 * 60 * 1000;

/** What is to be done between two polls. */
interface Command {
  work: () => Promise<void>;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/**
 * Polls again and again, one at a time, until it is closed. What fails is tried again after a pause that grows, and the
 * first success brings the rhythm back.
 */
export class PollLoop {
  readonly #options: PollLoopOptions;
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  /** When there is something to do, milliseconds since 1970. */
  #due = 0;
  #failures = 0;
  /** Whether what was left behind has been looked for, and the due time is that of a poll. */
  #isReady = false;
  #paused: boolean | undefined;
  /** A poll is asked for, beside the due ones. */
  #asked = false;
  #commands: Command[] = [];
  #poll: AbortController | undefined;
  /** The next wait is over: something is to be done first. */
  #woken = false;
  #endTimer = () => {};

  constructor(options: PollLoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  /** Polls as soon as possible, also while it is paused. While a poll is going on, one more follows, however often asked. */
  pollNow(): void {
    this.#asked = true;
    this.#wake();
  }

  /** No poll is due until `resume`; one that is going on comes to its end. @throws Failure STATE: then it ends with the process */
  async pause(): Promise<void> {
    this.#paused = true;
    this.#wake();
    await this.#options.pauseSwitch?.set(true);
  }

  /** @throws Failure STATE: then it is paused again after a restart */
  async resume(): Promise<void> {
    this.#paused = false;
    this.#isReady = false;
    this.#due = 0;
    this.#wake();
    await this.#options.pauseSwitch?.set(false);
  }

  /**
   * Does something to what is known while no poll is going on; then the next poll is due at once.
   *
   * @param abort ends a poll that is going on, instead of waiting for it
   */
  perform(work: () => Promise<void>, abort = false): Promise<void> {
    const done = new Promise<void>((resolve, reject) => this.#commands.push({ work, resolve, reject }));
    if (!this.#running || this.#closing.signal.aborted) void this.#obey();
    if (abort) this.#poll?.abort(new Failure('ABORTED', 'what is known is to be changed'));
    this.#wake();
    return done;
  }

  /** Ends a poll that is on its way, and resolves when nothing is going on any more. */
  async close(reason: Error): Promise<void> {
    this.#closing.abort(reason);
    await this.#running;
    await this.#options.lease?.release().catch(() => {
      // it runs out by itself
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (await this.#rest()) {
      if (await this.#obey()) continue;
      try {
        await this.#step();
        this.#failures = 0;
      } catch (error) {
        if (signal.aborted) return;
        if (this.#poll?.signal.aborted) continue;
        this.#failed(error);
      } finally {
        this.#poll = undefined;
      }
    }
  }

  /** One thing at a time: who polls, what was left behind, a poll. */
  async #step(): Promise<void> {
    const { lease, pauseSwitch, poller, onResumed, clock, schedule } = this.#options;
    const asked = this.#asked;
    this.#asked = false;
    if (lease && !(await lease.acquire())) {
      this.#isReady = false;
      this.#due = clock.now() + lease.lookAgain;
      return this.#tell('elsewhere');
    }
    // where there are several processes, another may have been told
    if (lease) this.#paused = undefined;
    this.#paused ??= (await pauseSwitch?.isPaused()) ?? false;
    if (this.#paused && !asked) {
      // the lease is looked after also while nothing is polled
      this.#due = lease ? clock.now() + lease.lookAgain : Number.POSITIVE_INFINITY;
      return this.#tell('paused');
    }
    this.#poll = new AbortController();
    const ended = AbortSignal.any([this.#closing.signal, this.#poll.signal]);
    if (!this.#isReady) {
      const { fired, lastPoll } = await poller.resume(ended);
      if (fired > 0) onResumed(fired);
      this.#isReady = true;
      this.#asked ||= asked;
      this.#next(clock.now() + schedule.firstDelay(lastPoll, clock.now()));
    } else {
      await this.#pollOnce(ended);
    }
  }

  async #pollOnce(signal: AbortSignal): Promise<void> {
    const { poller, schedule, clock, onPoll, onReport } = this.#options;
    const began = clock.now();
    onPoll();
    const report = await poller.poll(signal);
    this.#next(schedule.next({ began, ended: clock.now() + this.#bounded(report.pause) }));
    onReport(report);
  }

  #failed(error: unknown): void {
    const { schedule, clock, onFailure } = this.#options;
    const now = clock.now();
    this.#next(now + Math.max(schedule.backOff(++this.#failures, now), this.#pauseAfter(error)));
    try {
      onFailure(error);
    } catch {
      // It tells others, and what one of them does with it must not end the polling.
    }
  }

  /** Does what waits to be done. @returns whether there was anything */
  async #obey(): Promise<boolean> {
    const commands = this.#commands.splice(0);
    for (const { work, resolve, reject } of commands) await work().then(resolve, reject);
    if (commands.length > 0) {
      this.#isReady = false;
      this.#due = 0;
    }
    return commands.length > 0;
  }

  #next(due: number): void {
    this.#due = due;
    this.#tell(this.#paused ? 'paused' : due);
  }

  #tell(next: number | 'paused' | 'elsewhere'): void {
    try {
      this.#options.onNext?.(next);
    } catch {
      // as with a failure
    }
  }

  /** What the server said of the next poll when it refused this one, in milliseconds. */
  #pauseAfter(error: unknown): number {
    const headers = error instanceof Failure ? error.response?.headers : undefined;
    return headers ? this.#bounded(pollPause(headers, this.#options.clock.now())) : 0;
  }

  #bounded(pause: number): number {
    return Math.min(pause, this.#options.longestPause ?? longestPause);
  }

  #wake(): void {
    this.#woken = true;
    this.#endTimer();
  }

  /** Waits until something is to be done. @returns false when it was closed meanwhile */
  async #rest(): Promise<boolean> {
    const { signal } = this.#closing;
    // taken once: a clock that is set back meanwhile must not make the wait longer
    let left = this.#due - this.#options.clock.now();
    do {
      if (this.#woken || this.#asked || signal.aborted) break;
      await this.#timer(Math.max(0, Math.min(left, longestTimer)));
      left -= longestTimer;
    } while (left > 0);
    this.#woken = false;
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
      this.#endTimer = end;
      signal.addEventListener('abort', end);
    });
  }
}

import type { InboxEvent } from './event';

/** An event that is to be handed over for the `attempt`-th time. */
export interface Handing extends InboxEvent {
  attempt: number;
}

/**
 * Hands an event to the flow. What it returns at once means that it is over with; a promise ends when the flow is done
 * with the event, and rejects when it failed.
 */
export type Deliver<E extends Handing = Handing> = (event: E) => void | Promise<void>;

export interface DispatcherOptions<E extends Handing> {
  /** Events in the flow at once. */
  concurrency: number;
  deliver: Deliver<E>;
  /** An event has left the flow, with an error or without. */
  settled: (event: E, failed?: { error: unknown }) => void;
  /** Nothing waits any more: there is room for more. */
  drained: () => void;
}

/** After so many milliseconds others have a turn: the server that takes deliveries, the rest of the flow. */
const turn = 5;

/** Hands events over in their order, so many at once, in a later turn of the event loop: answers leave first. */
export class Dispatcher<E extends Handing = Handing> {
  readonly #options: DispatcherOptions<E>;
  #waiting: E[] = [];
  /** The first of `waiting` that still waits. */
  #next = 0;
  #underWay = 0;
  #bytes = 0;
  #scheduled = false;
  #stopped = true;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: DispatcherOptions<E>) {
    this.#options = options;
  }

  /** Events that wait, and their bytes, those in the flow included. */
  get load(): { count: number; bytes: number } {
    return { count: this.#waiting.length - this.#next + this.#underWay, bytes: this.#bytes };
  }

  get isEmpty(): boolean {
    return this.#next === this.#waiting.length;
  }

  /** @param patience milliseconds that it can wait for `go`: for a time when the process has nothing to do */
  add(event: E, patience = 0): void {
    this.#waiting.push(event);
    this.#bytes += event.size;
    if (patience === 0) this.#schedule();
    else this.#timer ??= setTimeout(() => this.go(), patience);
  }

  /** Now is the time for what was added with patience. */
  go(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.isEmpty) this.#schedule();
  }

  start(): void {
    this.#stopped = false;
    this.#schedule();
  }

  pause(): void {
    this.#stopped = true;
  }

  /** Hands over all that waits, at once. */
  drain(): void {
    while (!this.isEmpty) this.#hand(this.#waiting[this.#next++]!);
  }

  /** @returns what waited and was not handed over */
  stop(): E[] {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const left = this.#waiting.slice(this.#next);
    for (const { size } of left) this.#bytes -= size;
    this.#waiting = [];
    this.#next = 0;
    return left;
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  #turn(): void {
    const until = performance.now() + turn;
    while (!this.#stopped && !this.isEmpty && this.#underWay < this.#options.concurrency) {
      const event = this.#waiting[this.#next++]!;
      this.#hand(event);
      if (performance.now() >= until) break;
    }
    if (this.isEmpty) {
      this.#waiting = [];
      this.#next = 0;
      if (!this.#stopped) this.#options.drained();
    } else if (this.#underWay < this.#options.concurrency) this.#schedule();
    if (this.#next > 1000) {
      this.#waiting = this.#waiting.slice(this.#next);
      this.#next = 0;
    }
  }

  #hand(event: E): void {
    this.#underWay++;
    let ending: void | Promise<void>;
    try {
      ending = this.#options.deliver(event);
    } catch (error) {
      this.#ended(event, { error });
      return;
    }
    if (ending === undefined) this.#ended(event);
    else {
      ending.then(
        () => this.#ended(event),
        (error: unknown) => this.#ended(event, { error }),
      );
    }
  }

  #ended(event: E, failed?: { error: unknown }): void {
    this.#underWay--;
    this.#bytes -= event.size;
    this.#options.settled(event, failed);
    if (!this.isEmpty) this.#schedule();
  }
}

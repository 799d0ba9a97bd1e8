import { Failure } from '../../exchange/failure';
import { Known, type Store } from '../../state/store';
import { Dispatcher, type Deliver, type Handing } from './dispatcher';
import { Begun } from './begun';
import { Entry, unpackEntry } from './entry';
import { pack, type InboxEvent } from './event';
import type { RepeatId } from './gathering';
import type { EventInbox, InboxLimits } from './event-inbox';
import { deadScope, durableConsumer } from './queue';
import { reasonOf, redeliveryDelay, type RedeliveryPolicy } from './redelivery';

export interface MemoryInboxOptions {
  scope: string;
  /** Asked for the ids of repeats and for dead letters, which are durable here too. */
  store: () => Promise<Store>;
  limits: InboxLimits;
  concurrency: number;
  /** No other process shares the store: what a durable inbox had claimed was this one's. */
  isAlone: boolean;
  deliver: Deliver;
  redelivery: RedeliveryPolicy;
  onDead: (event: InboxEvent, error: unknown) => void;
  onFailure: (error: unknown) => void;
}

const page = 100;
/** Milliseconds. */
const visibility = 60_000;

/** Events that wait in memory alone: for senders that send again, or events that may be lost in a crash. */
export class MemoryInbox implements EventInbox {
  readonly #options: MemoryInboxOptions;
  readonly #dispatcher: Dispatcher;
  readonly #timers = new Set<NodeJS.Timeout>();
  /** Events that wait for another hand-over. */
  #later = { count: 0, bytes: 0 };
  #closed = false;

  constructor(options: MemoryInboxOptions) {
    this.#options = options;
    this.#dispatcher = new Dispatcher({
      concurrency: options.concurrency,
      deliver: (event) => options.deliver(event),
      settled: (event, failed) => failed && this.#failed(event, failed.error),
      drained: () => undefined,
    });
  }

  isFull(events: number, bytes: number): boolean {
    const { limits } = this.#options;
    const load = this.#dispatcher.load;
    return (
      load.count + this.#later.count + events > limits.count ||
      load.bytes + this.#later.bytes + bytes > limits.bytes
    );
  }

  /** Not `async`: without an id to keep, the events are on their way when this returns. */
  accept(events: readonly InboxEvent[], repeat?: RepeatId): Promise<boolean> {
    if (this.#closed) return Promise.reject(new Failure('STATE', 'the inbox is closed'));
    if (repeat) return this.#acceptOnce(events, repeat);
    this.#add(events);
    return Promise.resolve(true);
  }

  /** What a durable inbox left behind, before it was made one of memory, goes the same way as replayed dead letters. */
  start(): void {
    this.#dispatcher.start();
    this.look();
  }

  pause(): void {
    this.#dispatcher.pause();
  }

  look(): void {
    this.#takeOver().catch((error: unknown) => this.#options.onFailure(error));
  }

  close(drain = false): Promise<void> {
    if (drain) this.#dispatcher.drain();
    this.#closed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#dispatcher.stop();
    return Promise.resolve();
  }

  #add(events: readonly InboxEvent[]): void {
    for (const event of events) this.#dispatcher.add({ ...event, attempt: 1 });
  }

  async #takeOver(): Promise<void> {
    const { scope, isAlone } = this.#options;
    const store = await this.#options.store();
    const consumer = isAlone ? durableConsumer : 'memory';
    for (;;) {
      const items = await store.claim(scope, { consumer, limit: page, visibility, again: true });
      if (items.length === 0 || this.#closed) return;
      const begun = new Begun(scope);
      await begun.read(store);
      await store.commit(items.map(({ id }) => ({ kind: 'ack', scope, id })));
      for (const item of items) {
        for (const part of new Entry(item.id, unpackEntry(item), begun.places(item.id)).waiting)
          this.#dispatcher.add(part);
      }
    }
  }

  async #acceptOnce(events: readonly InboxEvent[], { id, expires }: RepeatId): Promise<boolean> {
    const { scope, store } = this.#options;
    try {
      await (await store()).commit([{ kind: 'add', scope, ids: [id], expires, fresh: true }]);
    } catch (error) {
      if (error instanceof Known) return false;
      throw error;
    }
    this.#add(events);
    return true;
  }

  #failed(event: Handing, error: unknown): void {
    if (this.#closed) return;
    const { redelivery } = this.#options;
    const delay = redeliveryDelay(redelivery, event.attempt - (event.replayed ?? 0));
    if (delay === undefined) {
      void this.#bury(event, error);
      return;
    }
    this.#later.count++;
    this.#later.bytes += event.size;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#later.count--;
      this.#later.bytes -= event.size;
      this.#dispatcher.add({ ...event, attempt: event.attempt + 1 });
    }, delay);
    this.#timers.add(timer);
  }

  /** Never rejects. */
  async #bury(event: Handing, error: unknown): Promise<void> {
    const { scope, store, onDead, onFailure } = this.#options;
    onDead(event, error);
    const dead = deadScope(scope);
    const value = {
      ...pack(event.message, event.attempt),
      dead: { time: new Date().toISOString(), reason: reasonOf(error) },
    };
    try {
      await (
        await store()
      ).commit([
        { kind: 'ack', scope: dead, id: event.id },
        { kind: 'push', scope: dead, id: event.id, value },
      ]);
    } catch (failure) {
      onFailure(failure);
    }
  }
}

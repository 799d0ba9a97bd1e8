/**
 * Where events wait for the flow, between the answer to their delivery and the end of what the flow does with them.
 *
 * An event is durable before `accept` resolves. In the usual case it then goes to the flow from memory, and the store only
 * hears that it came and that it is over: two writes, which it shares with those of others. What does not fit into memory,
 * what was left behind by a process that ended, and what other processes took is read from the store, a page at a time, in
 * the order in which it came.
 */
import type { PollLease } from '../../polling/lease';
import { Failure } from '../../exchange/failure';
import { Known, type Change, type Item, type Store } from '../../state/store';
import { Dispatcher, type Deliver, type Handing } from './dispatcher';
import { pack, unpack, type InboxEvent, type StoredEvent } from './event';
import { reasonOf, redeliveryDelay, type RedeliveryPolicy } from './redelivery';
import { Settlements, type Settlement } from './settlements';

export interface InboxLimits {
  /** Most events that wait, and their bytes. */
  count: number;
  bytes: number;
}

export interface InboxOptions {
  /** Of this inbox alone. */
  scope: string;
  store: () => Promise<Store>;
  /** Where several processes share the store: only the holder delivers. */
  lease?: Pick<PollLease, 'acquire' | 'check' | 'guard' | 'release' | 'lookAgain'>;
  limits: InboxLimits;
  concurrency: number;
  deliver: Deliver;
  redelivery: RedeliveryPolicy;
  /** An event was given up. */
  onDead: (event: InboxEvent, error: unknown) => void;
  /** The store failed outside of `accept`; it is tried again. */
  onFailure: (error: unknown) => void;
}

/** An id by which a repeat is known, and until when, milliseconds since 1970. */
export interface RepeatId {
  id: string;
  expires: number;
}

/** What a node needs of an inbox, durable or not. */
export interface EventInbox {
  /** Whether so many more bytes are too many. Cheap. */
  isFull(events: number, bytes: number): boolean;
  /** @returns false for a repeat, of which nothing was kept. @throws Failure STATE when the events could not be kept */
  accept(events: readonly InboxEvent[], repeat?: RepeatId): Promise<boolean>;
  /** Begins to deliver, or goes on after a pause. */
  start(): void;
  /** Hands nothing over. */
  pause(): void;
  /** Somebody else put an event into the queue. */
  look(): void;
  /** What is not over stays for the next start. @param drain what is in memory is handed over before */
  close(drain?: boolean): Promise<void>;
}

/** Events in memory at once. What comes beyond is read again from the store. */
const inMemory = { count: 5000, bytes: 16 * 1024 * 1024 };
const page = { count: 200, bytes: 8 * 1024 * 1024 };
/** Milliseconds: an event that this process claimed and forgot about would be due again after that. */
const visibility = 10 * 60_000;
/** All processes are one consumer: whoever delivers goes on with what the one before him had claimed. */
const consumer = 'inbox';
/** Milliseconds between two looks for what other processes took, for what is due later, and after a fault. */
const looks = { shared: 200, later: 1000, fault: 1000 };

export class Inbox implements EventInbox {
  readonly #options: InboxOptions;
  readonly #dispatcher: Dispatcher;
  readonly #settlements: Settlements;
  /** Events that are in memory, in the flow, or whose end is not written yet. */
  readonly #held = new Map<string, Handing>();
  /** Events that came to their end while a page is read: they may be in it all the same. */
  readonly #ended = new Set<string>();
  /** Events that were accepted while a page is read: they come behind it, unless they are in it. */
  #tail = new Map<string, Handing>();
  /** Whether there may be events in the store that come before a new one and are not in memory. */
  #behind = true;
  /** Whether there are such events younger than those of the tail. */
  #missed = false;
  #stored = { count: 0, bytes: 0 };
  /** Of commits that are under way. */
  #coming = { count: 0, bytes: 0 };
  #isFirst = true;
  #reading = false;
  #timer: NodeJS.Timeout | undefined;
  #lookAt = Infinity;
  #begun = false;
  #closed = false;
  #work: Promise<void> = Promise.resolve();

  constructor(options: InboxOptions) {
    this.#options = options;
    const { concurrency, deliver, store, scope, lease, onFailure } = options;
    this.#dispatcher = new Dispatcher({
      concurrency,
      deliver: (event) => deliver(event),
      settled: (event, failed) => this.#settled(event, failed),
      drained: () => this.#read(),
    });
    this.#settlements = new Settlements({
      store,
      scope,
      // one's own event is no other's to deliver, whoever holds the lease
      guard: (event) => (event.ownFor ? [] : (lease?.guard() ?? [])),
      written: (settlement) => this.#over(settlement),
      onFailure,
    });
  }

  isFull(events: number, bytes: number): boolean {
    const { limits } = this.#options;
    return (
      this.#stored.count + this.#coming.count + events > limits.count ||
      this.#stored.bytes + this.#coming.bytes + bytes > limits.bytes
    );
  }

  async accept(events: readonly InboxEvent[], repeat?: RepeatId): Promise<boolean> {
    if (this.#closed) throw new Failure('STATE', 'the inbox is closed');
    const { scope } = this.#options;
    const store = await this.#options.store();
    const held = this.#mayHold(events);
    const changes: Change[] = [];
    if (repeat) {
      changes.push({ kind: 'add', scope, ids: [repeat.id], expires: repeat.expires, fresh: true });
    }
    let bytes = 0;
    for (const { id, message, size, ownFor } of events) {
      bytes += size;
      const delay = this.#options.lease && ownFor;
      const value = pack(message, held ? 1 : 0);
      changes.push(delay ? { kind: 'push', scope, id, value, delay } : { kind: 'push', scope, id, value });
    }
    if (!held) this.#skipped();
    this.#coming.count += events.length;
    this.#coming.bytes += bytes;
    this.#settlements.flush();
    try {
      await store.commit(changes);
    } catch (error) {
      if (error instanceof Known) return false;
      // it may have been written all the same
      this.#skipped();
      throw error;
    } finally {
      this.#coming.count -= events.length;
      this.#coming.bytes -= bytes;
    }
    this.#stored.count += events.length;
    this.#stored.bytes += bytes;
    if (held) for (const event of events) this.#hold({ ...event, attempt: 1 });
    else this.#read();
    return true;
  }

  start(): void {
    this.#begun = true;
    this.#dispatcher.start();
    this.#read();
  }

  pause(): void {
    this.#dispatcher.pause();
  }

  look(): void {
    this.#lookAfter(0);
  }

  async close(drain = false): Promise<void> {
    if (drain) this.#dispatcher.drain();
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#dispatcher.stop();
    await this.#work;
    clearTimeout(this.#timer);
    await this.#settlements.close();
    await this.#options.lease?.release().catch(() => undefined);
  }

  /** Whether new events can go to the flow from memory: nothing that is older may be left in the store. */
  #mayHold(events: readonly InboxEvent[]): boolean {
    if (this.#closed || !this.#begun) return false;
    if (this.#options.lease) return events.every(({ ownFor }) => ownFor);
    if (this.#behind && (!this.#reading || this.#missed)) return false;
    const { count, bytes } = this.#dispatcher.load;
    return count + this.#tail.size + events.length <= inMemory.count && bytes <= inMemory.bytes;
  }

  #hold(event: Handing): void {
    this.#held.set(event.id, event);
    if (this.#behind && !this.#options.lease) this.#tail.set(event.id, event);
    else this.#dispatcher.add(event);
  }

  /** New events are in the store alone. */
  #skipped(): void {
    this.#behind = true;
    this.#missed = true;
  }

  /** Reads a page, when there is something to read and nothing before it. Never rejects. */
  #read(): void {
    if (this.#reading || this.#closed || !this.#begun || !this.#behind || !this.#dispatcher.isEmpty) return;
    this.#reading = true;
    this.#work = this.#readPage().then(
      (wait) => {
        this.#reading = false;
        if (wait !== undefined) this.#lookAfter(wait);
        else if (this.#behind) this.#read();
      },
      (error: unknown) => {
        this.#reading = false;
        this.#options.onFailure(error);
        this.#lookAfter(looks.fault);
      },
    );
  }

  /** @returns milliseconds until there is to be looked again; undefined for no need of it, or at once */
  async #readPage(): Promise<number | undefined> {
    const { scope, lease } = this.#options;
    const store = await this.#options.store();
    if (lease && !(await lease.acquire())) {
      this.#forget();
      return lease.lookAgain;
    }
    const size = await store.size(scope);
    this.#stored = { ...size };
    const limit = pageOf(size) + this.#held.size;
    this.#missed = false;
    this.#ended.clear();
    const items = await store.claim(scope, { consumer, limit, visibility, again: this.#isFirst });
    if (lease) await lease.check();
    this.#isFirst = false;
    if (this.#closed) return undefined;
    for (const item of items) this.#claimed(item);
    if (items.length === limit) return undefined;
    for (const event of this.#tail.values()) this.#dispatcher.add(event);
    this.#tail = new Map();
    this.#behind = this.#missed;
    if (lease && !this.#missed) return items.length > 0 ? 0 : looks.shared;
    return !this.#behind && this.#stored.count > this.#held.size ? looks.later : undefined;
  }

  #claimed({ id, value, attempt }: Item): void {
    const accepted = this.#tail.get(id);
    if (accepted) {
      this.#tail.delete(id);
      this.#dispatcher.add(accepted);
      return;
    }
    if (this.#held.has(id) || this.#ended.has(id)) return;
    const stored = value as StoredEvent;
    const event: Handing = {
      id,
      message: unpack(stored),
      size: sizeOf(value),
      attempt: stored.attempts + attempt,
      replayed: stored.replayed,
    };
    this.#held.set(id, event);
    this.#dispatcher.add(event);
  }

  /** Reads again after so many milliseconds, or sooner. */
  #lookAfter(wait: number): void {
    const at = performance.now() + wait;
    if (this.#closed || at >= this.#lookAt) return;
    clearTimeout(this.#timer);
    this.#lookAt = at;
    this.#timer = setTimeout(() => {
      this.#lookAt = Infinity;
      this.#behind = true;
      this.#read();
    }, wait);
    this.#timer.unref();
  }

  #settled(event: Handing, failed?: { error: unknown }): void {
    // what the flow had when the node was closed belongs to the next one
    if (this.#closed) return;
    if (!failed) {
      this.#settlements.add({ event, changes: [this.#ack(event)] });
      return;
    }
    const { scope, redelivery, onDead } = this.#options;
    const delay = redeliveryDelay(redelivery, event.attempt - (event.replayed ?? 0));
    const packed = pack(event.message, event.attempt, event.replayed);
    if (delay !== undefined) {
      const again: Change = { kind: 'push', scope, id: event.id, value: packed, delay };
      this.#settlements.add({ event, changes: [this.#ack(event), again], again: delay });
      return;
    }
    packed.dead = { time: new Date().toISOString(), reason: reasonOf(failed.error) };
    const dead = deadScope(scope);
    // of a letter that died before, the last death is kept
    this.#settlements.add({
      event,
      changes: [
        this.#ack(event),
        { kind: 'ack', scope: dead, id: event.id },
        { kind: 'push', scope: dead, id: event.id, value: packed },
      ],
    });
    onDead(event, failed.error);
  }

  #ack({ id }: Handing): Change {
    return { kind: 'ack', scope: this.#options.scope, id };
  }

  /** The end of an event is in the store. */
  #over({ event, again }: Settlement): void {
    this.#held.delete(event.id);
    if (this.#reading) this.#ended.add(event.id);
    if (again !== undefined) return this.#lookAfter(Math.min(again, looks.later));
    this.#stored.count = Math.max(0, this.#stored.count - 1);
    this.#stored.bytes = Math.max(0, this.#stored.bytes - event.size);
    if (this.#stored.count === 0) this.#stored.bytes = 0;
  }

  /** Another process delivers, but for those events that are this one's own. */
  #forget(): void {
    const left = this.#dispatcher.stop();
    for (const event of left) {
      if (event.ownFor) this.#dispatcher.add(event);
      else this.#held.delete(event.id);
    }
    this.#behind = true;
    this.#isFirst = true;
    this.#dispatcher.start();
  }
}

export function deadScope(scope: string): string {
  return `${scope}/dead`;
}

/** Removes all that an inbox and the node that it belongs to have in the store. @throws Failure STATE */
export async function forgetInbox(store: Store, scope: string): Promise<void> {
  await store.commit([
    { kind: 'clear', scope },
    { kind: 'clear', scope: deadScope(scope) },
    { kind: 'forget', scope },
    { kind: 'delete', scope, name: learnedSecret },
  ]);
}

/** The document with the secret that a sender brought in its handshake. */
export const learnedSecret = 'learned-secret';

function pageOf({ count, bytes }: { count: number; bytes: number }): number {
  if (count === 0) return page.count;
  return Math.max(1, Math.min(page.count, Math.floor(page.bytes / (bytes / count))));
}

function sizeOf(value: unknown): number {
  return JSON.stringify(value).length;
}

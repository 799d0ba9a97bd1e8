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
import { Conflict, Known, type Change, type Item, type Store } from '../../state/store';
import { Dispatcher, type Deliver } from './dispatcher';
import { Begun } from './begun';
import { entriesOf, Entry, packEntry, unpackEntry, type Part } from './entry';
import { pack, type InboxEvent } from './event';
import type { EventInbox, InboxLimits } from './event-inbox';
import { addsOf, Gathering, type Incoming, type RepeatId } from './gathering';
import { deadScope, durableConsumer } from './queue';
import { reasonOf, redeliveryDelay, type RedeliveryPolicy } from './redelivery';
import { Settlements } from './settlements';

export interface InboxOptions {
  /** Of this inbox alone. */
  scope: string;
  store: () => Promise<Store>;
  /** Where several processes share the store: only the holder delivers. */
  lease?: Pick<PollLease, 'acquire' | 'check' | 'guard' | 'release' | 'lookAgain'>;
  limits: InboxLimits;
  concurrency: number;
  deliver: Deliver;
  /**
   * Events that come at once are one item of the queue, which costs a third: for a `deliver` with which an event is over at
   * once. Of events that take their time, those that are over would be handed over again after a crash with those that
   * are not.
   */
  together?: boolean;
  redelivery: RedeliveryPolicy;
  /** An event was given up. */
  onDead: (event: InboxEvent, error: unknown) => void;
  /** The store failed outside of `accept`; it is tried again. */
  onFailure: (error: unknown) => void;
}

/** Events in memory at once. What comes beyond is read again from the store. */
const inMemory = { count: 5000, bytes: 16 * 1024 * 1024 };
const page = { count: 200, bytes: 8 * 1024 * 1024 };
/** Milliseconds: an event that this process claimed and forgot about would be due again after that. */
const visibility = 10 * 60_000;
/** Milliseconds that events of a busy inbox wait at most for the next wait for the disk, in which they cost nothing. */
const idleWait = 3;
/**
 * Milliseconds between two looks for what other processes took, for how much waits for another that delivers, for what is due
 * later, and after a fault.
 */
const looks = { shared: 200, others: 1000, later: 1000, fault: 1000 };

export class Inbox implements EventInbox {
  readonly #options: InboxOptions;
  readonly #dispatcher: Dispatcher<Part>;
  readonly #gathering: Gathering;
  readonly #settlements: Settlements;
  /** Entries that are in memory, in the flow, or whose end is not written yet. */
  readonly #held = new Map<string, Entry>();
  /** Entries that came to their end while a page is read: they may be in it all the same. */
  readonly #ended = new Set<string>();
  /** Entries that were accepted while a page is read: they come behind it, unless they are in it. */
  #tail = new Map<string, Entry>();
  readonly #begunBefore: Begun;
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
    this.#begunBefore = new Begun(scope);
    this.#dispatcher = new Dispatcher({
      concurrency,
      deliver: (part) => deliver(part),
      settled: (part, failed) => this.#settled(part, failed),
      drained: () => this.#read(),
    });
    this.#gathering = new Gathering((incoming) => this.#keep(incoming));
    this.#settlements = new Settlements({
      store,
      scope,
      // one's own event is no other's to deliver, whoever holds the lease
      guard: ({ ownFor }) => (ownFor ? [] : (lease?.guard() ?? [])),
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
    const count = events.length;
    let bytes = 0;
    for (const { size } of events) bytes += size;
    this.#coming.count += count;
    this.#coming.bytes += bytes;
    try {
      const kept = await this.#gathering.add({ events, repeat });
      if (kept) {
        this.#stored.count += count;
        this.#stored.bytes += bytes;
      }
      return kept;
    } finally {
      this.#coming.count -= count;
      this.#coming.bytes -= bytes;
    }
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
    await this.#gathering.idle();
    await this.#work;
    clearTimeout(this.#timer);
    await this.#settlements.close();
    await this.#noteBegun();
    await this.#options.lease?.release().catch(() => undefined);
  }

  /** Keeps what came in one commit. @throws Known, Failure STATE, and what cannot be made into JSON */
  async #keep(incoming: readonly Incoming[]): Promise<void> {
    const { scope, lease, together } = this.#options;
    const store = await this.#options.store();
    const changes = addsOf(scope, incoming);
    const entries = entriesOf(
      incoming.flatMap(({ events }) => events),
      together,
    );
    const held = this.#mayHold(entries);
    for (const made of entries) {
      const { id, parts, count, ownFor } = made;
      const value = packEntry(parts, held.has(made) ? 1 : 0);
      const delay = lease && ownFor ? ownFor : 0;
      changes.push({ kind: 'push', scope, id, value, delay, count });
    }
    if (held.size < entries.length) this.#skipped();
    this.#settlements.flush();
    try {
      const written = store.commit(changes);
      // what came before goes to the flow while the disk is waited for
      this.#dispatcher.go();
      await written;
    } catch (error) {
      // it may have been written all the same
      if (!(error instanceof Known)) this.#skipped();
      throw error;
    }
    const patience = incoming.length > 1 ? idleWait : 0;
    for (const made of held) this.#hold(made, patience);
    if (held.size < entries.length) this.#read();
  }

  /** Which of new entries can go to the flow from memory: nothing that is older may be left in the store. */
  #mayHold(entries: readonly Entry[]): Set<Entry> {
    if (this.#closed || !this.#begun) return new Set();
    if (this.#options.lease) return new Set(entries.filter(({ ownFor }) => ownFor));
    if (this.#behind && (!this.#reading || this.#missed)) return new Set();
    const { count, bytes } = this.#dispatcher.load;
    let more = 0;
    for (const { parts } of entries) more += parts.length;
    for (const { parts } of this.#tail.values()) more += parts.length;
    return new Set(count + more <= inMemory.count && bytes <= inMemory.bytes ? entries : []);
  }

  #hold(made: Entry, patience: number): void {
    this.#held.set(made.id, made);
    if (this.#behind && !this.#options.lease) this.#tail.set(made.id, made);
    else this.#dispatch(made, patience);
  }

  #dispatch(made: Entry, patience = 0): void {
    for (const part of made.parts) if (!part.isOver) this.#dispatcher.add(part, patience);
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
    const owns = !lease || (await lease.acquire());
    const size = await store.size(scope);
    this.#stored = { ...size };
    if (!owns) {
      this.#forget();
      return Math.min(lease.lookAgain, looks.others);
    }
    if (this.#isFirst) await this.#begunBefore.read(store);
    const limit = pageOf(size) + this.#held.size;
    this.#missed = false;
    this.#ended.clear();
    const items = await store.claim(scope, {
      consumer: durableConsumer,
      limit,
      visibility,
      again: this.#isFirst,
    });
    if (lease) await lease.check();
    this.#isFirst = false;
    if (this.#closed) return undefined;
    for (const item of items) this.#claimed(item);
    if (items.length === limit) return undefined;
    for (const accepted of this.#tail.values()) this.#dispatch(accepted);
    this.#tail = new Map();
    this.#behind = this.#missed;
    if (lease && !this.#missed) return items.length > 0 ? 0 : looks.shared;
    return !this.#behind && this.#stored.count > this.#heldEvents() ? looks.later : undefined;
  }

  #claimed(item: Item): void {
    const { id } = item;
    const accepted = this.#tail.get(id);
    if (accepted) {
      this.#tail.delete(id);
      this.#dispatch(accepted);
      return;
    }
    if (this.#held.has(id) || this.#ended.has(id)) return;
    const read = new Entry(id, unpackEntry(item), this.#begunBefore.places(id));
    this.#held.set(id, read);
    this.#dispatch(read);
  }

  #heldEvents(): number {
    let count = 0;
    for (const { parts } of this.#held.values()) count += parts.length;
    return count;
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

  #settled(part: Part, failed?: { error: unknown }): void {
    // what the flow had when the node was closed belongs to the next one
    if (this.#closed) return;
    const { entry: whole } = part;
    whole.end(part);
    if (failed) this.#failed(part, failed.error);
    if (!whole.isOver) return;
    const { scope } = this.#options;
    const changes: Change[] = [{ kind: 'ack', scope, id: whole.id }, ...whole.changes];
    changes.push(...this.#begunBefore.end(whole.id));
    this.#settlements.add({ entry: whole, changes });
  }

  #failed(part: Part, error: unknown): void {
    const { scope, redelivery, onDead } = this.#options;
    const { id, entry: whole, message, attempt, replayed = 0 } = part;
    const delay = redeliveryDelay(redelivery, attempt - replayed);
    const value = pack(message, attempt, replayed);
    if (delay !== undefined) {
      whole.changes.push({ kind: 'push', scope, id, value, delay });
      whole.again = Math.min(delay, whole.again ?? Infinity);
      whole.count--;
      whole.bytes -= part.size;
      return;
    }
    value.dead = { time: new Date().toISOString(), reason: reasonOf(error) };
    const dead = deadScope(scope);
    // of a letter that died before, the last death is kept
    whole.changes.push({ kind: 'ack', scope: dead, id }, { kind: 'push', scope: dead, id, value });
    onDead(part, error);
  }

  /** The end of an entry is in the store. */
  #over({ id, again, count, bytes }: Entry): void {
    this.#held.delete(id);
    if (this.#reading) this.#ended.add(id);
    if (again !== undefined) this.#lookAfter(Math.min(again, looks.later));
    this.#stored.count = Math.max(0, this.#stored.count - count);
    this.#stored.bytes = this.#stored.count === 0 ? 0 : Math.max(0, this.#stored.bytes - bytes);
  }

  /** The next run goes on in the middle of an entry. */
  async #noteBegun(): Promise<void> {
    const { lease, onFailure } = this.#options;
    const changes = this.#begunBefore.note(this.#held.values());
    if (changes.length === 0) return;
    try {
      await (await this.#options.store()).commit([...(lease?.guard() ?? []), ...changes]);
    } catch (error) {
      // another process delivers, and hands these over once more
      if (!(error instanceof Conflict)) onFailure(error);
    }
  }

  /** Another process delivers, but for those events that are this one's own. */
  #forget(): void {
    const left = this.#dispatcher.stop();
    for (const part of left) {
      if (part.ownFor) this.#dispatcher.add(part);
      else this.#held.delete(part.entry.id);
    }
    this.#behind = true;
    this.#isFirst = true;
    this.#dispatcher.start();
  }
}

function pageOf({ count, bytes }: { count: number; bytes: number }): number {
  if (count === 0) return page.count;
  return Math.max(1, Math.min(page.count, Math.floor(page.bytes / (bytes / count))));
}

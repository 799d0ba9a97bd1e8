import { randomUUID } from 'node:crypto';
import type { Change, Item } from '../../state/store';
import type { Handing } from './dispatcher';
import { pack, unpack, type InboxEvent, type StoredEvent } from './event';

/** Most events in one item of the queue, and their bytes. */
const most = { count: 64, bytes: 64 * 1024 };

/** An item of the queue as the store keeps it: an event, or several that came at once. */
export type StoredEntry = StoredEvent | { events: StoredEvent[] };

/** An event of an entry, on its way to the flow. */
export interface Part extends Handing {
  entry: Entry;
  isOver: boolean;
}

/** An item of the queue whose events are in memory, in the flow, or at an end that is not written yet. */
export class Entry {
  readonly id: string;
  readonly parts: Part[];
  /** What is written with the end of the entry, for events that failed. */
  readonly changes: Change[] = [];
  /** Milliseconds until the first of the events that failed is due again. */
  again: number | undefined;
  /** What goes with it: its events and their bytes, but for those that are handed over again. */
  count: number;
  bytes = 0;
  #left = 0;

  /** @param over places of events that came to their end in another run */
  constructor(
    id: string,
    events: readonly (InboxEvent & { attempt?: number })[],
    over: readonly number[] = [],
  ) {
    this.id = id;
    this.count = events.length;
    this.parts = events.map((event, index) => {
      const { message, size, attempt = 1, replayed, ownFor } = event;
      const isOver = over.includes(index);
      if (!isOver) this.#left++;
      this.bytes += size;
      return { id: event.id, message, size, attempt, replayed, ownFor, entry: this, isOver };
    });
  }

  get ownFor(): number | undefined {
    return this.parts[0]?.ownFor;
  }

  /** Those that are to be handed over. */
  get waiting(): Part[] {
    return this.parts.filter(({ isOver }) => !isOver);
  }

  get isOver(): boolean {
    return this.#left === 0;
  }

  end(part: Part): void {
    if (part.isOver) return;
    part.isOver = true;
    this.#left--;
  }

  /** Places of the events that are over while others are not; undefined when there are none. */
  get begun(): number[] | undefined {
    if (this.isOver || this.#left === this.parts.length) return undefined;
    return this.parts.flatMap(({ isOver }, index) => (isOver ? [index] : []));
  }
}

/** @param attempts hand-overs that the queue does not count */
export function packEntry(events: readonly InboxEvent[], attempts: number): StoredEntry {
  if (events.length === 1) return pack(events[0]!.message, attempts);
  return { events: events.map(({ message }) => pack(message, attempts)) };
}

/** @throws TypeError for what `packEntry` did not make */
export function unpackEntry({ value, attempt }: Pick<Item, 'value' | 'attempt'>): Handing[] {
  const stored = value as StoredEntry;
  return ('events' in stored ? stored.events : [stored]).map((event) => {
    const size = JSON.stringify(event).length;
    const message = unpack(event);
    return {
      id: message.event.id,
      message,
      size,
      attempt: event.attempts + attempt,
      replayed: event.replayed,
    };
  });
}

/**
 * New events as items of the queue, in their order. One that is this process's own is an item by itself.
 *
 * @param together several in an item
 */
export function entriesOf(events: readonly InboxEvent[], together = false): Entry[] {
  const entries: Entry[] = [];
  let [from, bytes] = [0, 0];
  for (const [index, { id, size, ownFor }] of events.entries()) {
    const next = events[index + 1];
    bytes += size;
    const isFull = index + 1 - from >= most.count || bytes + (next?.size ?? 0) > most.bytes;
    if (together && !ownFor && next && !next.ownFor && !isFull) continue;
    entries.push(new Entry(together ? randomUUID() : id, events.slice(from, index + 1)));
    [from, bytes] = [index + 1, 0];
  }
  return entries;
}

/**
 * What waits to leave, in the store: events in chunks, oldest first, and how far they have left. At each turn some of them
 * leave: `begin` is durable before the first message, `end` after the last. A turn that was begun and not ended is found at
 * the next start and leaves again, with the same events and a greater attempt.
 */
import type { Change, Store } from '../state/store';
import { digest } from './keys';
import type { Turn, WaitingEvent } from './events';

/** The document. */
export interface Outbox {
  /** Numbers of the first and of the last chunk. */
  first: number;
  last: number;
  /** How many events of the first chunk have left. */
  offset: number;
  /** How many events wait, those of the turn included. */
  waiting: number;
  turn?: Turn;
}

const documentName = 'out';
const chunkName = (number: number): string => `out/${number}`;

/** Events in a chunk: so many are in memory at once when a backlog leaves. */
const chunkSize = 500;

/** A document with the version that it was read at; version 0: there is none. */
export interface StoredOutbox {
  box: Outbox;
  version: number;
}

const empty: Outbox = { first: 1, last: 0, offset: 0, waiting: 0 };

export async function readOutbox(store: Store, scope: string): Promise<StoredOutbox> {
  const found = await store.get(scope, documentName);
  return found ? { box: found.value as Outbox, version: found.version } : { box: empty, version: 0 };
}

/** What a commit has to write, and what the outbox is then. */
export interface OutboxStep {
  box: Outbox;
  changes: Change[];
}

/** Puts events at the end. @returns with the new chunks, so that they need not be read again */
export function enqueue(
  scope: string,
  box: Outbox,
  events: readonly WaitingEvent[],
): OutboxStep & { chunks: Map<number, WaitingEvent[]> } {
  const chunks = new Map<number, WaitingEvent[]>();
  let { last } = box;
  for (let at = 0; at < events.length; at += chunkSize) chunks.set(++last, events.slice(at, at + chunkSize));
  return {
    box: { ...box, last, waiting: box.waiting + events.length },
    changes: Array.from(chunks, ([number, value]) => ({
      kind: 'put',
      scope,
      name: chunkName(number),
      value,
    })),
    chunks,
  };
}

/** Begins a turn of at most so many events; nothing when none waits. @param seed makes its id one of its own */
export function begin(box: Outbox, atMost: number, seed: readonly string[]): Outbox {
  const count = Math.min(box.waiting, atMost);
  if (count === 0) return box;
  return { ...box, turn: { id: digest(...seed, String(box.first), String(box.offset)), count, attempt: 1 } };
}

export function put(scope: string, box: Outbox, version: number): Change {
  return { kind: 'put', scope, name: documentName, value: box, expect: version };
}

/** The events of the turn, one by one; a chunk at a time is in memory. @throws Failure STATE */
export async function* turnEvents(
  store: Store,
  scope: string,
  box: Outbox,
  chunks: ReadonlyMap<number, WaitingEvent[]> = new Map(),
): AsyncGenerator<WaitingEvent[], { first: number; offset: number }> {
  let left = box.turn?.count ?? 0;
  let { first, offset } = box;
  while (left > 0) {
    const chunk =
      chunks.get(first) ?? ((await store.get(scope, chunkName(first)))?.value as WaitingEvent[] | undefined);
    const part = (chunk ?? []).slice(offset, offset + left);
    if (part.length > 0) yield part;
    left -= part.length;
    offset += part.length;
    if (offset >= (chunk?.length ?? 0)) [first, offset] = [first + 1, 0];
    // a chunk that is not there (a store of before, restored): what can leave has left
    if (first > box.last) break;
  }
  return { first, offset };
}

/** The end of a turn: what has left is removed. */
export function end(scope: string, stored: StoredOutbox, to: { first: number; offset: number }): OutboxStep {
  const { box, version } = stored;
  const changes: Change[] = [];
  for (let number = box.first; number < to.first; number++) {
    changes.push({ kind: 'delete', scope, name: chunkName(number) });
  }
  const waiting = to.first > box.last ? 0 : Math.max(0, box.waiting - (box.turn?.count ?? 0));
  if (waiting === 0)
    return { box: empty, changes: [...changes, ...removal(scope, { ...box, first: to.first }, version)] };
  const rest: Outbox = { first: to.first, last: box.last, offset: to.offset, waiting };
  return { box: rest, changes: [...changes, put(scope, rest, version)] };
}

/** Removes the outbox with everything in it. */
export function removal(scope: string, box: Outbox, version?: number): Change[] {
  const changes: Change[] = [{ kind: 'delete', scope, name: documentName, expect: version }];
  for (let number = box.first; number <= box.last; number++) {
    changes.push({ kind: 'delete', scope, name: chunkName(number) });
  }
  return changes;
}

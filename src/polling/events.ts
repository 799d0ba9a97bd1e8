/** What leaves a poller: events, one by one or in lists. Pure. */
import type { ChangeKind, RecordChange } from './changes';
import { digest } from './keys';

/** `msg.event` of a polled record, or of a list of them. */
export interface PollEvent {
  /** The same for the same change of the same source, at every attempt and after every restart. */
  id: string;
  name: string;
  type: 'poll';
  /** When the poll that found it began, ISO; of a list, its first record's. */
  time: string;
  /** 1; greater when it was pending at a crash or a stop, and is emitted again. */
  attempt: number;
  /** Not where every record fires, and not of a list. */
  change?: ChangeKind;
  /** Not of a list. */
  key?: string;
}

/** One thing to emit. */
export interface Emission {
  /** A record, or a list of records. A deleted record is null: `event.key` says which. */
  payload: unknown;
  event: PollEvent;
  /** Of a list: the event of each of its records. */
  events?: PollEvent[];
  /** Its place among what leaves at once, from 0. The id is another one at each attempt. */
  batch: { id: string; index: number; count: number };
}

/** A message for each record, for each so many of them, or for all that leave at once. */
export type Output = { shape: 'record' } | { shape: 'batches'; size: number } | { shape: 'poll' };

/** An event as it waits in the store. */
export interface WaitingEvent {
  id: string;
  key: string;
  change?: ChangeKind;
  record: unknown;
  name: string;
  time: string;
}

/** What is the same for all events of a poll. */
export interface Occasion {
  owner: string;
  fingerprint: string;
  /** Number of the batch: it tells two changes apart that are alike (a value that goes there and back and there again). */
  sequence: number;
  name: string;
  time: string;
}

/**
 * The events of changes. A new record's id comes from its key alone: found again after a reset, it is the same event.
 */
export function eventsOf(
  changes: readonly RecordChange[],
  occasion: Occasion,
  bySequence: boolean,
): WaitingEvent[] {
  const { owner, fingerprint, sequence, name, time } = occasion;
  return changes.map(({ key, record, change, version }, index) => {
    const base = [owner, fingerprint, key];
    const id =
      change === undefined
        ? digest(...base, 'every', time, String(index))
        : version === '' && !bySequence
          ? digest(...base)
          : digest(...base, change, version, String(sequence));
    return { id, key, ...(change ? { change } : {}), record, name, time };
  });
}

/** What leaves at once. */
export interface Turn {
  id: string;
  /** How many events, from the first that waits. */
  count: number;
  attempt: number;
}

/** How many messages a turn makes. */
export function messagesOf(count: number, output: Output): number {
  return Math.ceil(count / sizeOf(output, count));
}

function sizeOf(output: Output, count: number): number {
  if (output.shape === 'record') return 1;
  return output.shape === 'poll' ? Math.max(1, count) : Math.max(1, Math.floor(output.size));
}

/** Makes messages of events that come one after the other. */
export class Messages {
  readonly #turn: Turn;
  readonly #output: Output;
  readonly #size: number;
  readonly #batch: { id: string; count: number };
  #index = 0;
  #seen = 0;
  #list: WaitingEvent[] = [];

  constructor(turn: Turn, output: Output) {
    this.#turn = turn;
    this.#output = output;
    this.#size = sizeOf(output, turn.count);
    const id = turn.attempt === 1 ? turn.id : `${turn.id}-${turn.attempt}`;
    this.#batch = { id, count: messagesOf(turn.count, output) };
  }

  /** @returns a message when the event completes one */
  add(event: WaitingEvent): Emission | undefined {
    this.#seen++;
    if (this.#output.shape === 'record') {
      return { payload: event.record, event: this.#event(event), batch: this.#place() };
    }
    this.#list.push(event);
    if (this.#list.length < this.#size && this.#seen < this.#turn.count) return undefined;
    const list = this.#list;
    this.#list = [];
    const { name, time } = list[0]!;
    const id = digest('list', ...list.map((one) => one.id));
    return {
      payload: list.map(({ record }) => record),
      event: { id, name, type: 'poll', time, attempt: this.#turn.attempt },
      events: list.map((one) => this.#event(one)),
      batch: this.#place(),
    };
  }

  #event({ id, name, time, change, key }: WaitingEvent): PollEvent {
    const { attempt } = this.#turn;
    return { id, name, type: 'poll', time, attempt, ...(change ? { change } : {}), key };
  }

  #place() {
    const { id, count } = this.#batch;
    return { id, index: this.#index++, count };
  }
}

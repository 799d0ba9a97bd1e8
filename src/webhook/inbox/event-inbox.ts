import type { InboxEvent } from './event';
import type { RepeatId } from './gathering';

export interface InboxLimits {
  /** Most events that wait, and their bytes. */
  count: number;
  bytes: number;
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

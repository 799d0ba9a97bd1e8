/** What a poller is told, and what it tells of a poll. */
import type { Store } from '../state/store';
import type { Clock } from './clock';
import type { Emission, Output } from './events';
import type { JudgeOptions } from './judge';
import type { BadRecords } from './keys';
import type { Fence } from './lease';
import type { OnChange } from './situation';
import type { Source } from './source';

export interface PollerOptions extends JudgeOptions {
  /** Whose state it is: the node's id. */
  owner: string;
  /** Name of the events. */
  name: string;
  /** Stands for the settings that say which records these are; the key and what fires need not be in it. */
  fingerprint: string;
  /** What happens when these settings are others than at the last poll; default `baseline`. */
  onChange?: OnChange;
  source: Source;
  /** At most so many records leave at each poll, the oldest first; the others wait for the next. Default: no limit. */
  perPoll?: number;
  /** Default: a message for each record. */
  output?: Output;
  /** Milliseconds for which a record that has gone from the answers stays known; default 30 days. */
  forgetAfter?: number;
  /** Milliseconds that all requests of a poll may take; default 10 minutes. */
  timeLimit?: number;
  /** Where several processes share the store. */
  fence?: Fence;
  /** Gives the store, which is opened on first use. @throws Failure STATE */
  store: () => Promise<Store>;
  clock: Pick<Clock, 'now'>;
  /** Takes one emission; does not throw. */
  emit: (emission: Emission) => void;
}

/** What a poll did. */
export interface PollReport {
  /** How many records the answer had; 0 when it was not read because it is the one of last time. */
  found: number;
  unchanged: boolean;
  /** How many records were emitted, those of a turn that was left behind included. */
  fired: number;
  /** How many wait for the next polls. */
  waiting: number;
  /** What was there is now known, by the first run's rule. `changed`: because the settings are others. */
  baseline: 'none' | 'first' | 'changed';
  /** Records without a key, or for which the condition fails: they were left out. */
  bad: BadRecords | undefined;
  /** Records whose value of the cursor's field cannot be used: they fire, and do not move the cursor. */
  cursorless: BadRecords | undefined;
  requests: number;
  /** False when a cap on pages, records or time cut the answer. */
  complete: boolean;
  /** The greatest value of the cursor's field, as the server wrote it; '' without one. */
  cursor: string;
  /** When the last poll that found something began, milliseconds since 1970. */
  lastFired: number | undefined;
  /** How long the server wants to be left alone now, in milliseconds. */
  pause: number;
}

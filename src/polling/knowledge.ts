/**
 * What a poller knows: its checkpoint and the ids of records, in the store; and in memory the keys of the last poll, so that
 * only others have to be looked up.
 *
 * Ids of records that are still there are kept for a year or more, renewed each quarter: a flow that was off for a while
 * must not take everything for new. Ids of records that have gone from the answers expire sooner.
 */
import type { Change, Entry, Store } from '../state/store';
import type { Known, Watch } from './changes';
import type { CursorValue } from './cursor';
import type { BadRecords } from './keys';
import type { Validators } from './validators';

/** The document of a poller. */
export interface Checkpoint {
  /** Of the settings that say which records these are. */
  fingerprint: string;
  /** Of the rule that makes the keys, and of the one that says what fires. */
  key: string;
  watch: string;
  /** When the last successful poll began, milliseconds since 1970. */
  lastPoll: number;
  /** Number of the last batch. */
  sequence: number;
  /** Until when the ids are kept, milliseconds since 1970. */
  expiry: number;
  /** The greatest value seen. */
  cursor?: CursorValue;
  /** What requests ask from: the cursor, or the one of the poll before while several pages may have been drifting. */
  from?: CursorValue;
  /** Records before it do not fire: where a first run, or a rewind, began. */
  since?: CursorValue;
  validators?: Validators;
  /** When the last poll that found something began, milliseconds since 1970. */
  lastFired?: number;
}

export const checkpointName = 'known';

/** Where the state of an owner is kept. */
export function scopeOf(owner: string): string {
  return `polling/${owner}`;
}

const day = 24 * 60 * 60 * 1000;
const quarter = 91 * day;

/** Milliseconds. */
const renewEvery = 60 * 60 * 1000;

/** Most keys of a last poll that are held in memory. */
const mostHeld = 100_000;

/** The expiry of ids that are seen now: the same for a whole quarter, so that writing it again changes nothing. */
export function expiryAt(now: number, forgetAfter: number): number {
  return (Math.floor(now / quarter) + 5) * quarter + forgetAfter;
}

/** What was wrong with records. */
export interface Complaints {
  bad: BadRecords | undefined;
  cursorless: BadRecords | undefined;
}

export const noComplaints: Complaints = { bad: undefined, cursorless: undefined };

/** What is held between two polls. Thrown away when the checkpoint is not the one that it belongs to. */
export class Memory {
  /** Version of the checkpoint in the store. */
  version: number;
  /** The newest checkpoint; it can be ahead of the store by polls that found nothing. */
  checkpoint: Checkpoint;
  /** When the checkpoint was stored, milliseconds since 1970. */
  storedAt: number;
  /** Keys and values of the last poll; undefined when they are not known, or too many. */
  last: ReadonlyMap<string, string> | undefined;
  /**
   * Ids that were not in the poll before, as all are after a start: their expiry is written some time. Those that have
   * gone: with the next commit.
   */
  renewed = new Map<string, string>();
  gone = new Map<string, string>();
  /** When expiries were last renewed, milliseconds since 1970. */
  renewedAt: number;
  /** Missing in the last poll, which was of several pages; with their values. */
  suspects: ReadonlyMap<string, string> = new Map();
  /** Of the last answer that was read: the same answer has the same. */
  complaints: Complaints = noComplaints;

  constructor(version: number, checkpoint: Checkpoint, storedAt: number) {
    this.version = version;
    this.checkpoint = checkpoint;
    this.storedAt = storedAt;
    this.renewedAt = storedAt;
  }

  /** Whether it is time to write the expiries: not at the first poll after a start, where nothing should wait for it. */
  renewalIsDue(now: number): boolean {
    return this.renewed.size > 0 && Math.abs(now - this.renewedAt) >= renewEvery;
  }

  /** Takes over what a poll has read. @param whole nothing was cut off */
  saw(
    entries: readonly Entry[],
    { renewed, suspects, held }: KnownRecords,
    watch: Watch,
    whole: boolean,
  ): void {
    let now = new Map(entries);
    if (watch.keeps === 'list') {
      this.suspects = suspects;
      // what is missing and yet not deleted is to be missed again
      if (whole) for (const [key, value] of suspects) now.set(key, value);
      else if (this.last) now = new Map([...this.last, ...now]);
    } else if (watch.keeps === 'ids') {
      for (const [key, value] of renewed) this.renewed.set(key, value);
      if (this.last && held < this.last.size) {
        for (const [key, value] of this.last) if (!now.has(key)) this.gone.set(key, value);
      }
      for (const key of this.gone.keys()) if (now.has(key)) this.gone.delete(key);
      for (const key of this.renewed.keys()) if (this.gone.has(key)) this.renewed.delete(key);
    }
    const isCut = watch.keeps === 'list' && !whole && !this.last;
    this.last = !isCut && (watch.keeps === 'list' || now.size <= mostHeld) ? now : undefined;
  }
}

/** The records that are known, for one poll. */
export class KnownRecords implements Known {
  readonly #store: Store;
  readonly #scope: string;
  readonly #memory: Memory | undefined;
  readonly #anew: boolean;
  readonly #several: boolean;
  /** Known, but not from the last poll: their expiry has to be renewed. */
  readonly renewed: Entry[] = [];
  /** How many are known from the last poll. */
  held = 0;
  /** Missing for the first time, in a poll of several pages. */
  readonly suspects = new Map<string, string>();

  /**
   * @param anew nothing counts as known
   * @param several the records come from several pages, which may have drifted: what is missing has to be so twice
   */
  constructor(
    store: Store,
    scope: string,
    { memory, anew, several }: { memory: Memory | undefined; anew: boolean; several: boolean },
  ) {
    this.#store = store;
    this.#scope = scope;
    this.#memory = memory;
    this.#anew = anew;
    this.#several = several;
  }

  async compare(entries: readonly Entry[]): Promise<{ unknown: Set<string>; changed: Set<string> }> {
    if (this.#anew) return { unknown: new Set(entries.map(([key]) => key)), changed: new Set() };
    const last = this.#memory?.last;
    const changed = new Set<string>();
    const others: Entry[] = [];
    for (const entry of entries) {
      const value = last?.get(entry[0]);
      if (value === undefined) others.push(entry);
      else if (value !== entry[1]) changed.add(entry[0]);
    }
    this.held = entries.length - others.length;
    if (others.length === 0) return { unknown: new Set(), changed };
    const found = await this.#store.compare(this.#scope, others);
    for (const key of found.changed) changed.add(key);
    for (const entry of others) if (!found.unknown.has(entry[0])) this.renewed.push(entry);
    return { unknown: found.unknown, changed };
  }

  async missing(keys: ReadonlySet<string>): Promise<string[]> {
    if (this.#anew) return [];
    const known = this.#memory?.last ?? (await this.#all());
    const gone = [...known.keys()].filter((key) => !keys.has(key));
    if (!this.#several) return gone;
    const isSure = (key: string): boolean => this.#memory?.suspects.has(key) ?? false;
    for (const key of gone) if (!isSure(key)) this.suspects.set(key, known.get(key)!);
    return gone.filter(isSure);
  }

  async #all(): Promise<Map<string, string>> {
    const all = new Map<string, string>();
    let after: string | undefined;
    do {
      const page = await this.#store.list(this.#scope, 10_000, after);
      for (const [key, value] of page.entries) all.set(key, value);
      after = page.next;
    } while (after !== undefined);
    return all;
  }
}

/** Changes that keep ids with their values, until `expires`; a list is kept for good. */
export function keeping(scope: string, watch: Watch, entries: readonly Entry[], expires: number): Change[] {
  if (entries.length === 0 || watch.keeps === 'nothing') return [];
  if (watch.keeps === 'list') return [{ kind: 'set', scope, entries, listed: true }];
  return entries.some(([, value]) => value !== '')
    ? [{ kind: 'set', scope, entries, expires }]
    : [{ kind: 'add', scope, ids: entries.map(([key]) => key), expires }];
}

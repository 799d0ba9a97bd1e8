import { Conflict, type Change, type Store } from '../../state/store';
import type { Entry } from './entry';

/** The end of the hand-overs of an entry, as it is written. */
export interface Settlement {
  entry: Entry;
  changes: Change[];
}

export interface SettlementsOptions {
  store: () => Promise<Store>;
  scope: string;
  /** Put before the changes of an entry. */
  guard: (entry: Entry) => Change[];
  written: (entry: Entry) => void;
  onFailure: (error: unknown) => void;
}

/** So many are written at once, at the latest after so many milliseconds. */
const group = 200;
const patience = 25;
/** Milliseconds after a fault of the store. */
const pause = 1000;

/**
 * Writes the ends of hand-overs, many in one commit. One that a crash prevents is not lost: its events are handed over
 * once more.
 */
export class Settlements {
  readonly #options: SettlementsOptions;
  #waiting: Settlement[] = [];
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<void> | undefined;
  #closed = false;

  constructor(options: SettlementsOptions) {
    this.#options = options;
  }

  add(settlement: Settlement): void {
    this.#waiting.push(settlement);
    if (this.#waiting.length >= group) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), patience);
  }

  /** Writes now, together with whatever else is written in this turn of the event loop. */
  flush(): void {
    if (this.#writing || this.#waiting.length === 0) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const settlements = this.#waiting;
    this.#waiting = [];
    this.#writing = this.#write(settlements).finally(() => {
      this.#writing = undefined;
      if (this.#waiting.length > 0 && !this.#closed) this.#timer ??= setTimeout(() => this.flush(), patience);
    });
  }

  /** Writes what waits; what cannot be written stays as it is in the store. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#writing;
    this.flush();
    await this.#writing;
    clearTimeout(this.#timer);
  }

  async #write(settlements: readonly Settlement[]): Promise<void> {
    const { store, guard, written, onFailure } = this.#options;
    try {
      await (await store()).commit(withGuards(settlements, guard));
    } catch (error) {
      // another process delivers, and hands these over once more
      if (!(error instanceof Conflict)) {
        onFailure(error);
        if (this.#closed) return;
        this.#waiting.unshift(...settlements);
        clearTimeout(this.#timer);
        this.#timer = setTimeout(() => this.flush(), pause);
        return;
      }
    }
    for (const { entry } of settlements) written(entry);
  }
}

/** The same guard is asked for once in a commit. */
function withGuards(settlements: readonly Settlement[], guard: SettlementsOptions['guard']): Change[] {
  const guards = settlements.map(({ entry }) => guard(entry)).find((changes) => changes.length > 0) ?? [];
  return [...guards, ...settlements.flatMap(({ changes }) => changes)];
}

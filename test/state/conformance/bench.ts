import type { Store } from '../../../src/state/store';

/** A place that keeps its content while stores on it are opened and closed. */
export interface Place {
  open: (now: () => number) => Promise<Store>;
  remove: () => Promise<void>;
}

/** A store on a new place for each test, and a clock that the test moves. */
export class Bench {
  store!: Store;
  /** Milliseconds since 1970. */
  time = 1_000_000;
  #place!: Place;
  #others: Store[] = [];

  async open(place: Place): Promise<void> {
    this.#place = place;
    this.store = await place.open(() => this.time);
  }

  async reopen(): Promise<void> {
    await this.store.close();
    this.store = await this.#place.open(() => this.time);
  }

  /** A second store on the same place, as another process has it. */
  async another(): Promise<Store> {
    const other = await this.#place.open(() => this.time);
    this.#others.push(other);
    return other;
  }

  async close(): Promise<void> {
    for (const store of [this.store, ...this.#others.splice(0)]) await store?.close();
    await this.#place?.remove();
  }
}

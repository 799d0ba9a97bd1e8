import type { Change, Store } from '../../state/store';
import type { Entry } from './entry';
import { begunName } from './queue';

/** Which events of entries were over when a node was closed in the middle of them: the next run goes on there. */
export class Begun {
  readonly #scope: string;
  #places: Record<string, number[]> = {};

  constructor(scope: string) {
    this.#scope = scope;
  }

  /** What the last run left. @throws Failure STATE */
  async read(store: Store): Promise<void> {
    const found = await store.get(this.#scope, begunName);
    this.#places = (found?.value ?? {}) as Record<string, number[]>;
  }

  /** Of the events that are over. */
  places(id: string): number[] | undefined {
    return Object.hasOwn(this.#places, id) ? this.#places[id] : undefined;
  }

  /** What is to be written with the end of an entry. */
  end(id: string): Change[] {
    if (!this.places(id)) return [];
    delete this.#places[id];
    return [this.#change(this.#places)];
  }

  /** What is to be written when the run ends. */
  note(entries: Iterable<Entry>): Change[] {
    const places = { ...this.#places };
    const changes: Change[] = [];
    for (const { id, begun, changes: failed } of entries) {
      if (!begun) continue;
      places[id] = begun;
      changes.push(...failed);
    }
    return Object.keys(places).length === 0 ? [] : [...changes, this.#change(places)];
  }

  #change(places: Record<string, number[]>): Change {
    const scope = this.#scope;
    return Object.keys(places).length === 0
      ? { kind: 'delete', scope, name: begunName }
      : { kind: 'put', scope, name: begunName, value: { ...places } };
  }
}

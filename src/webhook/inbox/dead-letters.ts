import { Known, type Item, type Store } from '../../state/store';
import type { DeliverySummary } from '../delivery';
import type { EventMessage } from '../receiver';
import { unpack, type StoredEvent } from './event';
import { deadScope } from './queue';

/** An event that was given up, as a list shows it. */
export interface DeadLetter {
  id: string;
  /** Its place in the list: what `after` takes. */
  position: number;
  name: string;
  /** When it was received, and when it was given up; ISO 8601. */
  received: string;
  died: string;
  attempts: number;
  reason: string;
  request: Pick<DeliverySummary, 'method' | 'path' | 'ip'>;
}

/** One page is read at a time: of the letters that are asked for and of those that are looked through. */
const page = 50;

/** The events of an inbox that were given up. They stay until somebody replays or deletes them. */
export class DeadLetters {
  readonly #store: Store;
  readonly #inbox: string;
  readonly #scope: string;

  /** @param scope the inbox's */
  constructor(store: Store, scope: string) {
    this.#store = store;
    this.#inbox = scope;
    this.#scope = deadScope(scope);
  }

  /** How many there are. @throws Failure STATE */
  async count(): Promise<number> {
    return (await this.#store.size(this.#scope)).count;
  }

  /** Oldest first. @param after `position` of the last that is known @throws Failure STATE */
  async list(after = 0, limit = page): Promise<DeadLetter[]> {
    const items = await this.#store.peek(this.#scope, Math.min(limit, page), after);
    return items.map(describe);
  }

  /** The whole message; undefined when there is none with that id. @throws Failure STATE */
  async show(id: string): Promise<{ letter: DeadLetter; message: EventMessage } | undefined> {
    const item = await this.#find(id);
    return item && { letter: describe(item), message: unpack(structuredClone(item.value) as StoredEvent) };
  }

  /**
   * Puts one back into the inbox, behind what waits there; its attempts go on counting.
   *
   * @returns whether there was one @throws Failure STATE
   */
  async replay(id: string): Promise<boolean> {
    const item = await this.#find(id);
    if (item) await this.#replay(item);
    return item !== undefined;
  }

  /** Puts all back that are there now, in their order. @returns how many @throws Failure STATE */
  async replayAll(): Promise<number> {
    return this.#each((item) => this.#replay(item));
  }

  /** @throws Failure STATE */
  async delete(id: string): Promise<void> {
    await this.#store.commit([{ kind: 'ack', scope: this.#scope, id }]);
  }

  /** @throws Failure STATE */
  async deleteAll(): Promise<void> {
    await this.#store.commit([{ kind: 'clear', scope: this.#scope }]);
  }

  async #replay({ id, value }: Item): Promise<void> {
    const { message, buffers, attempts } = value as StoredEvent;
    try {
      await this.#store.commit([
        { kind: 'ack', scope: this.#scope, id },
        {
          kind: 'push',
          scope: this.#inbox,
          id,
          value: { message, ...(buffers ? { buffers } : {}), attempts, replayed: attempts },
        },
      ]);
    } catch (error) {
      // it waits there already
      if (!(error instanceof Known)) throw error;
      await this.delete(id);
    }
  }

  async #find(id: string): Promise<Item | undefined> {
    let found: Item | undefined;
    await this.#each((item) => {
      if (item.id !== id) return true;
      found = item;
      return false;
    });
    return found;
  }

  /** Those that are there at the call. @returns how many were looked at */
  async #each(look: (item: Item) => boolean | Promise<void>): Promise<number> {
    let seen = 0;
    let left = await this.count();
    for (let after = 0; left > 0;) {
      const items = await this.#store.peek(this.#scope, Math.min(page, left), after);
      if (items.length === 0) break;
      for (const item of items) {
        seen++;
        if ((await look(item)) === false) return seen;
      }
      left -= items.length;
      after = items.at(-1)!.position;
    }
    return seen;
  }
}

function describe({ id, position, value }: Item): DeadLetter {
  const { message, attempts, dead } = value as StoredEvent;
  const { event, request } = message as EventMessage;
  return {
    id,
    position,
    name: event.name,
    received: event.time,
    died: dead?.time ?? '',
    attempts,
    reason: dead?.reason ?? '',
    request: { method: request.method, path: request.path, ip: request.ip },
  };
}

/** The way out: the turn that was begun leaves, message by message, and its end is stored. */
import type { Store } from '../state/store';
import { Messages, type Emission, type Output, type WaitingEvent } from './events';
import type { Fence } from './lease';
import { end, put, readOutbox, turnEvents, type Outbox, type StoredOutbox } from './outbox';

/** How many records leave before others get their turn. */
const recordsPerTurn = 100;

export interface DispatchOptions {
  scope: string;
  fence: Fence;
  output: Output;
  /** Takes one emission; does not throw. */
  emit: (emission: Emission) => void;
}

export class Dispatch {
  readonly #options: DispatchOptions;
  /** The turn that has left completely, while its end is not durable yet. */
  #left: { id: string; to: { first: number; offset: number } } | undefined;

  constructor(options: DispatchOptions) {
    this.#options = options;
  }

  /**
   * Sends what a crash or a stop left behind, as another attempt.
   *
   * @returns how many records left
   * @throws Failure STATE; nothing is lost, it can be called again
   */
  async leftBehind(store: Store, signal: AbortSignal): Promise<number> {
    const { scope, fence } = this.#options;
    const { box, version } = await readOutbox(store, scope);
    if (!box.turn) return 0;
    if (box.turn.id === this.#left?.id) {
      // It has left: only the commit that says so did not succeed.
      await this.#end(store, { box, version }, this.#left.to);
      return 0;
    }
    const again: Outbox = { ...box, turn: { ...box.turn, attempt: box.turn.attempt + 1 } };
    const written = await store.commit([...fence.guard(), put(scope, again, version)]);
    return this.send(store, { box: again, version: written }, signal);
  }

  /**
   * Sends the turn.
   *
   * @param chunks what need not be read from the store
   * @returns how many records left
   * @throws Failure STATE, or the reason of the signal: it is left behind then
   */
  async send(
    store: Store,
    stored: StoredOutbox,
    signal: AbortSignal,
    chunks?: ReadonlyMap<number, WaitingEvent[]>,
  ): Promise<number> {
    const { scope, fence, output, emit } = this.#options;
    const turn = stored.box.turn!;
    const messages = new Messages(turn, output);
    const parts = turnEvents(store, scope, stored.box, chunks);
    let count = 0;
    let part = await parts.next();
    for (; !part.done; part = await parts.next()) {
      for (const event of part.value) {
        if (count % recordsPerTurn === 0) {
          if (count > 0) await new Promise(setImmediate);
          // What would leave now would reach nodes that are being closed.
          signal.throwIfAborted();
        }
        count++;
        const message = messages.add(event);
        if (!message) continue;
        // Another may poll since this process was stopped for a while.
        const lost = fence.check();
        if (lost) await lost;
        emit(message);
      }
    }
    // Node-RED hands a message on in a turn of its own, and another node's commit may be about to be written: the end must
    // not be durable before the next nodes have what left.
    await new Promise(setImmediate);
    this.#left = { id: turn.id, to: part.value };
    await this.#end(store, stored, part.value);
    return count;
  }

  async #end(store: Store, stored: StoredOutbox, to: { first: number; offset: number }): Promise<void> {
    const { scope, fence } = this.#options;
    await store.commit([...fence.guard(), ...end(scope, stored, to).changes]);
    this.#left = undefined;
  }
}

import { setImmediate as turn } from 'node:timers/promises';
import { Failure } from '../../exchange/failure';
import { Known, type Change } from '../../state/store';
import type { InboxEvent } from './event';

/** An id by which a repeat is known, and until when, milliseconds since 1970. */
export interface RepeatId {
  id: string;
  expires: number;
}

/** Events that are kept together or not at all. */
export interface Incoming {
  events: readonly InboxEvent[];
  repeat?: RepeatId;
}

interface Waiting extends Incoming {
  resolve: (kept: boolean) => void;
  reject: (error: unknown) => void;
}

/** Most that is kept at once: the event loop waits while it is made into JSON. */
const group = { count: 500, bytes: 1024 * 1024 };

/** Milliseconds. */
const patience = 5;

/**
 * Gathers what comes while the store writes, to keep it at once: a delivery by itself costs twice what it costs among
 * others. Each hears what became of it alone.
 */
export class Gathering {
  /** Of the repeat ids, each is there once. */
  readonly #keep: (incoming: readonly Incoming[]) => Promise<void>;
  #waiting: Waiting[] = [];
  #work: Promise<void> | undefined;

  /** @param keep keeps all or none. It throws Known when there are repeats among them, or events that wait already */
  constructor(keep: (incoming: readonly Incoming[]) => Promise<void>) {
    this.#keep = keep;
  }

  /** @returns false for a repeat, of which nothing was kept. @throws what `keep` throws */
  add(incoming: Incoming): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const { events, repeat } = incoming;
      this.#waiting.push({ events, repeat, resolve, reject });
      this.#work ??= this.#run();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#work;
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      await this.#quiet();
      await this.#settle(this.#next());
    }
    this.#work = undefined;
  }

  /** Resolves after a turn of the event loop in which nothing came. */
  async #quiet(): Promise<void> {
    const until = performance.now() + patience;
    let before = 0;
    while (this.#waiting.length > before && performance.now() < until) {
      before = this.#waiting.length;
      await turn();
    }
  }

  /** A second delivery with the repeat id of one that is taken waits until it is known what became of that one. */
  #next(): Waiting[] {
    const taken: Waiting[] = [];
    const left: Waiting[] = [];
    const ids = new Set<string>();
    let [count, bytes] = [0, 0];
    for (const [index, waiting] of this.#waiting.entries()) {
      const { events, repeat } = waiting;
      count += events.length;
      for (const { size } of events) bytes += size;
      if (taken.length > 0 && (count > group.count || bytes > group.bytes)) {
        left.push(...this.#waiting.slice(index));
        break;
      }
      if (repeat && ids.has(repeat.id)) left.push(waiting);
      else taken.push(waiting);
      if (repeat) ids.add(repeat.id);
    }
    this.#waiting = left;
    return taken;
  }

  /** Never rejects. */
  async #settle(incoming: readonly Waiting[]): Promise<void> {
    if (incoming.length === 0) return;
    try {
      await this.#keep(incoming);
      for (const { resolve } of incoming) resolve(true);
    } catch (error) {
      const known = error instanceof Known ? incoming.filter((one) => isAmong(error.ids, one)) : [];
      if (known.length > 0) {
        for (const { resolve } of known) resolve(false);
        await this.#settle(incoming.filter((one) => !known.includes(one)));
      } else if (error instanceof Failure || incoming.length === 1) {
        for (const { reject } of incoming) reject(error);
      } else {
        // what cannot be made into JSON is nobody else's fault
        for (const one of incoming) await this.#settle([one]);
      }
    }
  }
}

function isAmong(ids: readonly string[], { events, repeat }: Incoming): boolean {
  return (repeat !== undefined && ids.includes(repeat.id)) || events.some(({ id }) => ids.includes(id));
}

/** All repeat ids in one change, so that all that are known are named at once. */
export function addsOf(scope: string, incoming: readonly Incoming[]): Change[] {
  const repeats = incoming.flatMap(({ repeat }) => repeat ?? []);
  if (repeats.length === 0) return [];
  const expires = Math.max(...repeats.map((repeat) => repeat.expires));
  return [{ kind: 'add', scope, ids: repeats.map(({ id }) => id), expires, fresh: true }];
}

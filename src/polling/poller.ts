/**
 * One poll, and what is known from the polls before it.
 *
 * The guarantee is *at least once*: what is to be emitted is durable before the first message leaves. Three commits
 * matter: (1) the batch, together with its ids, so that no record is known and yet neither emitted nor pending; (2) when
 * a batch is found that was left behind, its number of attempts; (3) the end of the batch. A crash before (1) loses
 * nothing, because the next poll finds the same records; a crash after it repeats that batch and nothing else, with the
 * same event ids.
 */
import type { Change, Store } from '../state/store';
import { digest, keyed, oldestFirst, type BadRecords, type KeyedRecord } from './changes';
import type { Clock } from './clock';
import type { Source } from './source';

/** `msg.event` of a polled record. */
export interface PollEvent {
  /** The same for the same record of the same source, at every attempt and after every restart. */
  id: string;
  name: string;
  type: 'poll';
  /** When the poll that found it began, ISO. */
  time: string;
  /** 1; greater when the batch was pending at a crash or a stop, and is emitted again. */
  attempt: number;
  change: 'created';
  key: string;
}

/** One thing to emit. */
export interface Emission {
  record: unknown;
  event: PollEvent;
  /** Its place in the batch, from 0. The batch's id is another one at each attempt. */
  batch: { id: string; index: number; count: number };
}

export interface PollerOptions {
  /** Whose state it is: the node's id. */
  owner: string;
  /** Name of the events. */
  name: string;
  /** Stands for the settings that say which records these are. Another one: what is known is of no use any more. */
  fingerprint: string;
  source: Source;
  /** Property paths of the key. */
  key: readonly string[];
  /** Gives the store, which is opened on first use. @throws Failure STATE */
  store: () => Promise<Store>;
  clock: Pick<Clock, 'now'>;
  /** Takes one emission; does not throw. */
  emit: (emission: Emission) => void;
}

/** What a poll did. */
export interface PollReport {
  /** How many records the answer had. */
  found: number;
  /** How many of them were emitted. */
  fired: number;
  /** What was there at the first poll is now known, and did not fire. `changed`: because the settings are others. */
  baseline: 'none' | 'first' | 'changed';
  bad: BadRecords | undefined;
  /** How long the server wants to be left alone now, in milliseconds. */
  pause: number;
}

/** The document of a poller: what it knows, beside the ids. */
interface Known {
  fingerprint: string;
  /** When the last successful poll began, milliseconds since 1970. */
  lastPoll: number;
}

/** The document of a batch that is on its way out. */
interface Pending {
  id: string;
  attempt: number;
  events: { id: string; key: string; record: unknown }[];
  name: string;
  time: string;
}

const knownName = 'known';
const pendingName = 'pending';

/** How many messages leave before others get their turn. */
const emissionsPerTurn = 100;

export class Poller {
  readonly #options: PollerOptions;
  readonly #scope: string;
  /** The batch that has left completely, while its end is not durable yet. */
  #left: string | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#scope = scopeOf(options.owner);
  }

  /**
   * Emits what a crash or a stop left pending.
   *
   * @returns when the last successful poll of this source began, in milliseconds; `undefined` before the first
   * @throws Failure STATE; nothing is lost, it can be called again
   */
  async resume(signal: AbortSignal): Promise<{ fired: number; lastPoll: number | undefined }> {
    const store = await this.#options.store();
    const fired = await this.#emitLeftBehind(store, signal);
    const known = await this.#known(store);
    const current = known?.value.fingerprint === this.#options.fingerprint;
    return { fired, lastPoll: current ? known.value.lastPoll : undefined };
  }

  /**
   * Asks the source once and emits what is new, oldest first.
   *
   * @param signal ends it: before the batch is durable nothing has happened, afterwards the batch stays pending
   * @throws Failure of the request, of the answer, or of the store; what is known stays as it was
   */
  async poll(signal: AbortSignal): Promise<PollReport> {
    const { source, key, fingerprint, clock } = this.#options;
    const store = await this.#options.store();
    const began = clock.now();
    const repeated = await this.#emitLeftBehind(store, signal);

    const known = await this.#known(store);
    const before = known?.value.fingerprint === fingerprint ? known.value : undefined;
    const found = await source.read(timesOf(began, before), signal);
    const { records, bad } = keyed(found.records, key);
    const ids = records.map((record) => record.key);
    const report = { found: found.records.length, fired: repeated, bad, pause: found.pause };
    const checkpoint: Change = {
      kind: 'put',
      scope: this.#scope,
      name: knownName,
      value: { fingerprint, lastPoll: began } satisfies Known,
      expect: known?.version ?? 0,
    };

    if (!before) {
      signal.throwIfAborted();
      await store.commit([
        checkpoint,
        { kind: 'forget', scope: this.#scope },
        { kind: 'add', scope: this.#scope, ids },
      ]);
      return { ...report, baseline: known ? 'changed' : 'first' };
    }

    const unknown = await store.unknown(this.#scope, ids);
    const created = oldestFirst(records.filter((record) => unknown.has(record.key)));
    signal.throwIfAborted();
    if (created.length === 0) {
      await store.commit([checkpoint]);
      return { ...report, baseline: 'none' };
    }
    const pending = this.#pending(created, began);
    const version = await store.commit([
      checkpoint,
      { kind: 'add', scope: this.#scope, ids: [...unknown] },
      { kind: 'put', scope: this.#scope, name: pendingName, value: pending, expect: 0 },
    ]);
    await this.#emit(store, pending, version, signal);
    return { ...report, fired: repeated + created.length, baseline: 'none' };
  }

  async #known(store: Store): Promise<{ value: Known; version: number } | undefined> {
    return (await store.get(this.#scope, knownName)) as { value: Known; version: number } | undefined;
  }

  async #emitLeftBehind(store: Store, signal: AbortSignal): Promise<number> {
    const found = await store.get(this.#scope, pendingName);
    if (!found) return 0;
    const pending = found.value as Pending;
    if (pending.id === this.#left) {
      // It has left: only the commit that says so did not succeed.
      await this.#end(store, found.version);
      return 0;
    }
    const again = { ...pending, attempt: pending.attempt + 1 };
    const version = await store.commit([
      { kind: 'put', scope: this.#scope, name: pendingName, value: again, expect: found.version },
    ]);
    await this.#emit(store, again, version, signal);
    return again.events.length;
  }

  async #emit(store: Store, pending: Pending, version: number, signal: AbortSignal): Promise<void> {
    const { events, attempt, name, time } = pending;
    const batch = attempt === 1 ? pending.id : `${pending.id}-${attempt}`;
    for (const [index, { id, key, record }] of events.entries()) {
      if (index % emissionsPerTurn === 0) {
        if (index > 0) await new Promise(setImmediate);
        // What would leave now would reach nodes that are being closed.
        signal.throwIfAborted();
      }
      this.#options.emit({
        record,
        event: { id, name, type: 'poll', time, attempt, change: 'created', key },
        batch: { id: batch, index, count: events.length },
      });
    }
    this.#left = pending.id;
    await this.#end(store, version);
  }

  async #end(store: Store, version: number): Promise<void> {
    await store.commit([{ kind: 'delete', scope: this.#scope, name: pendingName, expect: version }]);
    this.#left = undefined;
  }

  #pending(created: readonly KeyedRecord[], began: number): Pending {
    const { owner, fingerprint, name } = this.#options;
    const events = created.map(({ key, record }) => ({ id: digest(owner, fingerprint, key), key, record }));
    const time = new Date(began).toISOString();
    return { id: digest(owner, time, ...events.map(({ id }) => id)), attempt: 1, events, name, time };
  }
}

function timesOf(began: number, known: Known | undefined) {
  return {
    now: new Date(began).toISOString(),
    lastPoll: known ? new Date(known.lastPoll).toISOString() : '',
  };
}

function scopeOf(owner: string): string {
  return `polling/${owner}`;
}

/** Removes all that is known for an owner: its node is gone for good. @throws Failure STATE */
export async function forgetPolls(store: Store, owner: string): Promise<void> {
  const scope = scopeOf(owner);
  await store.commit([
    { kind: 'forget', scope },
    { kind: 'delete', scope, name: knownName },
    { kind: 'delete', scope, name: pendingName },
  ]);
}

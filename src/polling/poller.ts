/**
 * One poll, and what is known from the polls before it.
 *
 * The guarantee is *at least once*: what is to be emitted is durable before the first message leaves. Three commits
 * matter: (1) what was found, together with what makes it known and with the turn that leaves now, so that no record is
 * known and yet neither emitted nor waiting; (2) when a turn is found that was left behind, its number of attempts; (3) the
 * end of the turn. A crash before (1) loses nothing, because the next poll finds the same records; a crash after it
 * repeats that turn and nothing else, with the same event ids. A poll that found nothing new writes at most once a minute.
 */
import type { Change, Store } from '../state/store';
import { nextCheckpoint, rewound, startOf } from './checkpoint';
import { keepPolls, resetPolls } from './control';
import { cursorText } from './cursor';
import { Dispatch } from './dispatch';
import { eventsOf, type WaitingEvent } from './events';
import { judge } from './judge';
import {
  checkpointName,
  expiryAt,
  keeping,
  KnownRecords,
  Memory,
  noComplaints,
  scopeOf,
  type Checkpoint,
  type Complaints,
} from './knowledge';
import { unfenced, type Fence } from './lease';
import { begin, enqueue, put, readOutbox, type StoredOutbox } from './outbox';
import type { PollerOptions, PollReport } from './poller-options';
import { previewOf, type Preview } from './preview';
import { situationOf, type Situation } from './situation';
import type { Found } from './source';
import { within } from './time-limit';

export type { Emission, Output, PollEvent } from './events';
export type { PollerOptions, PollReport } from './poller-options';

/** Events that wait: beyond it the source is not asked until some have left. */
const mostWaiting = 100_000;

/** Milliseconds between two checkpoints of polls that found nothing. */
const checkpointEvery = 60_000;

const defaultForgetAfter = 30 * 24 * 60 * 60 * 1000;
const defaultTimeLimit = 10 * 60 * 1000;

/** What a poll has to write. */
interface Plan {
  checkpoint: Checkpoint;
  events: WaitingEvent[];
  changes: Change[];
  /** It has to be durable now; otherwise the checkpoint can wait. */
  isDue: boolean;
  complaints: Complaints;
  remember: (memory: Memory) => void;
}

export class Poller {
  readonly #options: PollerOptions;
  readonly #scope: string;
  readonly #fence: Fence;
  readonly #dispatch: Dispatch;
  #memory: Memory | undefined;

  constructor(options: PollerOptions) {
    this.#options = options;
    this.#scope = scopeOf(options.owner);
    this.#fence = options.fence ?? unfenced;
    this.#dispatch = new Dispatch({
      scope: this.#scope,
      fence: this.#fence,
      output: options.output ?? { shape: 'record' },
      emit: options.emit,
    });
  }

  /**
   * Emits what a crash or a stop left behind.
   *
   * @returns when the last successful poll of this source began, in milliseconds; `undefined` before the first
   * @throws Failure STATE; nothing is lost, it can be called again
   */
  async resume(signal: AbortSignal): Promise<{ fired: number; lastPoll: number | undefined }> {
    const store = await this.#options.store();
    const fired = await this.#dispatch.leftBehind(store, signal);
    const { kind, before } = await this.#recall(store);
    return { fired, lastPoll: kind === 'same' ? before?.lastPoll : undefined };
  }

  /**
   * Asks the source once and emits what is new, oldest first.
   *
   * @param signal ends it: before the batch is durable nothing has happened, afterwards it waits
   * @throws Failure of the request, of the answer, or of the store; what is known stays as it was
   */
  async poll(signal: AbortSignal): Promise<PollReport> {
    const { clock, watch } = this.#options;
    const store = await this.#options.store();
    const began = clock.now();
    const repeated = await this.#dispatch.leftBehind(store, signal);
    const situation = await this.#recall(store);
    const outbox = await readOutbox(store, this.#scope);
    const isFull = situation.before && outbox.box.waiting >= mostWaiting;
    const found = isFull ? nothingAsked : await this.#ask(situation, began, signal);
    const plan =
      situation.before && found.unchanged
        ? this.#unchanged(situation.before, found, began)
        : await this.#planOf(situation, found, began, store);
    signal.throwIfAborted();
    const turn = await this.#commit(store, plan, situation, outbox, began);
    const fired = turn ? await this.#dispatch.send(store, turn.stored, signal, turn.chunks) : 0;
    return {
      found: found.records.length,
      unchanged: found.unchanged,
      fired: repeated + fired,
      waiting: outbox.box.waiting + plan.events.length - fired,
      baseline: situation.kind === 'same' || watch.keeps === 'nothing' ? 'none' : situation.kind,
      ...plan.complaints,
      requests: found.requests,
      complete: found.complete,
      cursor: plan.checkpoint.cursor?.text ?? '',
      lastFired: plan.checkpoint.lastFired,
      pause: found.pause,
    };
  }

  /** Forgets everything, what waits included: the next poll is a first run. @throws Failure STATE */
  async reset(): Promise<void> {
    await resetPolls(await this.#options.store(), this.#scope);
  }

  /**
   * Goes back: the next request asks from there, and every record from there on fires again, with the ids that its events
   * had as new ones. Without a filter in the request the records before it come too, and stay silent.
   *
   * @param to a value of the cursor's field, or a date
   * @throws Failure CONFIG without a cursor, or for a value that cannot be one; STATE
   */
  async rewind(to: string | number | Date): Promise<void> {
    const since = startOf(to, this.#options.cursor);
    const store = await this.#options.store();
    const situation = await this.#recall(store, false);
    const now = this.#options.clock.now();
    const checkpoint = rewound(this.#options, situation, since, now, expiryAt(now, this.#forgetAfter));
    await store.commit([
      { kind: 'forget', scope: this.#scope },
      {
        kind: 'put',
        scope: this.#scope,
        name: checkpointName,
        value: checkpoint,
        expect: situation.version,
      },
    ]);
  }

  /** The settings are others, and what is known holds for them too. @throws Failure STATE */
  async keep(): Promise<void> {
    await keepPolls(await this.#options.store(), this.#scope, this.#options.fingerprint);
  }

  /** Asks the source, shows what would fire, and changes nothing. @throws Failure */
  async preview(signal: AbortSignal): Promise<Preview> {
    const store = await this.#options.store();
    const began = this.#options.clock.now();
    const situation = await this.#recall(store, false);
    const found = await this.#ask(situation, began, signal, false);
    const { judgement } = await this.#judge(situation, found, began, store, true);
    return previewOf(found, judgement, situation, this.#options);
  }

  /** What is known, and whether it is of any use with these settings. @throws Failure STATE; CONFIG when it has to be asked */
  async #recall(store: Store, mayAsk = true): Promise<Situation> {
    const stored = await store.get(this.#scope, checkpointName);
    if (this.#memory?.version !== stored?.version) this.#memory = undefined;
    const before = this.#memory?.checkpoint ?? (stored?.value as Checkpoint | undefined);
    return situationOf(before, stored?.version ?? 0, this.#options, mayAsk);
  }

  #ask(situation: Situation, began: number, signal: AbortSignal, mayBeUnchanged = true): Promise<Found> {
    const { source, cursor: rule, watch, timeLimit } = this.#options;
    const { before, firstRun } = situation;
    const start = firstRun?.from === 'since' ? firstRun.at : undefined;
    const times = {
      now: new Date(began).toISOString(),
      lastPoll: before ? new Date(before.lastPoll).toISOString() : '',
      cursor: rule ? (before ? cursorText(rule, before.from) : (start ?? cursorText(rule, undefined))) : '',
    };
    // where every record fires, the same answer fires again; and ids that were not seen for long have to be seen
    const isStale = before?.expiry !== expiryAt(began, this.#forgetAfter);
    const canSkip = mayBeUnchanged && situation.kind === 'same' && !situation.silentUpdates && !isStale;
    const validators = canSkip && watch.keeps !== 'nothing' ? before?.validators : undefined;
    return within(timeLimit ?? defaultTimeLimit, signal, (ended) =>
      source.read({ times, ...(validators ? { validators } : {}) }, ended),
    );
  }

  /** The answer is the one of last time: all of it is known. */
  #unchanged(before: Checkpoint, found: Found, began: number): Plan {
    const checkpoint = { ...before, lastPoll: began, validators: found.validators ?? before.validators };
    return {
      checkpoint: found.requests > 0 ? checkpoint : before,
      events: [],
      changes: [],
      isDue: false,
      complaints: this.#memory?.complaints ?? noComplaints,
      remember: () => {},
    };
  }

  async #judge(situation: Situation, found: Found, began: number, store: Store, explain = false) {
    const { before, anew, silentUpdates, firstRun } = situation;
    const known = new KnownRecords(store, this.#scope, {
      memory: this.#memory,
      anew,
      several: found.requests > 1,
    });
    const standpoint = {
      known,
      first: !before,
      silentUpdates,
      since: before?.since,
      cursor: before?.cursor,
      serverTime: found.date ?? began,
    };
    return { known, judgement: await judge(found, { ...this.#options, firstRun }, standpoint, explain) };
  }

  /** What was found, and what it makes known. */
  async #planOf(situation: Situation, found: Found, began: number, store: Store): Promise<Plan> {
    const { watch, fingerprint } = this.#options;
    const { before, anew } = situation;
    const { known, judgement } = await this.#judge(situation, found, began, store);
    const { fire, remember, entries, forget, bad, cursorless, whole } = judgement;
    const checkpoint = nextCheckpoint(
      this.#options,
      situation,
      found,
      judgement,
      began,
      expiryAt(began, this.#forgetAfter),
    );
    const expiresAnew = before !== undefined && before.expiry !== checkpoint.expiry;
    const changes: Change[] = [
      ...(anew ? [{ kind: 'forget', scope: this.#scope } as const] : []),
      ...keeping(this.#scope, watch, expiresAnew ? entries : remember, checkpoint.expiry),
      ...(forget.length > 0 ? [{ kind: 'remove', scope: this.#scope, ids: forget } as const] : []),
    ];
    const occasion = {
      owner: this.#options.owner,
      fingerprint,
      sequence: checkpoint.sequence,
      name: this.#options.name,
      time: new Date(began).toISOString(),
    };
    return {
      checkpoint,
      events: eventsOf(fire, occasion, watch.keeps === 'list'),
      changes,
      isDue: situation.kind !== 'same' || changes.length > 0 || expiresAnew || !situation.isCurrent,
      complaints: { bad, cursorless },
      remember: (memory) => memory.saw(entries, known, watch, whole),
    };
  }

  /** Commit (1). @returns the turn that leaves now */
  async #commit(
    store: Store,
    plan: Plan,
    { version, before }: Situation,
    outbox: StoredOutbox,
    began: number,
  ): Promise<{ stored: StoredOutbox; chunks: Map<number, WaitingEvent[]> } | undefined> {
    const { owner, watch, perPoll = Number.POSITIVE_INFINITY } = this.#options;
    const queued = enqueue(this.#scope, outbox.box, plan.events);
    const box = begin(queued.box, perPoll, [owner, plan.checkpoint.fingerprint, String(began)]);
    const memory = this.#memory;
    const isDue =
      plan.isDue ||
      box.turn ||
      !memory ||
      began - memory.storedAt >= checkpointEvery ||
      began < memory.storedAt;
    if (!isDue) {
      memory.checkpoint = plan.checkpoint;
      memory.complaints = plan.complaints;
      plan.remember(memory);
      return undefined;
    }
    const held = before ? memory : undefined;
    const isRenewal = held?.renewalIsDue(began) ?? false;
    const renewed = isRenewal ? [...held!.renewed] : [];
    const gone = [...(held?.gone ?? [])];
    let written: number;
    try {
      written = await store.commit([
        ...this.#fence.guard(),
        { kind: 'put', scope: this.#scope, name: checkpointName, value: plan.checkpoint, expect: version },
        ...keeping(this.#scope, watch, renewed, plan.checkpoint.expiry),
        ...keeping(this.#scope, watch, gone, began + this.#forgetAfter),
        ...plan.changes,
        ...queued.changes,
        ...(box.turn ? [put(this.#scope, box, outbox.version)] : []),
      ]);
    } catch (error) {
      // whether it was written is not certain
      this.#memory = undefined;
      throw error;
    }
    const next = new Memory(written, plan.checkpoint, began);
    if (held) {
      [next.last, next.suspects] = [held.last, held.suspects];
      if (!isRenewal) [next.renewed, next.renewedAt] = [held.renewed, held.renewedAt];
    }
    next.complaints = plan.complaints;
    plan.remember(next);
    this.#memory = next;
    return box.turn && { stored: { box, version: written }, chunks: queued.chunks };
  }

  get #forgetAfter(): number {
    return this.#options.forgetAfter ?? defaultForgetAfter;
  }
}

/** Nothing was asked, because too much waits. */
const nothingAsked: Found = { records: [], unchanged: true, requests: 0, complete: true, pause: 0 };

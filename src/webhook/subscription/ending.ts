/** Ends subscriptions: those that are not wanted, those that nobody knows the answer of, and those that a service lists. */
import type { Request } from '../../connection/connection';
import type { Sender } from '../../exchange/exchange';
import { classify, type Failure } from '../../exchange/failure';
import { listedFor } from './listed';
import { isGoneStatus } from './outcome';
import type { Secrets } from './plan';
import type { Entry, Ledger, Live } from './record';
import { isSame, Requests, type Outside } from './requests';

export interface EndingOptions {
  ledger: Ledger;
  /** @throws Failure CONFIG when the connection is not there */
  senderOf: (connection: string) => Sender;
  outside: Outside;
  /** Milliseconds since 1970. */
  now: () => number;
  /** Tells of what nobody looks after any more. */
  warn: (sentence: string) => void;
}

/** Milliseconds after which it is no longer tried to end one. */
const patience = 7 * 24 * 3_600_000;

export class Ending {
  readonly #options: EndingOptions;

  constructor(options: EndingOptions) {
    this.#options = options;
  }

  /** The latest first. @returns why one of them is still there. @throws Failure STATE */
  async all(
    entries: readonly Entry[],
    secrets: Secrets | undefined,
    signal: AbortSignal,
  ): Promise<Failure | undefined> {
    let problem: Failure | undefined;
    for (const entry of [...entries].reverse()) {
      try {
        await this.one(entry, secrets, signal);
      } catch (error) {
        const failure = classify(error);
        // what is true is not known any more
        if (failure.code === 'STATE') throw failure;
        problem = failure;
        if (!signal.aborted) await this.#giveUpLate(entry, failure);
      }
    }
    return problem;
  }

  /** @throws Failure when it is still there, or may be */
  async one(entry: Entry, secrets: Secrets | undefined, signal: AbortSignal): Promise<void> {
    const { ledger, now } = this.#options;
    // before anything is sent: from then on nobody may take it for one that is there
    if (entry.ending === undefined) await ledger.replace(entry, { ...entry, ending: now() });
    const requests = this.requests(entry, secrets);
    let known = entry.live?.known;
    if (!known && entry.plan.unsubscribe && !requests.endsUnseen) {
      if (await this.listed(entry, requests, signal)) return ledger.remove(entry);
      known = (await requests.subscribe(entry.key, signal)).known;
    }
    const undo = await requests.undo(known ?? []);
    const shared = undo && (await this.#sharing(entry, undo));
    // the later one is not known to be there: until it is, nothing is
    if (shared && !shared.live) return;
    if (undo && !shared) await gone(requests.end(undo, signal));
    await ledger.remove(entry);
  }

  /**
   * Ends what the service lists for the callback URL, but for what is known to be there.
   *
   * @returns whether the service was asked
   */
  async listed(entry: Entry, requests: Requests, signal: AbortSignal): Promise<boolean> {
    const list = await requests.list(signal);
    if (!list) return false;
    const known: Request[] = [];
    for (const other of this.#options.ledger.entries) {
      const undo = other.live && other.connection === entry.connection && (await this.#undo(other));
      if (undo) known.push(undo);
    }
    for (const found of listedFor(list.body, entry.facts.callback)) {
      const undo = await requests.undo(requests.knownOf(found));
      if (undo && !known.some((other) => isSame(other, undo))) await gone(requests.end(undo, signal));
    }
    return true;
  }

  requests({ connection, plan, facts }: Pick<Entry, 'connection' | 'plan' | 'facts'>, secrets?: Secrets) {
    const { senderOf, outside, now } = this.#options;
    return new Requests({ plan, facts, secrets, sender: senderOf(connection), outside, now });
  }

  /** A later one that would end with this one, because the service has one subscription for both. */
  async #sharing(entry: Entry, undo: Request): Promise<Entry | undefined> {
    const { entries } = this.#options.ledger;
    const at = entries.findIndex(({ key }) => key === entry.key);
    for (const later of entries.slice(at + 1)) {
      if (later.connection !== entry.connection) continue;
      const other = await this.#undo(later);
      if (other && isSame(other, undo)) return later;
    }
    return undefined;
  }

  /** Undefined when it is not known, or there is none. */
  async #undo(entry: Entry): Promise<Request | undefined> {
    const { live }: { live?: Live } = entry;
    try {
      return await this.requests(entry).undo(live?.known ?? []);
    } catch {
      return undefined;
    }
  }

  /** Gives up in the end. */
  async #giveUpLate({ key, live, facts, ending }: Entry, problem: Failure): Promise<void> {
    const { ledger, now, warn } = this.#options;
    const isOver = live?.expires !== undefined && live.expires <= now();
    if (!isOver && now() - (ending ?? now()) < patience) return;
    await ledger.remove({ key });
    if (isOver) return;
    const { callback } = facts;
    warn(`a subscription for ${callback} could not be ended, remove it at the service: ${problem.message}`);
  }
}

/** Waits for a request that ends one; that it is unknown is as good. */
async function gone(ending: Promise<void>): Promise<void> {
  try {
    await ending;
  } catch (error) {
    if (!isGoneStatus(classify(error).code)) throw error;
  }
}

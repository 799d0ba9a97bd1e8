/**
 * Sees to it that a service has one subscription of a node, as its settings want it, and none that nobody knows. What is
 * going to be asked for is written down before the request leaves, and what came of it after the answer, so that whatever
 * happens in between is looked into by whoever comes next:
 *
 * - subscribed or not? The same request is sent again with the same `Idempotency-Key`; or, when the plan can list, what the
 *   service has for this callback URL is removed first
 * - unsubscribed or not? It is sent again; 404 and 410 say that it was
 */
import { classify, type Failure } from '../../exchange/failure';
import { Conflict } from '../../state/store';
import { Ending, type EndingOptions } from './ending';
import { anewAt, renewalOf } from './expiry';
import { didNothing, isGoneStatus } from './outcome';
import type { Secrets, Wanted } from './plan';
import type { Entry, Live } from './record';
import type { Requests } from './requests';

export interface SubscriberOptions extends EndingOptions {
  newKey: () => string;
}

/** How it stands; times in milliseconds since 1970. */
export interface Standing {
  /** When the subscription ends; undefined when that is not known. */
  expires?: number;
  /** When there is something to do: to renew it, or to subscribe anew; undefined for never. */
  next?: number;
  /** Why one from before is still to be ended. */
  leftover?: Failure;
}

/** One round: what is asked for, and how. */
interface Round extends Wanted {
  requests: Requests;
  fingerprint: string;
  signal: AbortSignal;
}

export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #ending: Ending;
  /** Answers that could not be kept, by the key of their request. */
  readonly #unsaved = new Map<string, Live>();

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#ending = new Ending(options);
  }

  /**
   * Ends what is not wanted, then subscribes or renews as it is due.
   *
   * @throws Failure when there is no subscription, or it could not be renewed; it is to be tried again
   */
  async ensure(wanted: Wanted, signal: AbortSignal): Promise<Standing> {
    const { ledger, now } = this.#options;
    const requests = this.#ending.requests(wanted, wanted.secrets);
    const round = {
      ...wanted,
      requests,
      signal,
      fingerprint: await requests.fingerprint(wanted.connection),
    };
    await ledger.load();
    const mine = ledger.entries.filter(
      ({ fingerprint, ending }) => fingerprint === round.fingerprint && ending === undefined,
    );
    const current = mine.findLast(({ live }) => {
      const end = live && endOf(live, wanted);
      return live && requests.covers(live) && (end === undefined || end > now());
    });
    const isWanted = (entry: Entry) => entry === current || (!entry.live && mine.includes(entry));
    const unwanted = ledger.entries.filter((entry) => !isWanted(entry));
    const leftover = await this.#ending.all(unwanted, wanted.secrets, signal);
    const asked = mine.find(({ live }) => !live);
    const live = await this.#subscribed(round, asked, current);
    const end = endOf(live, wanted);
    return {
      ...(end === undefined
        ? {}
        : { expires: end, next: wanted.plan.renew ? renewalOf(live.since, end) : anewAt(live.since, end) }),
      ...(leftover ? { leftover } : {}),
    };
  }

  /** Ends everything. @returns why not everything was ended. @throws Failure STATE */
  async end(secrets: Secrets | undefined, signal: AbortSignal): Promise<Failure | undefined> {
    return this.#ending.all(await this.#options.ledger.load(), secrets, signal);
  }

  async #subscribed(round: Round, asked: Entry | undefined, current: Entry | undefined): Promise<Live> {
    const { plan, facts } = round;
    if (asked) return this.#again(round, { ...asked, plan, facts }, current);
    if (!current?.live) return this.#first(round);
    const end = endOf(current.live, round);
    const isDue =
      plan.renew !== undefined &&
      end !== undefined &&
      renewalOf(current.live.since, end) <= this.#options.now();
    if (isDue && plan.renew === 'again') return this.#first(round, current);
    return isDue ? this.#renew(round, current, current.live) : this.#keep(round, current, current.live);
  }

  /** What it is renewed and ended with follows the settings. */
  async #keep({ plan, facts }: Round, current: Entry, live: Live): Promise<Live> {
    const entry: Entry = { ...current, plan, facts, live };
    if (JSON.stringify(entry) !== JSON.stringify(current)) await this.#options.ledger.put(entry);
    return live;
  }

  async #renew(round: Round, current: Entry, live: Live): Promise<Live> {
    let renewed: Live;
    try {
      renewed = await round.requests.renew(live, round.signal);
    } catch (error) {
      if (!isGoneStatus(classify(error).code)) throw error;
      await this.#options.ledger.remove(current);
      return this.#first(round);
    }
    return this.#keep(round, current, renewed);
  }

  /** @param before the one that it takes the place of */
  async #first(round: Round, before?: Entry): Promise<Live> {
    const { ledger, newKey } = this.#options;
    const { fingerprint, connection, plan, facts } = round;
    const entry: Entry = { key: newKey(), fingerprint, connection, plan, facts };
    await ledger.put(entry);
    try {
      if (!before) await this.#ending.listed(entry, round.requests, round.signal);
      return await this.#subscribe(round, entry, before);
    } catch (error) {
      // one that stays for want of the store is asked for again
      if (didNothing(classify(error))) await ledger.remove(entry).catch(() => undefined);
      throw error;
    }
  }

  /** Whether it was subscribed before is not known. */
  async #again(round: Round, asked: Entry, before: Entry | undefined): Promise<Live> {
    const { ledger, newKey } = this.#options;
    let entry = asked;
    const isRemoved =
      !this.#unsaved.has(asked.key) && (await this.#ending.listed(asked, round.requests, round.signal));
    if (isRemoved) {
      // with the same key, a service would answer what is no longer so
      entry = { ...asked, key: newKey() };
      await ledger.replace(asked, entry);
    }
    const live = await this.#subscribe(round, entry, before);
    const isOver = live.expires !== undefined && live.expires <= this.#options.now();
    if (!isOver || entry !== asked) return live;
    // the answer from then
    await ledger.remove(entry);
    return this.#first(round);
  }

  async #subscribe(round: Round, entry: Entry, before: Entry | undefined): Promise<Live> {
    const { ledger } = this.#options;
    const live = this.#unsaved.get(entry.key) ?? (await round.requests.subscribe(entry.key, round.signal));
    this.#unsaved.set(entry.key, live);
    try {
      await ledger.put({ ...entry, live });
    } catch (error) {
      if (error instanceof Conflict) await this.#overtaken(round, entry, live);
      throw error;
    }
    this.#unsaved.delete(entry.key);
    // what is left of it is ended with the next round
    if (before) await this.#ending.one(before, round.secrets, round.signal).catch(() => undefined);
    return live;
  }

  /** Another one wrote meanwhile: he sees to this subscription, or knows nothing of it. */
  async #overtaken({ requests, signal }: Round, { key }: Entry, live: Live): Promise<void> {
    this.#unsaved.delete(key);
    const entries = await this.#options.ledger.load();
    if (entries.some((entry) => entry.key === key)) return;
    const undo = await requests.undo(live.known);
    if (undo) await requests.end(undo, signal).catch(() => undefined);
  }
}

/** When a subscription ends; undefined for never. */
function endOf(live: Live, { plan }: Wanted): number | undefined {
  if (live.expires !== undefined) return live.expires;
  return plan.renew && plan.lifetime > 0 ? live.since + plan.lifetime : undefined;
}

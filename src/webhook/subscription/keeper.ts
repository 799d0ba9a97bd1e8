/** Keeps a subscription while its node runs: subscribes, renews ahead of the end, tries again what failed. */
import { classify, type Failure } from '../../exchange/failure';
import { longestTimer, type Clock } from '../../polling/clock';
import type { PollLease } from '../../polling/lease';
import { tryAgainIn } from './expiry';
import type { Wanted } from './plan';
import type { Standing, Subscriber } from './subscriber';

export interface KeeperOptions {
  subscriber: Pick<Subscriber, 'ensure' | 'end'>;
  wanted: Wanted;
  clock: Clock;
  /** In [0, 1). */
  random: () => number;
  /** Of several processes, one looks after it. */
  lease?: Pick<PollLease, 'acquire' | 'release' | 'abandon' | 'lookAgain'>;
  /** undefined: another process looks after it. */
  onStanding: (standing: Standing | undefined) => void;
  /** @param next when it is tried again, milliseconds since 1970 */
  onFailure: (failure: Failure, next: number) => void;
}

/** Milliseconds for the requests that end it when its node goes: Node-RED waits for a node for 15 seconds. */
const goodbye = 10_000;
/** Milliseconds: whatever the times say, nobody is asked more often. */
const shortestWait = 100;
/** Milliseconds between two looks, of several processes. */
const lookRound = 60_000;

export class SubscriptionKeeper {
  readonly #options: KeeperOptions;
  readonly #closing = new AbortController();
  #failures = 0;
  #cancel = () => {};
  #round: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
  }

  /** The service may call at once. Once is enough. */
  start(): void {
    if (this.#round || this.#closing.signal.aborted) return;
    this.#begin();
  }

  /**
   * Resolves when nothing is sent any more.
   *
   * @param forGood the node goes, and its subscription with it
   * @returns why it is still there
   */
  async close(forGood: boolean): Promise<Failure | undefined> {
    this.#closing.abort();
    this.#cancel();
    await this.#round;
    const { lease, subscriber, wanted } = this.#options;
    try {
      if (!forGood || (lease && !(await lease.acquire()))) return undefined;
      return await subscriber.end(wanted.secrets, AbortSignal.timeout(goodbye));
    } catch (error) {
      return classify(error);
    } finally {
      await lease?.release().catch(() => lease.abandon());
    }
  }

  #begin(): void {
    this.#round = this.#look().then((wait) => {
      if (wait === undefined || this.#closing.signal.aborted) return;
      this.#cancel = this.#options.clock.after(Math.min(wait, longestTimer), () => this.#begin());
    });
  }

  /** @returns milliseconds until the next look; undefined for never. Never rejects */
  async #look(): Promise<number | undefined> {
    const { lease, subscriber, wanted, clock, onStanding } = this.#options;
    try {
      if (lease && !(await lease.acquire())) {
        onStanding(undefined);
        return lease.lookAgain;
      }
      const standing = await subscriber.ensure(wanted, this.#closing.signal);
      onStanding(standing);
      if (standing.leftover) return this.#failed(standing.leftover);
      this.#failures = 0;
      const wait =
        standing.next === undefined ? undefined : Math.max(shortestWait, standing.next - clock.now());
      // another process may have taken it over meanwhile, and stopped since
      return lease ? Math.min(wait ?? lookRound, lookRound) : wait;
    } catch (error) {
      return this.#failed(classify(error));
    }
  }

  #failed(failure: Failure): number | undefined {
    if (this.#closing.signal.aborted) return undefined;
    const { clock, random, onFailure } = this.#options;
    const wait = tryAgainIn(++this.#failures, random());
    onFailure(failure, clock.now() + wait);
    return wait;
  }
}

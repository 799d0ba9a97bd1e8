/**
 * Who polls, of several processes on one store. Its token goes into every commit of the poller, so that one who was stopped
 * for a while, and whose lease was taken meanwhile, cannot write any more; and it is looked at before every message, so
 * that he emits nothing either.
 */
import { randomUUID } from 'node:crypto';
import { Failure } from '../exchange/failure';
import type { Change, Store } from '../state/store';
import type { Clock } from './clock';

/** What a poller has to ask before it writes or emits. */
export interface Fence {
  /** To be put first into a commit. */
  guard(): Change[];
  /** Resolves while the lease is held. @throws Failure STATE when another may hold it */
  check(): Promise<void> | undefined;
}

/** One process: nobody to be fenced off. */
export const unfenced: Fence = { guard: () => [], check: () => undefined };

export interface LeaseOptions {
  store: () => Promise<Store>;
  scope: string;
  /** Milliseconds without a sign of life until another may take over. */
  ttl: number;
  clock: Pick<Clock, 'after'>;
}

export class PollLease implements Fence {
  readonly #options: LeaseOptions;
  readonly #holder = randomUUID();
  #token: number | undefined;
  /** Until when nobody else can have it, by `performance.now()`, which goes on while the process is stopped. */
  #safeUntil = 0;
  #cancelRenewal = () => {};
  #closed = false;

  constructor(options: LeaseOptions) {
    this.#options = options;
  }

  /** How long one who does not hold it waits until he looks again, in milliseconds. */
  get lookAgain(): number {
    return this.#options.ttl / 3;
  }

  /** @returns whether this process polls. @throws Failure STATE */
  async acquire(): Promise<boolean> {
    if (this.#token !== undefined && performance.now() < this.#safeUntil) return true;
    const { store, scope, ttl } = this.#options;
    const asked = performance.now();
    const lease = await (await store()).acquire(scope, this.#holder, ttl);
    this.#token = lease?.token;
    if (!lease || this.#closed) return false;
    this.#safeUntil = asked + ttl;
    this.#renewLater();
    return true;
  }

  guard(): Change[] {
    // without a lease: a token that nobody has, so that the commit is refused
    return [{ kind: 'guard', scope: this.#options.scope, token: this.#token ?? -1 }];
  }

  check(): Promise<void> | undefined {
    return this.#token !== undefined && performance.now() < this.#safeUntil ? undefined : this.#recheck();
  }

  /** Lets another take over at once. */
  async release(): Promise<void> {
    this.abandon();
    const token = this.#token;
    this.#token = undefined;
    if (token === undefined) return;
    const { store, scope } = this.#options;
    await (await store()).release(scope, token);
  }

  /** Does nothing more for it: it runs out. For a process that is about to end without time to let go. */
  abandon(): void {
    this.#closed = true;
    this.#cancelRenewal();
  }

  async #recheck(): Promise<void> {
    if (this.#token === undefined || !(await this.#renew())) {
      throw new Failure('STATE', 'another instance polls now', { retryable: true });
    }
  }

  /** @returns whether it is still held. @throws Failure STATE when the store does not answer */
  async #renew(): Promise<boolean> {
    const { store, scope, ttl } = this.#options;
    const token = this.#token;
    if (token === undefined) return false;
    const asked = performance.now();
    const held = await (await store()).renew(scope, token, ttl);
    if (token !== this.#token) return false;
    if (held) this.#safeUntil = asked + ttl;
    else this.#token = undefined;
    return held;
  }

  #renewLater(): void {
    this.#cancelRenewal();
    if (this.#closed) return;
    this.#cancelRenewal = this.#options.clock.after(this.#options.ttl / 3, () => {
      void this.#renewed().then((held) => {
        if (held) this.#renewLater();
      });
    });
  }

  /** A store that is away: it is tried again, and meanwhile the lease runs out, which `check` notices. */
  async #renewed(): Promise<boolean> {
    try {
      return await this.#renew();
    } catch {
      return this.#token !== undefined;
    }
  }
}

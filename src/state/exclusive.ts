import { randomUUID } from 'node:crypto';
import { sleep } from '../connection/deadline';
import type { Store } from './store';

export interface ExclusiveOptions {
  /** Milliseconds without a sign of life after which another may go on; default 15 s. */
  ttl?: number;
  /** Milliseconds between two attempts to take the lease; default 100. */
  retry?: number;
}

/**
 * Runs the work while no other process that shares the store runs theirs under that name. One that was stopped for longer
 * than the lease lasts may overlap with the next: what the work writes has to expect a version.
 *
 * @param signal ends the wait for the turn, not the work
 * @throws Failure STATE, or what the work throws
 */
export async function exclusive<T>(
  store: Pick<Store, 'acquire' | 'renew' | 'release'>,
  scope: string,
  work: () => Promise<T>,
  signal: AbortSignal,
  { ttl = 15_000, retry = 100 }: ExclusiveOptions = {},
): Promise<T> {
  const holder = randomUUID();
  let lease = await store.acquire(scope, holder, ttl);
  while (!lease) {
    await sleep(retry, signal);
    lease = await store.acquire(scope, holder, ttl);
  }
  const { token } = lease;
  const alive = setInterval(() => {
    // a store that is away: the lease runs out by itself
    store.renew(scope, token, ttl).catch(() => undefined);
  }, ttl / 3);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    await store.release(scope, token).catch(() => undefined);
  }
}

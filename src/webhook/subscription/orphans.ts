/**
 * Subscriptions whose node is no more, because it was removed while Node-RED did not run, or because the service did not
 * answer when it was. Of several processes, the one that runs the node holds its lease, so that it is nobody's orphan.
 */
import { systemClock } from '../../polling/clock';
import { PollLease, unfenced } from '../../polling/lease';
import { classify } from '../../exchange/failure';
import type { Store } from '../../state/store';
import { Ledger, subscribedNodes, subscriptionScope } from './record';
import { Subscriber, type SubscriberOptions } from './subscriber';

export interface OrphansOptions extends Omit<SubscriberOptions, 'ledger'> {
  store: Store;
  isRunning: (id: string) => boolean;
  /** Milliseconds that a process has without a sign of life, where there are several. */
  lease?: number;
  signal: AbortSignal;
}

/** One that is still there, and why. */
export interface Orphan {
  node: string;
  reason: string;
}

/** Ends them. @returns those that are still there. @throws Failure STATE */
export async function endOrphans(options: OrphansOptions): Promise<Orphan[]> {
  const { store, isRunning, signal } = options;
  const left: Orphan[] = [];
  for (const node of await subscribedNodes(store)) {
    if (signal.aborted) return left;
    if (isRunning(node)) continue;
    try {
      const reason = await endOne(node, options);
      if (reason !== undefined) left.push({ node, reason });
    } catch (error) {
      left.push({ node, reason: classify(error).message });
    }
  }
  return left;
}

async function endOne(
  node: string,
  { store, lease: ttl, signal, ...options }: OrphansOptions,
): Promise<string | undefined> {
  const open = () => Promise.resolve(store);
  const lease =
    ttl === undefined
      ? undefined
      : new PollLease({ store: open, scope: subscriptionScope(node), ttl, clock: systemClock });
  try {
    if (lease && !(await lease.acquire())) return undefined;
    const ledger = new Ledger({ store: open, id: node, fence: lease ?? unfenced });
    return (await new Subscriber({ ...options, ledger }).end(undefined, signal))?.message;
  } finally {
    await lease?.release();
  }
}

/** All subscriptions of a Node-RED: those of its nodes, and what nodes that are no more have left behind. */
import { randomUUID } from 'node:crypto';
import type { NodeAPI } from 'node-red';
import { tryAgainIn } from '../../src/webhook/subscription/expiry';
import { endOrphans } from '../../src/webhook/subscription/orphans';
import { holdStore } from '../runtime/store';
import { leaseTime, outsideOf, senderOf, Subscription, type SubscriptionOptions } from './subscription';

export class Subscriptions {
  readonly #RED: NodeAPI;
  readonly #running = new Map<string, Subscription>();
  #sweeping: Promise<void> = Promise.resolve();
  #stopping = new AbortController();
  #cancelNext = () => {};
  #failures = 0;
  /** Those of which the log was told. */
  readonly #told = new Set<string>();

  constructor(RED: NodeAPI) {
    this.#RED = RED;
    RED.events.on('flows:started', () => this.#started());
    RED.events.on('flows:stopping', () => {
      this.#cancelNext();
      this.#stopping.abort();
    });
  }

  /** Undefined for a node that is not subscribed. */
  of(options: Omit<SubscriptionOptions, 'RED' | 'settled'>): Subscription | undefined {
    if (!options.config.connection) return undefined;
    const { id } = options.node;
    const settled = () => this.#sweeping;
    const subscription = new Subscription({ ...options, RED: this.#RED, settled });
    this.#running.set(id, subscription);
    options.node.on('close', () => {
      if (this.#running.get(id) === subscription) this.#running.delete(id);
    });
    return subscription;
  }

  #started(): void {
    this.#stopping = new AbortController();
    this.#failures = 0;
    this.#sweep();
  }

  #sweep(): void {
    const { signal } = this.#stopping;
    this.#sweeping = this.#sweeping.then(() => this.#endOrphans(signal));
  }

  /** Never rejects. */
  async #endOrphans(signal: AbortSignal): Promise<void> {
    const RED = this.#RED;
    if (signal.aborted || !canHave(RED)) return;
    const hold = holdStore(RED);
    try {
      if (!hold.exists()) return;
      const left = await endOrphans({
        store: await hold.open(),
        isRunning: (id) => this.#running.has(id),
        senderOf: (id) => senderOf(RED, id),
        outside: outsideOf(RED),
        now: Date.now,
        newKey: randomUUID,
        warn: (sentence) => RED.log.warn(`webhook trigger: ${sentence}`),
        lease: hold.several ? leaseTime : undefined,
        signal,
      });
      if (signal.aborted) return;
      for (const { node, reason } of left) {
        if (!this.#told.has(node))
          RED.log.warn(`webhook trigger ${node}, removed, is still subscribed: ${reason}`);
        this.#told.add(node);
      }
      if (left.length === 0) return;
      const timer = setTimeout(() => this.#sweep(), tryAgainIn(++this.#failures, Math.random()));
      timer.unref();
      this.#cancelNext = () => clearTimeout(timer);
    } catch (error) {
      RED.log.warn(`webhook trigger: what removed nodes are subscribed to is not known: ${String(error)}`);
    } finally {
      await hold.release().catch(() => undefined);
    }
  }
}

/** Without a connection nobody could be told. */
function canHave(RED: NodeAPI): boolean {
  let found = false;
  RED.nodes.eachNode(({ type }) => (found ||= type === 'http-connection'));
  return found;
}

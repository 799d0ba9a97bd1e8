/** A webhook's subscription at run time: it begins when deliveries can arrive, and ends when the node does. */
import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI, NodeStatus } from 'node-red';
import type { Sender } from '../../src/exchange/exchange';
import { classify, Failure } from '../../src/exchange/failure';
import type { Template } from '../../src/exchange/template';
import { systemClock } from '../../src/polling/clock';
import { PollLease, unfenced } from '../../src/polling/lease';
import { SubscriptionKeeper } from '../../src/webhook/subscription/keeper';
import type { Secrets, Wanted } from '../../src/webhook/subscription/plan';
import { Ledger, subscriptionScope } from '../../src/webhook/subscription/record';
import type { Outside } from '../../src/webhook/subscription/requests';
import { Subscriber, type Standing } from '../../src/webhook/subscription/subscriber';
import { connectionOf, useConnection, type HttpConnectionNode } from '../runtime/connections';
import { failWithout } from '../runtime/failures';
import { whenFlowsStarted } from '../runtime/flows-started';
import type { StoreHold } from '../runtime/store';
import { compileView } from '../runtime/values';
import type { WebhookTriggerConfig, WebhookTriggerCredentials } from './config';
import { callbackOf, planOf } from './subscription-plan';

export interface SubscriptionOptions {
  RED: NodeAPI;
  node: Node;
  config: WebhookTriggerConfig;
  credentials: WebhookTriggerCredentials;
  hold: StoreHold;
  /** Resolves when nobody ends what this node may take up. */
  settled: () => Promise<void>;
  /** The status has changed. */
  show: () => void;
}

/** Milliseconds without a sign of life after which another instance looks after it. */
export const leaseTime = 15_000;

export class Subscription {
  /** What the node shows when nothing else is the matter. */
  status: NodeStatus;
  readonly #options: SubscriptionOptions;
  readonly #keeper: SubscriptionKeeper | undefined;
  #connection: HttpConnectionNode | undefined;
  readonly #cancelStart: () => void = () => {};
  readonly #routeOpen: Promise<void>;
  #openRoute = () => {};
  /** The code of what was said last. */
  #told = '';

  constructor(options: SubscriptionOptions) {
    this.#options = options;
    this.status = this.#statusOf('green', 'subscribing');
    this.#routeOpen = new Promise((resolve) => (this.#openRoute = resolve));
    try {
      this.#keeper = this.#makeKeeper();
    } catch (error) {
      this.#failed(classify(error));
      return;
    }
    // a service may call at once
    this.#cancelStart = whenFlowsStarted(options.RED, () => {
      void Promise.all([this.#routeOpen, options.settled()]).then(() => this.#keeper?.start());
    });
  }

  /** Deliveries can arrive from now on. */
  routeOpened(): void {
    this.#openRoute();
  }

  /** @param removed the node is not there any more, or is disabled */
  async close(removed: boolean): Promise<void> {
    this.#cancelStart();
    if (!this.#keeper) return;
    const { RED, node } = this.#options;
    const closing = this.#keeper.close(removed);
    // Node-RED closes it after this node, and does not wait for this one
    const awaited = removed ? this.#connection?.awaited : undefined;
    awaited?.add(closing);
    const problem = await closing.finally(() => awaited?.delete(closing));
    if (problem) node.warn(RED._(`${texts}:log.stillSubscribed`, { reason: problem.message }));
  }

  /** @throws Failure when the settings cannot work */
  #makeKeeper(): SubscriptionKeeper {
    const { RED, node, config, hold } = this.#options;
    const sender = useConnection(RED, node, config.connection);
    this.#connection = RED.nodes.getNode(config.connection) as unknown as HttpConnectionNode;
    const wanted = wantedOf(this.#options);
    const store = () => hold.open();
    const scope = subscriptionScope(node.id);
    const lease = hold.several
      ? new PollLease({ store, scope, ttl: leaseTime, clock: systemClock })
      : undefined;
    const subscriber = new Subscriber({
      ledger: new Ledger({ store, id: node.id, fence: lease ?? unfenced }),
      senderOf: (id) => (id === config.connection ? sender : senderOf(RED, id)),
      outside: outsideOf(RED, node),
      now: Date.now,
      newKey: randomUUID,
      warn: (sentence) => node.warn(sentence),
    });
    return new SubscriptionKeeper({
      subscriber,
      wanted,
      clock: systemClock,
      random: Math.random,
      lease,
      onStanding: (standing) => this.#stands(standing),
      onFailure: (failure) => this.#failed(failure),
    });
  }

  #stands(standing: Standing | undefined): void {
    const { expires, leftover } = standing ?? {};
    if (!leftover) this.#told = '';
    const until = expires === undefined ? '' : localTime(expires);
    this.status = standing
      ? this.#statusOf('green', until ? 'subscribedUntil' : 'subscribed', { time: until })
      : this.#statusOf('green', 'elsewhere');
    this.#options.show();
  }

  /** Catch nodes hear of it once, not at each try. */
  #failed(failure: Failure): void {
    const { node, config, show } = this.#options;
    if (this.#told !== failure.code) failWithout(node, failure, config.event);
    this.#told = failure.code;
    this.status = this.#statusOf('yellow', 'notSubscribed', { code: failure.code });
    show();
  }

  #statusOf(fill: NodeStatus['fill'], key: string, values: Record<string, string> = {}): NodeStatus {
    const text = this.#options.RED._(`${texts}:status.${key}`, values);
    return { fill, shape: fill === 'green' ? 'dot' : 'ring', text };
  }
}

const texts = 'node-red-contrib-http-connector/webhook-trigger';

/** @throws Failure CONFIG */
function wantedOf({ RED, node, config, credentials }: SubscriptionOptions): Wanted {
  const root = (RED.settings as { httpNodeRoot?: unknown }).httpNodeRoot;
  const { secret = '', secret2 = '', secret3 = '', verifyToken = '' } = credentials;
  const secrets: Secrets = { secret, secret2, secret3, verifyToken };
  return {
    connection: config.connection,
    plan: planOf(config.subscription),
    facts: {
      callback: callbackOf(config.publicUrl, typeof root === 'string' ? root : '', config.path),
      event: config.event,
      node: node.id,
    },
    secrets,
  };
}

/** @throws Failure CONFIG when it is not there */
export function senderOf(RED: NodeAPI, id: string): Sender {
  return connectionOf(RED, id);
}

/** @param node left out for one that is no more: then the environment is the process's own */
export function outsideOf(RED: NodeAPI, node?: Node): Outside {
  return async (names) => {
    const read = compileView(RED, node as Node, [{ names } as Template]);
    return (await read({})).outside ?? new Map<string, unknown>();
  };
}

/** The day only when it is another one. */
function localTime(time: number): string {
  const date = new Date(time);
  const clock = date.toTimeString().slice(0, 5);
  const day = [date.getFullYear(), date.getMonth() + 1, date.getDate()]
    .map((part) => String(part).padStart(2, '0'))
    .join('-');
  return date.toDateString() === new Date().toDateString() ? clock : `${day} ${clock}`;
}

/** What is known of a node's subscriptions, as it is kept in the state store. */
import type { Change, Store } from '../../state/store';
import type { Fence } from '../../polling/lease';
import type { Facts, SubscriptionPlan } from './plan';

/**
 * A subscription from the moment before it is asked for until it is known to have ended. A node has one, and beside it
 * those that are to be ended.
 */
export interface Entry {
  /** Of the subscribe request: its `Idempotency-Key`. */
  readonly key: string;
  /** Of the settings that it was asked for with. */
  readonly fingerprint: string;
  /** The id of the connection. */
  readonly connection: string;
  readonly plan: SubscriptionPlan;
  readonly facts: Facts;
  /** Left out while no answer is known: it may be there, or not. */
  readonly live?: Live;
  /** Since when it is to be ended, milliseconds since 1970: it may be there, or not. */
  readonly ending?: number;
}

/** Times in milliseconds since 1970. */
export interface Live {
  /** What the templates read of the answer, by their names, and nothing else of it. */
  readonly known: readonly (readonly [name: string, value: unknown])[];
  /** When it was asked for, or renewed. */
  readonly since: number;
  /** When it ends, as the service said. */
  readonly expires?: number;
}

/** The scope whose ids are the nodes that have an entry. */
const registry = 'webhook-subscriptions';
const document = 'subscriptions';

export function subscriptionScope(id: string): string {
  return `webhook-subscription/${id}`;
}

export interface LedgerOptions {
  store: () => Promise<Store>;
  /** Of the node. */
  id: string;
  /** Who may write, of several processes. */
  fence: Pick<Fence, 'guard'>;
}

/** The entries of one node. A writer who does not know what another wrote is refused. */
export class Ledger {
  readonly #options: LedgerOptions;
  #version = 0;
  #entries: readonly Entry[] = [];

  constructor(options: LedgerOptions) {
    this.#options = options;
  }

  get entries(): readonly Entry[] {
    return this.#entries;
  }

  /** @throws Failure STATE */
  async load(): Promise<readonly Entry[]> {
    const store = await this.#options.store();
    const found = await store.get(subscriptionScope(this.#options.id), document);
    this.#version = found?.version ?? 0;
    this.#entries = (found?.value as { entries: Entry[] } | undefined)?.entries ?? [];
    return this.#entries;
  }

  /** Puts an entry at the end, where it is the latest. @throws Failure STATE; Conflict */
  put(entry: Entry): Promise<void> {
    const others = this.#entries.filter(({ key }) => key !== entry.key);
    return this.#save([...others, entry]);
  }

  /** Puts another in the place of one: which one is the later one stays. @throws Failure STATE; Conflict */
  replace({ key }: Pick<Entry, 'key'>, by: Entry): Promise<void> {
    return this.#save(this.#entries.map((entry) => (entry.key === key ? by : entry)));
  }

  /** @throws Failure STATE; Conflict */
  remove({ key }: Pick<Entry, 'key'>): Promise<void> {
    return this.#save(this.#entries.filter((entry) => entry.key !== key));
  }

  async #save(entries: readonly Entry[]): Promise<void> {
    const { store, id, fence } = this.#options;
    const scope = subscriptionScope(id);
    const place = { scope, name: document, expect: this.#version };
    const changes: Change[] =
      entries.length > 0
        ? [
            { kind: 'put', ...place, value: { entries } },
            { kind: 'set', scope: registry, entries: [[id, '']], listed: true },
          ]
        : [
            { kind: 'delete', ...place },
            { kind: 'remove', scope: registry, ids: [id] },
          ];
    const version = await (await store()).commit([...fence.guard(), ...changes]);
    this.#version = entries.length > 0 ? version : 0;
    this.#entries = entries;
  }
}

/** The ids of all nodes that have an entry. @throws Failure STATE */
export async function subscribedNodes(store: Store): Promise<string[]> {
  const ids: string[] = [];
  for (let after: string | undefined; ;) {
    const page = await store.list(registry, 1000, after);
    ids.push(...page.entries.map(([id]) => id));
    after = page.next;
    if (after === undefined) return ids;
  }
}

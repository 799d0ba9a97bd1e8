/** An order as the shop's API gives it. Times are ISO 8601 in UTC. */
export interface Order {
  id: number;
  customer: string;
  total: number;
  status: 'pending' | 'paid' | 'shipped';
  created_at: string;
  updated_at: string;
}

/** What is wrong with one field of an order that someone wants to place. */
export interface Complaint {
  field: string;
  message: string;
}

const customers = [
  'Ada Lovelace',
  'Grace Hopper',
  'Katherine Johnson',
  'Hedy Lamarr',
  'Radia Perlman',
  'Joan Clarke',
];

/** A demo that runs for days must not grow: the oldest orders go. */
const mostOrders = 1000;

/** The shop's orders, in memory. */
export class OrderBook {
  readonly #orders = new Map<number, Order>();
  #lastId: number;

  constructor(lastId = 1000) {
    this.#lastId = lastId;
  }

  get size(): number {
    return this.#orders.size;
  }

  get(id: number): Order | undefined {
    return this.#orders.get(id);
  }

  /**
   * Newest first.
   *
   * @param since only orders changed at this time or later
   */
  list(since?: Date): Order[] {
    const orders = [...this.#orders.values()].reverse();
    return since ? orders.filter((order) => Date.parse(order.updated_at) >= since.getTime()) : orders;
  }

  /** Places an order; without a customer and a total, one is made up. */
  place(wanted: { customer?: string; total?: number } = {}): Order {
    const id = ++this.#lastId;
    const now = new Date().toISOString();
    const order: Order = {
      id,
      customer: wanted.customer ?? customers[id % customers.length]!,
      total: wanted.total ?? 5 + ((id * 1279) % 9500) / 100,
      status: 'pending',
      created_at: now,
      updated_at: now,
    };
    this.#orders.set(id, order);
    for (const old of this.#orders.keys()) {
      if (this.#orders.size <= mostOrders) break;
      this.#orders.delete(old);
    }
    return order;
  }

  /** @throws RangeError when there is no such order */
  change(id: number, status: Order['status']): Order {
    const order = this.#orders.get(id);
    if (!order) throw new RangeError(`no order ${id}`);
    const changed = { ...order, status, updated_at: new Date().toISOString() };
    this.#orders.set(id, changed);
    return changed;
  }

  /** A step in the shop's day: what was paid is shipped, what was placed is paid. Returns what changed. */
  advance(): Order[] {
    return [...this.#orders.values()]
      .filter((order) => order.status !== 'shipped')
      .map((order) => this.change(order.id, order.status === 'paid' ? 'shipped' : 'paid'));
  }
}

/** Says what is wrong with an order that came in as JSON; nothing, when it can be placed. */
export function complaints(wanted: unknown): Complaint[] {
  if (typeof wanted !== 'object' || wanted === null || Array.isArray(wanted)) {
    return [{ field: '', message: 'an order is a JSON object' }];
  }
  const { customer, total } = wanted as { customer?: unknown; total?: unknown };
  const found: Complaint[] = [];
  if (typeof customer !== 'string' || customer.trim() === '') {
    found.push({ field: 'customer', message: 'a customer needs a name' });
  }
  if (typeof total !== 'number' || !(total > 0)) {
    found.push({ field: 'total', message: 'the total is a number greater than 0' });
  }
  return found;
}

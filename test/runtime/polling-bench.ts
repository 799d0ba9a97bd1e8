/** What the tests of polling in real processes share: a shop that changes, flows that poll it, several Node-REDs. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { sendJson, startServer, type TestServer } from '../support/server';
import { startNodeRed, type FlowNode, type NodeRed, type NodeRedOptions } from './node-red';

/** Waits until `check` is true. @param what for the error message */
export async function until(what: string, check: () => boolean, timeout = 15_000): Promise<void> {
  const deadline = performance.now() + timeout;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeout} ms: ${what}`);
    await pause(5);
  }
}

/** What a trigger put out, as the debug node behind it showed it. */
export interface Message {
  payload: unknown;
  topic?: string;
  event: { id: string; key: string; attempt: number; change?: string };
  events?: Message['event'][];
  parts: { id: string; index: number; count: number };
  failure?: { typeId: string; message: string; retryable: boolean };
}

/** A request; times by `performance.now()`. */
export interface Asked {
  /** Which Node-RED: its environment variable INSTANCE. */
  instance: string;
  began: number;
  /** Infinity while it is not answered. */
  ended: number;
}

/** A shop whose list of orders grows. It knows who asked and when, and can keep them waiting. */
export class Shop {
  readonly orders: { id: number; text?: string }[] = [{ id: 0 }];
  readonly asked: Asked[] = [];
  #isHolding = false;
  /** Answers that are kept back. */
  #held: { instance: string; answer: () => void }[] = [];
  #growing: NodeJS.Timeout | undefined;
  #server!: TestServer;

  async open(): Promise<this> {
    this.#server = await startServer(({ headers }, response) => {
      const asked = {
        instance: String(headers['x-instance'] ?? ''),
        began: performance.now(),
        ended: Number.POSITIVE_INFINITY,
      };
      this.asked.push(asked);
      response.once('close', () => (asked.ended = performance.now()));
      if (this.#isHolding)
        this.#held.push({ instance: asked.instance, answer: () => this.#answer(response) });
      else this.#answer(response);
    });
    return this;
  }

  get url(): string {
    return this.#server.url;
  }

  get newest(): number {
    return this.orders.length - 1;
  }

  /** @returns the id of the last one */
  add(count = 1, text?: string): number {
    for (; count > 0; count--) this.orders.push({ id: this.orders.length, ...(text ? { text } : {}) });
    return this.newest;
  }

  /** A new order every so many milliseconds, until `rest`. */
  grow(every = 10): void {
    this.#growing = setInterval(() => this.add(), every);
  }

  rest(): void {
    clearInterval(this.#growing);
  }

  /** From now on answers are kept back. */
  hold(): void {
    this.#isHolding = true;
  }

  /** How many of an instance's requests wait for their answer. */
  held(instance: string): number {
    return this.#held.filter((held) => held.instance === instance).length;
  }

  /** Answers what waits of an instance, with the orders of now. */
  letGo(instance: string): void {
    for (const { answer } of this.#held.filter((held) => held.instance === instance)) answer();
    this.#held = this.#held.filter((held) => held.instance !== instance);
  }

  /** Answers everything that waits, and from now on at once. */
  serve(): void {
    this.#isHolding = false;
    for (const { answer } of this.#held.splice(0)) answer();
  }

  #answer(response: ServerResponse): void {
    sendJson(response, [...this.orders].reverse());
  }

  async close(): Promise<void> {
    this.rest();
    await this.#server.close();
  }
}

const place = { z: 'tab1', x: 100, y: 100 };
export const debugNode = (id: string): FlowNode => {
  return { id, type: 'debug', ...place, active: true, tosidebar: true, complete: 'true', wires: [] };
};

/** A trigger `poll1` with a debug node `seen1` behind it, and `caught1` behind a Catch node. */
export const flowsFor = (shop: Shop, fields: object = {}): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'shop1', type: 'http-connection', baseUrl: shop.url },
  {
    id: 'poll1',
    type: 'polling-trigger',
    ...place,
    connection: 'shop1',
    url: 'orders',
    headers: [{ name: 'x-instance', type: 'str', value: '${INSTANCE}' }],
    interval: 0.2,
    wires: [['seen1']],
    ...fields,
  },
  debugNode('seen1'),
  { id: 'catch1', type: 'catch', ...place, scope: null, uncaught: false, wires: [['caught1']] },
  debugNode('caught1'),
];

export const seenAt = (nodeRed: NodeRed, id = 'seen1') =>
  nodeRed.debug.filter((message) => message.id === id).map(({ value }) => value as Message);
export const caughtAt = (nodeRed: NodeRed) => seenAt(nodeRed, 'caught1');

/** Several Node-REDs with the same flows on one Redis. */
export class Instances {
  readonly #shop: Shop;
  readonly #options: Omit<NodeRedOptions, 'line'>;
  readonly #members = new Map<string, NodeRed>();

  /** @param leaseTime in seconds */
  constructor(shop: Shop, redis: string, leaseTime: number, fields: object = {}) {
    this.#shop = shop;
    this.#options = {
      flows: flowsFor(shop, fields),
      settings: { httpConnector: { leaseTime } },
      env: { HTTP_CONNECTOR_STATE: redis },
    };
  }

  async start(...names: string[]): Promise<void> {
    const start = async (name: string) => {
      const env = { ...this.#options.env, INSTANCE: name };
      this.#members.set(name, await startNodeRed({ line: '5', ...this.#options, env }));
    };
    await Promise.all(names.map(start));
  }

  get(name: string): NodeRed {
    return this.#members.get(name)!;
  }

  get flows(): readonly FlowNode[] {
    return this.#options.flows!;
  }

  /** Who asked last. */
  get owner(): string {
    return this.#shop.asked.at(-1)!.instance;
  }

  /** What all of them emitted, those that have ended included. */
  get seen(): Message[] {
    return [...this.#members.values()].flatMap((nodeRed) => seenAt(nodeRed));
  }

  /** Waits until the orders that are there now are known, and one polls while the others say that it does. */
  async settled(): Promise<void> {
    await until('one polls, the others say so', () => {
      const texts = [...this.#members.values()].map((nodeRed) => nodeRed.statusOf('poll1').text ?? '');
      return (
        texts.filter((text) => /known|new|unchanged/.test(text)).length === 1 &&
        texts.filter((text) => text.endsWith('another instance polls')).length === texts.length - 1
      );
    });
  }

  /** Waits until the newest order was seen by one of them. */
  async caughtUp(timeout?: number): Promise<void> {
    const newest = String(this.#shop.newest);
    await until(
      `order ${newest} is seen`,
      () => this.seen.some(({ event }) => event.key === newest),
      timeout,
    );
  }

  async end(): Promise<void> {
    for (const nodeRed of this.#members.values()) await nodeRed.kill();
  }
}

/**
 * Every order from 1 on was emitted, each with one id. What came again did so as another attempt of a turn that was
 * pending.
 *
 * @param pending how many turns may have been
 * @returns how many orders came again
 */
export function assertNothingLost(shop: Shop, seen: readonly Message[], pending: number): number {
  const ids = new Map<string, Set<string>>();
  for (const { event } of seen) ids.set(event.key, (ids.get(event.key) ?? new Set()).add(event.id));
  const missing = shop.orders.slice(1).filter(({ id }) => !ids.has(String(id)));
  assert.deepEqual(missing, [], 'lost');
  assert.equal(ids.size, shop.newest, 'more than there are');
  for (const [key, known] of ids) assert.equal(known.size, 1, `order ${key} has several ids`);

  const attempts = seen.map(({ event }) => `${event.key} attempt ${event.attempt}`);
  assert.equal(new Set(attempts).size, attempts.length, 'emitted twice in one attempt');
  const turns = seen
    .filter(({ event }) => event.attempt > 1)
    .map(({ parts }) => parts.id.replace(/-\d+$/, ''));
  assert.ok(new Set(turns).size <= pending, `${new Set(turns).size} turns were repeated`);
  return seen.length - ids.size;
}

/** Never two at a time: a request begins after those of all other instances have ended. */
export function assertOneAtATime(asked: readonly Asked[]): void {
  for (const [index, { instance, began }] of asked.entries()) {
    const overlapping = asked
      .slice(0, index)
      .find((other) => other.instance !== instance && other.ended > began);
    assert.equal(overlapping, undefined, `${instance} and ${overlapping?.instance} ask at the same time`);
  }
}

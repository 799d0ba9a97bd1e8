/**
 * `kill -9` at random moments while a real Node-RED polls a source that changes: nothing is lost, and what comes twice is
 * a batch that was pending, with the same ids. `CRASH_ROUNDS` (20) and `CRASH_SEED` repeat a run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startNodeRed, type FlowNode } from '../runtime/node-red';
import { sendJson, startServer } from '../support/server';

interface Event {
  id: string;
  key: string;
  attempt: number;
}

const rounds = Number(process.env.CRASH_ROUNDS ?? 20);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function numbersFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const place = { z: 'tab1', x: 100, y: 100 };

const flows = (baseUrl: string): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'crash' },
  { id: 'shop1', type: 'http-connection', baseUrl },
  {
    id: 'poll1',
    type: 'polling-trigger',
    ...place,
    connection: 'shop1',
    url: 'orders',
    interval: 0.1,
    wires: [['seen1']],
  },
  { id: 'seen1', type: 'debug', ...place, active: true, tosidebar: true, complete: 'event', wires: [] },
];

describe('crash/polling', () => {
  it(`loses nothing over ${rounds} kills (seed ${seed})`, async () => {
    const random = numbersFrom(seed);
    const orders = [{ id: 0 }];
    const server = await startServer((_request, response) => sendJson(response, orders));
    const userDir = mkdtempSync(join(tmpdir(), 'crash-'));
    const growing = setInterval(() => {
      for (let i = random() * 5; i > 0; i--) orders.push({ id: orders.length });
    }, 20);
    const seen: Event[] = [];
    const collect = (debug: { value: unknown }[]) => seen.push(...debug.map(({ value }) => value as Event));
    try {
      for (let round = 0; round < rounds; round++) {
        const nodeRed = await startNodeRed({
          line: '5',
          userDir,
          ...(round === 0 ? { flows: flows(server.url) } : {}),
        });
        const before = nodeRed.debug.length;
        // the first poll takes the baseline: a kill before it proves nothing
        if (round === 0) await nodeRed.until('an order was seen', () => nodeRed.debug.length > before);
        // the moment of the kill is what this test varies
        await delay(random() * 400);
        await nodeRed.kill();
        collect(nodeRed.debug);
      }
      clearInterval(growing);
      const last = await startNodeRed({ line: '5', userDir });
      const final = String(orders.length - 1);
      await last.waitForDebug(({ value }) => (value as Event).key === final);
      await last.stop();
      collect(last.debug);
    } finally {
      clearInterval(growing);
      await server.close();
      rmSync(userDir, { recursive: true, force: true });
    }

    const ids = new Map<string, Set<string>>();
    for (const { key, id } of seen) ids.set(key, (ids.get(key) ?? new Set()).add(id));
    const first = Math.min(...[...ids.keys()].map(Number));
    const missing = orders.map(({ id }) => id).filter((id) => id >= first && !ids.has(String(id)));
    assert.deepEqual(missing, []);
    for (const [key, known] of ids) assert.equal(known.size, 1, `order ${key} has several event ids`);
    const counted = new Map<string, number>();
    for (const { key, attempt } of seen) {
      const times = (counted.get(key) ?? 0) + 1;
      counted.set(key, times);
      if (times > 1) assert.ok(attempt > 1, `order ${key} came again as a first attempt`);
    }
    console.log(`      ${ids.size} orders, ${seen.length - ids.size} of them came again`);
  });
});

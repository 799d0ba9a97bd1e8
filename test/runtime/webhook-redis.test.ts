/** Three Node-REDs with the same flows on one Redis: each event once, and none lost when the one that delivers is killed. */
import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import { RedisServer } from '../support/redis';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

const at = { z: 'tab1', x: 10, y: 10 };
const flows: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'hook1', type: 'webhook-trigger', ...at, path: 'hook', wires: [['seen1']] },
  { id: 'seen1', type: 'debug', ...at, active: true, tosidebar: true, complete: 'true', wires: [] },
];

interface Seen {
  payload: number;
  event: { id: string; attempt: number };
}

describe('runtime/webhook on one Redis', function () {
  this.timeout(120_000);
  let redis: RedisServer;
  const all: NodeRed[] = [];
  before(async () => {
    redis = await RedisServer.start();
    for (let n = 0; n < 3; n++) {
      all.push(await startNodeRed({ line: '5', flows, env: { HTTP_CONNECTOR_STATE: redis.url } }));
    }
  });
  after(async () => {
    await Promise.all(all.map((nodeRed) => nodeRed.kill()));
    await redis?.remove();
  });

  const seen = () => all.flatMap(({ debug }) => debug.map(({ value }) => value as Seen));

  it('is delivered once, and by another when the one that delivers is killed', async () => {
    const accepted: number[] = [];
    let next = 0;
    const send = async (targets: readonly NodeRed[], count: number) => {
      for (let n = 0; n < count; n++) {
        const number = next++;
        const body = String(number);
        const headers = { 'content-type': 'application/json' };
        const target = targets[number % targets.length]!;
        const answer = await fetch(`${target.url}/hook`, { method: 'POST', body, headers }).catch(
          () => undefined,
        );
        if (answer?.status === 200) accepted.push(number);
      }
    };
    await Promise.all([send(all, 100), send(all, 100)]);
    for (let n = 0; n < 200 && seen().length < accepted.length; n++) await delay(25);
    const before = seen();
    assert.equal(before.length, accepted.length);
    assert(before.every(({ event }) => event.attempt === 1));
    const holders = all.filter(({ debug }) => debug.length > 0);
    assert.equal(holders.length, 1);

    const rest = all.filter((nodeRed) => nodeRed !== holders[0]);
    const sending = Promise.all([send(all, 100), send(rest, 100)]);
    await delay(100);
    await holders[0]!.kill();
    await sending;
    const isThere = () => {
      const numbers = new Set(seen().map(({ payload }) => payload));
      return accepted.every((number) => numbers.has(number));
    };
    for (let n = 0; n < 400 && !isThere(); n++) await delay(100);
    assert(isThere(), 'an event is lost');
    const times = new Map<string, number>();
    for (const { event } of seen()) {
      const earlier = times.get(event.id) ?? 0;
      times.set(event.id, earlier + 1);
      assert(earlier === 0 || event.attempt > 1, 'an event came again as a first attempt');
    }
    assert.equal(rest.filter(({ debug }) => debug.length > 0).length, 1);
  });
});

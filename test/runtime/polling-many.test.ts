/** A hundred polling nodes in one Node-RED, one of them at a server that hangs: the others keep their times. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { rhythmOf } from '../../src/polling/schedule';
import { sendJson, startServer, type TestServer } from '../support/server';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';
import { debugNode, seenAt, until } from './polling-bench';

const count = 100;
/** Milliseconds. */
const interval = 1000;
const polls = 5;
/** Milliseconds by which a timer may be early. */
const early = 3;
const ids = Array.from({ length: count }, (_, n) => `poll-${n}`);
const hanging = ids[17]!;
const others = ids.filter((id) => id !== hanging);

const flowsFor = (baseUrl: string): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'shop1', type: 'http-connection', baseUrl },
  ...ids.map((id, n): FlowNode => {
    const place = { z: 'tab1', x: 100 + (n % 10) * 100, y: 100 + Math.floor(n / 10) * 40 };
    return {
      id,
      type: 'polling-trigger',
      ...place,
      connection: 'shop1',
      url: id,
      interval: interval / 1000,
      wires: [['seen1']],
    };
  }),
  debugNode('seen1'),
];

/** Seconds of processor time that a process took; undefined where there is no /proc. */
function processorTime(pid: number): number | undefined {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return undefined;
  // After the name, which is in parentheses and may have spaces: the 12th and 13th are user and system time in 1/100 s.
  const fields = readFileSync(file, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

/** The value below which so many of the values are, from 0 to 1. */
const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.ceil(values.length * share) - 1]!;

describe(`runtime/polling-trigger, ${count} of them, one at a server that hangs`, function () {
  this.timeout(60_000);
  let server: TestServer;
  let nodeRed: NodeRed;
  /** When each was asked, milliseconds since 1970. */
  let asked: Map<string, number[]>;
  let records: { id: number }[];
  /** Connections of requests that are not answered and still wait. */
  let waiting: number;

  beforeEach(async () => {
    asked = new Map(ids.map((id) => [id, []]));
    records = [{ id: 0 }];
    waiting = 0;
    server = await startServer(({ url }, response) => {
      const id = url.slice(1);
      asked.get(id)!.push(Date.now());
      if (id !== hanging) return sendJson(response, records);
      waiting++;
      response.once('close', () => waiting--);
    });
    nodeRed = await startNodeRed({ line: '5', flows: flowsFor(server.url) });
  });
  afterEach(async () => {
    await nodeRed.kill();
    await server.close();
  });

  it('each polls at its own times and fires once, at little cost, and all end at once', async () => {
    // The first polls are all due at the start; then each has its own phase.
    await until('all have polled twice', () => others.every((id) => asked.get(id)!.length >= 2), 20_000);
    const [from, usedBefore] = [Date.now(), processorTime(nodeRed.pid)];
    const have = new Map(others.map((id) => [id, asked.get(id)!.length]));
    records.push({ id: 1 });
    await until('all have polled so often', () =>
      others.every((id) => asked.get(id)!.length >= have.get(id)! + polls),
    );
    const [elapsed, used] = [Date.now() - from, processorTime(nodeRed.pid)];

    assert.equal(asked.get(hanging)!.length, 1);
    assert.equal(waiting, 1);
    const lateness: number[] = [];
    for (const id of others) {
      const { phase } = rhythmOf(id, interval);
      const due = asked
        .get(id)!
        .slice(have.get(id))
        .map((time) => (time + early - phase) / interval);
      lateness.push(...due.map((time) => (time - Math.floor(time)) * interval));
      const steps = due.map(Math.floor).map((step, index, all) => step - (all[index - 1] ?? step - 1));
      assert.ok(
        steps.every((step) => step === 1),
        `${id} left due times out: ${steps.join(' ')}`,
      );
    }
    for (const [share, most] of [
      [0.5, interval / 10],
      [0.9, interval / 2],
    ] as const) {
      const late = Math.round(quantile(lateness, share));
      assert.ok(late < most, `${100 - share * 100} of 100 polls are late by ${late} ms or more`);
    }
    if (usedBefore !== undefined && used !== undefined) {
      const share = (used - usedBefore) / (elapsed / 1000);
      assert.ok(share < 0.6, `${share} of a processor`);
    }

    const fired = () => seenAt(nodeRed).map(({ event }) => event.id);
    await nodeRed.until('each has fired', () => fired().length >= others.length);
    assert.equal(fired().length, others.length);
    assert.equal(new Set(fired()).size, others.length);

    const ending = performance.now();
    await nodeRed.stop();
    const took = performance.now() - ending;
    assert.ok(took < 3000, `${took} ms to end`);
    await until('the request that hung is given up', () => waiting === 0);
  });
});

import assert from 'node:assert/strict';
import { sendJson, startServer } from '../support/server';
import { lines, startNodeRed, type FlowNode } from './node-red';

const senders = ['a', 'b', 'c'];

/** Three nodes on one connection, each of which gets 20 messages at once. */
function flows(baseUrl: string): FlowNode[] {
  return [
    { id: 'tab1', type: 'tab', label: 'test' },
    { id: 'api1', type: 'http-connection', baseUrl, rateRequests: 10, rateInterval: 1 },
    {
      id: 'inject1',
      type: 'inject',
      z: 'tab1',
      props: [{ p: 'payload' }],
      payload: '',
      payloadType: 'date',
      wires: [senders.map((name) => `burst-${name}`)],
    },
    ...senders.flatMap((name): FlowNode[] => [
      {
        id: `burst-${name}`,
        type: 'function',
        z: 'tab1',
        func: `for (let i = 0; i < 20; i++) node.send({ payload: i });`,
        outputs: 1,
        wires: [[`request-${name}`]],
      },
      {
        id: `request-${name}`,
        type: 'send-request',
        z: 'tab1',
        connection: 'api1',
        method: 'GET',
        url: name,
        wires: [[]],
      },
    ]),
  ];
}

/** Most events in any stretch of `length` milliseconds. */
function worst(times: readonly number[], length: number): number {
  return Math.max(...times.map((from) => times.filter((t) => t >= from && t < from + length).length));
}

for (const line of lines) {
  describe(`runtime/limits on Node-RED ${line}`, function () {
    this.timeout(60_000);

    it('10 per second hold for 60 requests from three nodes together, and they say that they wait', async () => {
      const arrivals: number[] = [];
      const byNode = new Map<string, number>();
      let done: () => void;
      const all = new Promise<void>((resolve) => (done = resolve));
      const server = await startServer((request, response) => {
        arrivals.push(performance.now());
        byNode.set(request.url, (byNode.get(request.url) ?? 0) + 1);
        sendJson(response, {});
        if (arrivals.length === 60) done();
      });
      const nodeRed = await startNodeRed({ line, flows: flows(server.url) });
      try {
        const response = await nodeRed.admin('inject/inject1', { method: 'POST' });
        assert.equal(response.status, 200);
        for (const name of senders) {
          await nodeRed.waitForStatus(`request-${name}`, ({ text }) => /wait/.test(text ?? ''));
        }
        await all;
        // an arrival is as late behind its start as two busy processors make it; fixed windows would let twenty in at once
        assert.ok(worst(arrivals, 700) <= 10, `${worst(arrivals, 700)} in 0.7 s`);
        assert.ok(arrivals.at(-1)! - arrivals[0]! >= 4900);
        assert.deepEqual(Object.fromEntries(byNode), { '/a': 20, '/b': 20, '/c': 20 });
        await nodeRed.stop();
      } finally {
        await nodeRed.kill();
        await server.close();
      }
    });
  });
}

/** A redeploy in the middle of the work: no socket, no timer and no late message is left of it. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { startServer, type TestServer } from '../support/server';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

const count = 50;
const kinds = ['held', 'refused', 'limited', 'streamed'] as const;
type Kind = (typeof kinds)[number];

function flows(baseUrl: string): FlowNode[] {
  const connection = (kind: Kind, more: object): FlowNode => ({
    id: `api-${kind}`,
    type: 'http-connection',
    baseUrl,
    retryMaxDelay: 60,
    ...more,
  });
  return [
    { id: 'tab1', type: 'tab', label: 'test' },
    connection('held', {}),
    connection('refused', {}),
    connection('limited', { rateRequests: 1, rateInterval: 600, retryMaxTotal: 60_000 }),
    connection('streamed', {}),
    { id: 'go', type: 'inject', z: 'tab1', props: [], once: false, wires: [['many']] },
    {
      id: 'many',
      type: 'function',
      z: 'tab1',
      func: `return [Array.from({ length: ${count} }, (_, topic) => ({ topic }))];`,
      outputs: 1,
      wires: [kinds.map((kind) => `ask-${kind}`)],
    },
    ...kinds.map((kind) => ({
      // not the bare word: Node-RED takes a value that is some node's id for a reference to it
      id: `ask-${kind}`,
      type: 'send-request',
      z: 'tab1',
      connection: `api-${kind}`,
      url: kind,
      responseKind: kind === 'streamed' ? 'ndjson' : 'auto',
      wires: [['out']],
    })),
    { id: 'out', type: 'debug', z: 'tab1', active: true, tosidebar: true, complete: 'true', wires: [] },
  ];
}

for (const line of lines) {
  describe(`runtime/redeploy on Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    let server: TestServer;
    const open = new Set<ServerResponse>();
    const asked = new Map<string, number>();

    before(async () => {
      server = await startServer(({ url }, response) => {
        asked.set(url, (asked.get(url) ?? 0) + 1);
        if (url === '/refused') {
          response.writeHead(503, { 'retry-after': '50' });
          return void response.end();
        }
        open.add(response);
        response.on('close', () => open.delete(response));
        if (url === '/streamed') {
          response.writeHead(200, { 'content-type': 'application/x-ndjson' });
          response.write('{"n":1}\n');
        }
      });
      nodeRed = await startNodeRed({ line, flows: flows(server.url) });
    });
    after(async () => {
      await nodeRed?.kill();
      await server?.close();
    });

    it(`leaves nothing of ${count} requests in flight, in back-off, at a limit, and of streams`, async () => {
      // the libraries are loaded by the first request, and what they keep is theirs
      await nodeRed.admin('inject/go', { method: 'POST' });
      const busy = () => (asked.get('/refused') ?? 0) >= count && open.size >= 2 * count + 1;
      const until = async (check: () => boolean | Promise<boolean>) => {
        while (!(await check())) await delay(20);
      };
      await until(busy);
      await nodeRed.deploy(flows(server.url));
      await until(() => open.size === 0);
      const settled = await nodeRed.resources();

      asked.clear();
      await nodeRed.admin('inject/go', { method: 'POST' });
      await until(busy);
      const working = await nodeRed.resources();
      assert.ok(working.TCPSocketWrap! > (settled.TCPSocketWrap ?? 0) + 2 * count);
      assert.ok(working.Timeout! > (settled.Timeout ?? 0));
      const late = [...open];
      await nodeRed.deploy(flows(server.url));
      const said = nodeRed.debug.length;
      for (const response of late) if (!response.destroyed) response.end('{"late":true}');
      await until(() => open.size === 0);
      await until(async () => {
        const left = await nodeRed.resources();
        return (
          (left.Timeout ?? 0) <= settled.Timeout! && (left.TCPSocketWrap ?? 0) <= (settled.TCPSocketWrap ?? 0)
        );
      });
      assert.equal(nodeRed.debug.length, said);
      // one of each kind stood still meanwhile: the streams gave their first line and nothing else gave anything
      for (const { value } of nodeRed.debug) {
        assert.deepEqual((value as { payload: unknown }).payload, { n: 1 });
      }
    });
  });
}

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import manifest from '../../package.json';
import { lines, startNodeRed, type FlowNode } from './node-red';

/** Says `text` once the flows have started; answers `GET /hello`. */
const flowsSaying = (text: string): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'test' },
  {
    id: 'inject1',
    type: 'inject',
    z: 'tab1',
    props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
    payload: JSON.stringify({ text, list: [1, 2, 3] }),
    payloadType: 'json',
    topic: 'greeting',
    once: true,
    onceDelay: 0.01,
    wires: [['debug1']],
  },
  {
    id: 'debug1',
    type: 'debug',
    z: 'tab1',
    active: true,
    tosidebar: true,
    complete: 'true',
    tostatus: true,
    wires: [],
  },
  { id: 'in1', type: 'http in', z: 'tab1', url: '/hello', method: 'get', wires: [['out1']] },
  { id: 'out1', type: 'http response', z: 'tab1', statusCode: '200', wires: [] },
];

const says = (text: string) => (message: { value: unknown }) =>
  (message.value as { payload?: { text?: string } }).payload?.text === text;

for (const line of lines) {
  describe(`runtime/Node-RED ${line} as a process`, function () {
    this.timeout(60_000);

    it('shows messages and status, redeploys, and leaves nothing behind', async () => {
      await using nodeRed = await startNodeRed({ line, flows: flowsSaying('first') });
      const { value, ...message } = await nodeRed.waitForDebug(says('first'));
      assert.equal(message.id, 'debug1');
      assert.equal(message.topic, 'greeting');
      assert.deepEqual((value as { payload: unknown }).payload, { text: 'first', list: [1, 2, 3] });
      await nodeRed.waitForStatus('debug1', (status) => /first/.test(status.text ?? ''));

      await nodeRed.deploy(flowsSaying('second'), 'nodes');
      await nodeRed.waitForDebug(says('second'));
      assert.equal(nodeRed.debug.length, 2);

      const version = ((await (await nodeRed.admin('settings')).json()) as { version: string }).version;
      assert.ok(version.startsWith(line), version);

      await nodeRed.stop();
      assert.equal(existsSync(nodeRed.userDir), false);
      await assert.rejects(fetch(nodeRed.url), 'the port is free again');
    });

    it('starts again in the same user directory, after a stop and after a kill', async () => {
      const userDir = mkdtempSync(join(tmpdir(), 'node-red-kept-'));
      try {
        const first = await startNodeRed({ line, userDir, flows: flowsSaying('kept') });
        await first.waitForDebug(says('kept'));
        await first.stop();

        const second = await startNodeRed({ line, userDir, port: first.port });
        assert.equal(second.url, first.url);
        await second.waitForDebug(says('kept'));
        await second.kill();

        await using third = await startNodeRed({ line, userDir });
        await third.waitForDebug(says('kept'));
        await third.stop();
      } finally {
        rmSync(userDir, { recursive: true });
      }
    });

    it('serves nodes and editor below the roots it is given', async () => {
      const settings = { httpAdminRoot: '/admin', httpNodeRoot: '/api/' };
      await using nodeRed = await startNodeRed({ line, flows: flowsSaying('roots'), settings });
      assert.equal(nodeRed.url, `http://127.0.0.1:${nodeRed.port}/api`);
      assert.equal(nodeRed.adminUrl, `http://127.0.0.1:${nodeRed.port}/admin`);
      const answer = await fetch(`${nodeRed.url}/hello`);
      assert.equal(answer.status, 200);
      await nodeRed.stop();
    });

    it('that cannot start is reported with its log', async () => {
      const taken = createServer().listen(0, '127.0.0.1');
      await new Promise((done) => taken.once('listening', done));
      const { port } = taken.address() as { port: number };
      try {
        await assert.rejects(startNodeRed({ line, flows: flowsSaying('never'), port }), /port in use/);
      } finally {
        await new Promise((done) => taken.close(done));
      }
    });

    it('loads our four node types, each from a set of its own', async () => {
      await using nodeRed = await startNodeRed({ line, flows: flowsSaying('types') });
      const answer = await nodeRed.admin('nodes', { headers: { accept: 'application/json' } });
      const sets = (await answer.json()) as { module: string; name: string; types: string[]; err?: string }[];
      const ours = sets.filter((set) => set.module === manifest.name);
      const loaded = Object.fromEntries(ours.map(({ name, types, err }) => [name, err ?? types.join()]));
      const expected = Object.fromEntries(
        Object.keys(manifest['node-red'].nodes).map((type) => [type, type]),
      );
      assert.deepEqual(loaded, expected);
      await nodeRed.stop();
    });
  });
}

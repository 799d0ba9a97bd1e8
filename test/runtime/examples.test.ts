/** The examples that need no editor to be shown: each as it is shipped, in a real Node-RED, its buttons pressed. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

const folder = resolve(__dirname, '..', '..', 'examples');

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

function read(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as FlowNode[];
}

describe('examples', () => {
  const files = readdirSync(folder).map((file) => file.replace(/\.json$/, ''));

  it('can be imported beside each other: no id and no path is used twice', () => {
    const nodes = files.flatMap(read);
    const ids = nodes.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    const routes = nodes
      .filter(({ type }) => type === 'http in')
      .map(({ method, url }) => `${String(method)} ${String(url)}`);
    assert.deepEqual([...new Set(routes)], routes);
  });

  for (const file of files) {
    it(`${file}: says what to do, leads nowhere else, and gives each node its outputs`, () => {
      const nodes = read(file);
      assert.ok(nodes.some(({ type, info }) => type === 'comment' && /Deploy/.test(String(info))));
      for (const { type, baseUrl } of nodes)
        if (type === 'http-connection') assert.equal(baseUrl, 'http://127.0.0.1:1880/http-connector-example');
      for (const { type, failures, outputs, wires } of nodes) {
        if (type !== 'send-request' || failures === undefined) continue;
        assert.equal(outputs, failures === 'output' ? 2 : 1);
        assert.equal((wires as string[][]).length, outputs);
      }
    });
  }
});

for (const line of lines) {
  describe(`examples in Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    let flows: FlowNode[];

    const start = async (name: string): Promise<void> => {
      const port = await freePort();
      flows = JSON.parse(JSON.stringify(read(name)).replaceAll(':1880', `:${port}`)) as FlowNode[];
      nodeRed = await startNodeRed({ line, flows, port });
    };
    const nodeOf = (name: string) => flows.find((node) => node.name === name)!;
    const press = async (name: string) => {
      const answer = await nodeRed.admin(`inject/${nodeOf(name).id}`, { method: 'POST' });
      assert.equal(answer.status, 200);
    };
    const seen = (name: string) =>
      nodeRed.debug.filter(({ id }) => id === nodeOf(name).id).map(({ value }) => value as never);
    const wait = (name: string, count = 1): Promise<never[]> =>
      nodeRed.until(`"${name}" shows ${count}`, () => seen(name).length >= count && seen(name), 15_000);
    const tookStock = () =>
      nodeRed.waitForStatus(
        flows.find(({ type }) => type === 'polling-trigger')!.id,
        ({ text = '' }) => /known|0 new|unchanged/.test(text),
        15_000,
      );

    afterEach(async () => nodeRed.stop());

    it('04: pages by Link, joined; and by number, all at once', async () => {
      await start('04 - Read a list with pages');
      await press('By the Link header');
      const pages: { payload: unknown[]; paging: unknown }[] = await wait('a page', 3);
      assert.deepEqual(
        pages.map(({ payload, paging }) => [payload.length, paging]),
        [
          [10, { page: 0, complete: false }],
          [10, { page: 1, complete: false }],
          [5, { page: 2, complete: true }],
        ],
      );
      const ids = Array.from({ length: 25 }, (_, n) => n + 1);
      const idsOf = (records: { id: number }[]) => records.map(({ id }) => id);
      assert.deepEqual(idsOf((await wait('all pages joined'))[0]!), ids);
      await press('By page number');
      assert.deepEqual(idsOf((await wait('all at once'))[0]!), ids);
      assert.deepEqual(seen('failure'), []);
    });

    it('05: a file there and back', async () => {
      await start('05 - Download to a file');
      const { file } = JSON.parse(String(nodeOf('Download the report').payload)) as { file: string };
      try {
        await press('Download the report');
        const [written] = await wait('written');
        const { size } = statSync(file);
        assert.deepEqual(written, { path: file, size });
        assert.ok(size > 300_000);
        await press('Send it back');
        assert.deepEqual((await wait('answer'))[0], { bytes: size });
        assert.deepEqual(seen('failure'), []);
      } finally {
        rmSync(file, { force: true });
      }
    });

    it('06: new and updated, asked for by the cursor', async () => {
      await start('06 - Poll new and updated records with a cursor');
      await tookStock();
      await press('A ticket comes in');
      await wait('event');
      await press('The newest ticket changes');
      const events: { payload: { id: number; status: string; updated_at: string }; event: object }[] =
        await wait('event', 2);
      assert.deepEqual(
        events.map(({ payload, event }) => [payload.status, (event as { change: string }).change]),
        [
          ['open', 'created'],
          ['solved', 'updated'],
        ],
      );
      const since = () =>
        (seen('what is asked for').at(-1) as unknown as { updated_since: string }).updated_since;
      const expected = new Date(Date.parse(events[1]!.payload.updated_at) - 60_000).toISOString();
      await nodeRed.until('the cursor is asked for', () => since() === expected, 15_000);
      assert.equal(seen('event').length, 2);
      assert.deepEqual(seen('failure'), []);
    });

    it('07: created, updated, deleted', async () => {
      await start('07 - Poll a snapshot with deletions');
      await tookStock();
      await press('A device appears');
      const [created] = (await wait('created')) as { id: string; on: boolean }[];
      assert.equal(created!.on, false);
      await press('The newest device changes');
      assert.deepEqual((await wait('updated'))[0], { ...created, on: true });
      await press('The newest device goes');
      const [deleted] = (await wait('deleted')) as { change: string; key: string }[];
      assert.deepEqual([deleted!.change, deleted!.key], ['deleted', created!.id]);
      assert.deepEqual(seen('failure'), []);
    });

    it('08: failures apart from answers, and a list that goes on', async () => {
      await start('08 - Errors to a second output');
      await press('Parcel 1');
      assert.deepEqual((await wait('answer'))[0], { ok: true, parcel: 1, where: 'on its way' });
      await press('Parcel that does not exist');
      await wait('failed for good');
      await press('Parcel with a problem');
      const failed: { typeId: string }[] = await wait('failed for good', 2);
      assert.deepEqual(
        failed.map(({ typeId }) => typeId),
        ['HTTP_404', 'UNSUCCESSFUL'],
      );
      await press('A list that breaks');
      assert.deepEqual(await wait('a page', 3), [['Aachen', 'Basel'], ['Calais', 'Dover'], ['Ely']]);
      const [broken] = (await wait('broke off')) as { typeId: string; paging: { page: number } }[];
      assert.deepEqual([broken!.typeId, broken!.paging.page], ['HTTP_503', 1]);
      assert.equal(seen('a page').length, 3);
      assert.equal(seen('broke off').length, 1);
      assert.equal(seen('failed for good').length, 2);
    });
  });
}

import assert from 'node:assert/strict';
import { pagingDefaults } from '../../../nodes/runtime/paging-config';
import type { Message } from '../../support/flow';
import { Requesting } from '../../support/requesting';
import { sendJson } from '../../support/server';

interface Paged extends Message {
  parts: { id: string; index: number; count?: number; len: number };
  paging: { page: number; complete: boolean; stopped?: string };
}

describe('nodes/send-request: pages', () => {
  let requesting: Requesting;
  /** Pages of records; a page that is 'broken' fails once. */
  let list: (number[] | 'broken')[];

  beforeEach(async () => {
    requesting = await Requesting.start();
    list = [[1, 2], [3], []];
    requesting.answer = ({ url }, response) => {
      const page = Number(new URL(url, 'http://x').searchParams.get('page'));
      const records = list[page - 1] ?? [];
      if (records === 'broken') {
        list[page - 1] = [page * 10];
        return sendJson(response, { error: 'try again' }, 503);
      }
      sendJson(response, { items: records, page });
    };
  });

  afterEach(() => requesting.close());

  const paging = (fields: object) => ({
    paging: {
      ...pagingDefaults,
      kind: 'page-number',
      parameter: 'page',
      records: '',
      output: 'record',
      ...fields,
    },
  });
  const payloads = (messages: Message[]) => messages.map(({ payload }) => payload);
  const parts = (messages: Message[]) =>
    (messages as Paged[]).map(({ parts: { index, count, len } }) => [index, count, len]);

  it('leave as a message a record; the last one says how many there were', async () => {
    await requesting.load(paging({}));
    const out = await requesting.through({ payload: 'in', topic: 'kept', deep: { a: 1 } });
    assert.deepEqual(payloads(out), [1, 2, 3]);
    assert.deepEqual(parts(out), [
      [0, undefined, 1],
      [1, undefined, 1],
      [2, 3, 1],
    ]);
    const ids = new Set((out as Paged[]).map(({ parts: { id } }) => id));
    assert.equal(ids.size, 1);
    assert.ok(out.every(({ topic, statusCode }) => topic === 'kept' && statusCode === 200));
    // nothing is shared between two messages
    assert.notEqual(out[0]!.deep, out[1]!.deep);
    assert.deepEqual(
      requesting.server.received.map(({ url }) => url),
      ['/things?page=1', '/things?page=2', '/things?page=3'],
    );
  });

  it('leave as a message a page, an empty one too', async () => {
    await requesting.load(paging({ output: 'page' }));
    const out = await requesting.through({});
    assert.deepEqual(payloads(out), [[1, 2], [3], []]);
    assert.deepEqual(
      (out as Paged[]).map(({ paging }) => paging),
      [
        { page: 0, complete: false },
        { page: 1, complete: false },
        { page: 2, complete: true },
      ],
    );
    assert.deepEqual(parts(out), [
      [0, undefined, 2],
      [1, undefined, 2],
      [2, 3, 2],
    ]);
  });

  it('leave as one message', async () => {
    await requesting.load(paging({ output: 'all', records: 'items' }));
    const out = await requesting.through({});
    assert.deepEqual(payloads(out), [[1, 2, 3]]);
    assert.equal(out[0]!.parts, undefined);
  });

  it('end at a cap, and say so', async () => {
    await requesting.load(paging({ maxRecords: 2 }));
    const out = (await requesting.through({})) as Paged[];
    assert.deepEqual(payloads(out), [1, 2]);
    assert.deepEqual(out[1]!.paging, { page: 0, complete: false, stopped: 'records' });
    assert.equal(out[1]!.parts.count, 2);
  });

  it('ask for a size, and keep what the request has', async () => {
    await requesting.load({
      ...paging({ size: 2, sizeParameter: 'per_page' }),
      method: 'POST',
      bodyKind: 'payload',
      query: [{ name: 'q', type: 'str', value: '{{topic}}' }],
      headers: [{ name: 'X-Mine', type: 'str', value: 'h' }],
    });
    await requesting.through({ topic: 't', payload: { filter: 1 } });
    // one record of two: the last page
    assert.deepEqual(
      requesting.server.received.map(({ url }) => url),
      ['/things?q=t&per_page=2&page=1', '/things?q=t&per_page=2&page=2'],
    );
    for (const { method, headers, body } of requesting.server.received) {
      assert.equal(method, 'POST');
      assert.equal(headers['x-mine'], 'h');
      assert.equal(body.toString(), '{"filter":1}');
    }
  });

  for (const output of ['record', 'page']) {
    it(`keep what left before a fault, and go on from it (a message a ${output})`, async () => {
      list = [[1, 2], [3], 'broken', [40], []];
      await requesting.load(paging({ output }));
      const caught = await requesting.failing({ topic: 'kept', payload: 'in' });
      assert.equal(caught.error.code, 'HTTP_503');
      assert.equal(caught.payload, 'in');
      assert.equal(caught.failure.paging!.page, 2);
      assert.equal(caught.failure.paging!.records, 3);
      const before = [...requesting.flow.messages('answers')];
      const after = await requesting.through(caught);
      const all = [...before, ...after] as Paged[];
      assert.deepEqual(payloads(all).flat(), [1, 2, 3, 30, 40]);
      assert.deepEqual(
        all.map(({ parts: { index } }) => index),
        all.map((_, index) => index),
      );
      assert.equal(new Set(all.map(({ parts: { id } }) => id)).size, 1);
      assert.equal(all.at(-1)!.parts.count, all.length);
      assert.equal(all.at(-1)!.failure, undefined);
    });
  }

  it('begin anew where all records leave together', async () => {
    list = [[1, 2], 'broken', []];
    await requesting.load(paging({ output: 'all' }));
    const caught = await requesting.failing({});
    assert.equal(caught.failure.paging, undefined);
    assert.deepEqual(payloads(await requesting.through(caught)), [[1, 2, 20]]);
  });

  it('begin anew for a message that failed in another node', async () => {
    await requesting.load(paging({}));
    const failure = { paging: { node: 'another', strategy: 'page-number', page: 2, records: 3, next: 3 } };
    const out = await requesting.through({ failure });
    assert.deepEqual(payloads(out), [1, 2, 3]);
    assert.deepEqual(out[0]!.failure, failure);
  });

  it('stop at a next link that leads to itself, at the second page', async () => {
    requesting.answer = ({ url }, response) => {
      response.setHeader('link', `<${url}>; rel="next"`);
      sendJson(response, [1]);
    };
    await requesting.load(paging({ kind: 'link-header' }));
    const caught = await requesting.failing({});
    assert.equal(caught.error.code, 'PAGING');
    assert.ok(requesting.server.received.length <= 2);
    assert.deepEqual(payloads(requesting.flow.messages('answers')), [1]);
  });
});

/** The part of an answer's body that is kept. */
import assert from 'node:assert/strict';
import { Requesting } from '../../support/requesting';
import { sendJson } from '../../support/server';

describe('nodes/send-request: a part of the answer', () => {
  let requesting: Requesting;

  beforeEach(async () => {
    requesting = await Requesting.start();
    requesting.answer = (_request, response) =>
      sendJson(response, { data: { items: [{ id: 7 }] }, none: null });
  });
  afterEach(() => requesting.close());

  async function answer(properties: object): Promise<Record<string, unknown>> {
    await requesting.load(properties);
    requesting.send({ payload: 'in' });
    return requesting.flow.after('answers', 0);
  }

  it('goes on in place of the body, and the condition of a success sees all of it', async () => {
    const condition = { successCondition: '$count(payload.data.items) = 1' };
    const msg = await answer({ responsePart: ' data.items[0].id ', responseProperty: 'order', ...condition });
    assert.equal(msg.order, 7);
    assert.equal(msg.statusCode, 200);
  });

  it('can be null', async () => {
    assert.equal((await answer({ responsePart: 'none' })).payload, null);
  });

  it('that is not there is an error with the whole answer', async () => {
    await requesting.load({ responsePart: 'data.orders' });
    requesting.send({ payload: 'in' });
    const { failure } = (await requesting.flow.after('caught', 0)) as unknown as {
      failure: Record<string, unknown>;
    };
    assert.equal(failure.typeId, 'INVALID_BODY');
    assert.match(String(failure.message), /no "data\.orders"/);
    assert.deepEqual((failure.response as { body: unknown }).body, {
      data: { items: [{ id: 7 }] },
      none: null,
    });
  });

  it('is not asked of an answer that goes on although it failed', async () => {
    requesting.answer = (_request, response) => sendJson(response, { error: 'gone' }, 404);
    const msg = await answer({ responsePart: 'data', failures: 'success' });
    assert.deepEqual(msg.payload, { error: 'gone' });
  });

  it('is the records of the pages where there are pages', async () => {
    const msg = await answer({
      responsePart: 'none',
      paging: { kind: 'link-header', records: 'data.items', output: 'page' },
    });
    assert.deepEqual(msg.payload, [{ id: 7 }]);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { sampleLimit, sampleOf } from '../../../nodes/editor/sample';

describe('nodes/editor/sample', () => {
  it('keeps a small message as it is, without its id', () => {
    const message = { _msgid: 'a', payload: { list: [1, 'two', null], empty: {} }, statusCode: 200 };
    assert.deepEqual(JSON.parse(sampleOf(message)), { payload: message.payload, statusCode: 200 });
  });

  it('shortens lists, texts and objects until the whole is small enough', () => {
    const record = {
      id: 1,
      text: 'x'.repeat(10_000),
      tags: Array.from({ length: 100 }, (_, index) => index),
    };
    const many = Object.fromEntries(Array.from({ length: 50_000 }, (_, index) => [`n${index}`, index]));
    for (const payload of [Array.from({ length: 5000 }, () => record), 'x'.repeat(1_000_000), many]) {
      const text = sampleOf({ payload, topic: 'kept' });
      assert.ok(text.length > 0 && text.length <= sampleLimit);
      const sample = JSON.parse(text) as { payload: unknown; topic: string };
      assert.equal(sample.topic, 'kept');
      assert.equal(typeof sample.payload, typeof payload);
    }
  });

  it('is JSON within the limit for any message', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (message) => {
        const text = sampleOf(message);
        assert.ok(text.length <= sampleLimit);
        JSON.parse(text);
      }),
    );
  });
});

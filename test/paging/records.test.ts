import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { recordsFinder, recordsIn } from '../../src/paging/records';

const missing = (message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'RECORDS_NOT_FOUND' && message.test(error.message);

describe('records', () => {
  it('are at a path', () => {
    assert.deepEqual(recordsIn({ data: { items: [1, 2] } }, 'data.items'), [1, 2]);
    assert.deepEqual(recordsIn({ pages: [{ rows: [3] }] }, 'pages[0].rows'), [3]);
    assert.deepEqual(recordsIn({ items: [], more: [1] }, 'items'), []);
  });

  it('are the answer itself or its only list, where no path is set', () => {
    assert.deepEqual(recordsIn([4], ''), [4]);
    assert.deepEqual(recordsIn([], ''), []);
    assert.deepEqual(recordsIn({ 'my.items': [5], total: 1, meta: { tags: ['a'] } }, ''), [5]);
  });

  it('what is there instead is said, and where a list is', () => {
    const cases: [unknown, string, RegExp][] = [
      [{ error: 'x' }, 'items', /^"items" in the answer is missing$/],
      [{ items: { 0: 'a' } }, 'items', /is an object, not a list/],
      [{ data: [], more: [] }, 'items', /is missing: there is a list in "data", "more"/],
      [[1], 'items', /the answer itself is a list, leave the path empty/],
      [null, 'items', /^"items" in the answer is missing$/],
      [{ a: [1], b: [2] }, '', /^the answer has several lists, "a", "b": name the one with the records$/],
      [{ a: 1 }, '', /^the answer is an object, not a list$/],
      [null, '', /^the answer is null, not a list$/],
      [undefined, '', /^the answer is missing$/],
      ['text', '', /^the answer is a string, not a list$/],
    ];
    for (const [answer, path, message] of cases)
      assert.throws(() => recordsIn(answer, path), missing(message));
  });

  it('may be null where they are named, as a Go program writes an empty list', () => {
    assert.deepEqual(recordsIn({ data: { items: null } }, 'data.items'), []);
  });

  it('are in the same place in every page', () => {
    const find = recordsFinder('');
    assert.deepEqual(find({ items: [1] }), [1]);
    assert.deepEqual(find({ items: [], warnings: ['w'] }), []);
    assert.throws(
      () => find({ warnings: ['w'] }),
      missing(/"items" in the answer is missing: .* "warnings"/),
    );
    assert.throws(() => find([1]), missing(/"items" in the answer is missing/));
    const list = recordsFinder('');
    assert.deepEqual(list([1]), [1]);
    assert.throws(() => list({ items: [1] }), missing(/the answer is an object/));
  });
});

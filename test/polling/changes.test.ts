import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { digest, keyed, oldestFirst, parseKey, recordsIn } from '../../src/polling/changes';

const failure = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message);
const keysOf = (records: readonly { key: string }[]) => records.map(({ key }) => key);

describe('recordsIn', () => {
  it('finds the list by its path, and the answer itself', () => {
    assert.deepEqual(recordsIn({ data: { items: [1, 2] } }, 'data.items'), [1, 2]);
    assert.deepEqual(recordsIn({ pages: [{ rows: [3] }] }, 'pages[0].rows'), [3]);
    assert.deepEqual(recordsIn([4], ''), [4]);
    assert.deepEqual(recordsIn({ items: [] }, 'items'), []);
  });

  it('says what is there instead, and where a list is', () => {
    const cases: [unknown, string, RegExp][] = [
      [{ error: 'x' }, 'items', /^"items" in the answer is missing$/],
      [{ items: null }, 'items', /is null, not a list/],
      [{ items: { 0: 'a' } }, 'items', /is an object, not a list/],
      [{ data: [], more: [] }, 'items', /is missing: there is a list in "data", "more"/],
      [{ orders: [] }, '', /^the answer is an object, not a list: there is a list in "orders"/],
      [[1], 'items', /the answer itself is a list, leave the path empty/],
      [null, '', /^the answer is null, not a list$/],
      ['text', '', /^the answer is a string, not a list$/],
    ];
    for (const [answer, path, message] of cases) {
      assert.throws(() => recordsIn(answer, path), failure('RECORDS_NOT_FOUND', message));
    }
  });
});

describe('parseKey', () => {
  it('reads property paths separated by commas', () => {
    assert.deepEqual(parseKey(' id , order.no,'), ['id', 'order.no']);
    assert.throws(() => parseKey(' , '), failure('CONFIG', /no property is named/));
  });
});

describe('keyed', () => {
  it('takes texts, numbers and truth values for keys, also below the record', () => {
    const records = [{ id: 'a' }, { id: 7 }, { id: 0 }, { id: false }, { id: -1.5 }];
    assert.deepEqual(keysOf(keyed(records, ['id']).records), ['a', '7', '0', 'false', '-1.5']);
    assert.deepEqual(keysOf(keyed([{ _id: { $oid: 'x' } }], ['_id.$oid']).records), ['x']);
  });

  it('joins several properties so that no two records can be mixed up', () => {
    const records = [
      { shop: 'a', no: 'b,c' },
      { shop: 'a,b', no: 'c' },
      { shop: 'a"', no: 1 },
    ];
    assert.equal(new Set(keysOf(keyed(records, ['shop', 'no']).records)).size, 3);
  });

  it('keeps the first of records with one key, and the order', () => {
    const { records } = keyed([{ id: 2, v: 'first' }, { id: 1 }, { id: 2, v: 'second' }], ['id']);
    assert.deepEqual(records, [
      { key: '2', record: { id: 2, v: 'first' } },
      { key: '1', record: { id: 1 } },
    ]);
  });

  it('leaves out records without a usable key, and says why', () => {
    const cases: [unknown, RegExp][] = [
      [{}, /"id" is missing/],
      [{ id: null }, /"id" is null/],
      [{ id: '' }, /"id" is empty/],
      [{ id: [1] }, /"id" is a list/],
      [{ id: { a: 1 } }, /"id" is an object/],
      [JSON.parse('{ "id": 12345678901234567891 }'), /"id" is a number too large to be exact/],
      ['text', /"id" is missing/],
      [null, /"id" is missing/],
    ];
    for (const [record, reason] of cases) {
      const { records, bad } = keyed([{ id: 1 }, record, { id: 2 }, record], ['id']);
      assert.deepEqual(keysOf(records), ['1', '2']);
      assert.equal(bad?.count, 2);
      assert.match(bad.reason, reason);
    }
  });

  it('fails when not one record has a key: the set-up is wrong', () => {
    assert.throws(
      () => keyed([{ no: 1 }, { no: 2 }], ['id']),
      failure('INVALID_BODY', /none of the 2 records has a key: "id" is missing/),
    );
    assert.deepEqual(keyed([], ['id']), { records: [], bad: undefined });
  });

  it('never reads what a record inherits', () => {
    assert.equal(keyed([{ id: 1 }, {}], ['id']).bad?.count, 1);
    assert.throws(() => keyed([{}], ['constructor.name']), failure('INVALID_BODY', /missing/));
  });
});

describe('oldestFirst', () => {
  const sorted = (...keys: string[]) => keysOf(oldestFirst(keys.map((key) => ({ key, record: {} }))));

  it('goes by numbers and ISO dates', () => {
    assert.deepEqual(sorted('10', '9', '-1'), ['-1', '9', '10']);
    assert.deepEqual(sorted('2.5', '10', '2.25'), ['2.25', '2.5', '10']);
    assert.deepEqual(sorted('9007199254740993', '9007199254740992'), [
      '9007199254740992',
      '9007199254740993',
    ]);
    assert.deepEqual(sorted('2026-11-05T10:00:00Z', '2026-11-05T10:30:00+02:00', '2026-01-01'), [
      '2026-01-01',
      '2026-11-05T10:30:00+02:00',
      '2026-11-05T10:00:00Z',
    ]);
  });

  it('keeps the order of the answer for other keys', () => {
    assert.deepEqual(sorted('b', '2', 'a'), ['b', '2', 'a']);
    assert.deepEqual(sorted('2026-01-01', '7'), ['2026-01-01', '7']);
  });

  it('loses and invents nothing', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(fc.string(), fc.integer().map(String))), (keys) => {
        assert.deepEqual(sorted(...keys).sort(), [...keys].sort());
      }),
    );
  });
});

describe('digest', () => {
  it('stays the same for the same texts, and is another for others', () => {
    // Written down: an update of this package must not change the ids of events.
    assert.equal(digest('node', 'key'), 'ou86v37EfWwsUArGYrN2QC');
    assert.notEqual(digest('a', 'bc'), digest('ab', 'c'));
  });
});

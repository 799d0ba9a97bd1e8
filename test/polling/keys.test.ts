import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { digest, keyed as keyedBy, parseKey } from '../../src/polling/keys';

const failure = (code: string, message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === code && message.test(error.message);
const keysOf = (records: readonly { key: string }[]) => records.map(({ key }) => key);

const keyed = (records: readonly unknown[], paths: string[]) => keyedBy(records, { by: 'properties', paths });

describe('parseKey', () => {
  it('reads property paths separated by commas', () => {
    assert.deepEqual(parseKey(' id , order.no,'), ['id', 'order.no']);
    assert.throws(() => parseKey(' , '), failure('CONFIG', /no property is named/));
  });
});

describe('keyed', () => {
  it('takes texts, numbers and truth values for keys, also below the record', async () => {
    const records = [{ id: 'a' }, { id: 7 }, { id: 0 }, { id: false }, { id: -1.5 }];
    assert.deepEqual(keysOf((await keyed(records, ['id'])).records), ['a', '7', '0', 'false', '-1.5']);
    assert.deepEqual(keysOf((await keyed([{ _id: { $oid: 'x' } }], ['_id.$oid'])).records), ['x']);
  });

  it('joins several properties so that no two records can be mixed up', async () => {
    const records = [
      { shop: 'a', no: 'b,c' },
      { shop: 'a,b', no: 'c' },
      { shop: 'a"', no: 1 },
    ];
    assert.equal(new Set(keysOf((await keyed(records, ['shop', 'no'])).records)).size, 3);
  });

  it('keeps the first of records with one key, and the order', async () => {
    const { records } = await keyed([{ id: 2, v: 'first' }, { id: 1 }, { id: 2, v: 'second' }], ['id']);
    assert.deepEqual(records, [
      { key: '2', record: { id: 2, v: 'first' } },
      { key: '1', record: { id: 1 } },
    ]);
  });

  it('leaves out records without a usable key, and says why', async () => {
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
      const { records, bad } = await keyed([{ id: 1 }, record, { id: 2 }, record], ['id']);
      assert.deepEqual(keysOf(records), ['1', '2']);
      assert.equal(bad?.count, 2);
      assert.match(bad.reason, reason);
    }
  });

  it('fails when not one record has a key: the set-up is wrong', async () => {
    await assert.rejects(
      () => keyed([{ no: 1 }, { no: 2 }], ['id']),
      failure('INVALID_BODY', /none of the 2 records has a key: "id" is missing/),
    );
    assert.deepEqual(await keyed([], ['id']), { records: [], bad: undefined });
  });

  it('takes what a function makes of a record, and the others when it throws', async () => {
    const of = (record: unknown) => {
      const { id } = record as { id: string };
      if (id === 'bad') throw new Error('no idea');
      return id === 'slow' ? Promise.resolve(['a', 1]) : id;
    };
    const { records, bad } = await keyedBy([{ id: 'x' }, { id: 'bad' }, { id: 'slow' }], {
      by: 'function',
      text: 'id',
      of,
    });
    assert.deepEqual(keysOf(records), ['x', '["a","1"]']);
    assert.deepEqual(bad, { count: 1, reason: 'the key cannot be made: no idea' });
  });

  it('takes the content for the key, whatever the order of properties', async () => {
    const records = [{ a: 1, b: [2, { c: 3 }] }, { b: [2, { c: 3 }], a: 1 }, { a: '1' }, 'text', null];
    assert.equal((await keyedBy(records, { by: 'content' })).records.length, 4);
  });

  it('keeps repeats where they are wanted', async () => {
    const rule = { by: 'properties' as const, paths: ['id'] };
    assert.deepEqual(keysOf((await keyedBy([{ id: 1 }, { id: 1 }], rule, true)).records), ['1', '1']);
  });

  it('never reads what a record inherits', async () => {
    assert.equal((await keyed([{ id: 1 }, {}], ['id'])).bad?.count, 1);
    await assert.rejects(() => keyed([{}], ['constructor.name']), failure('INVALID_BODY', /missing/));
  });
});

describe('digest', () => {
  it('stays the same for the same texts, and is another for others', () => {
    // Written down: an update of this package must not change the ids of events.
    assert.equal(digest('node', 'key'), 'ou86v37EfWwsUArGYrN2QC');
    assert.notEqual(digest('a', 'bc'), digest('ab', 'c'));
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { oldestFirst, ordered } from '../../src/polling/order';

const keysOf = (records: readonly { key: string }[]) => records.map(({ key }) => key);

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

describe('ordered', () => {
  const records = [
    { key: 'c', record: { at: '2026-01-03' } },
    { key: 'x', record: {} },
    { key: 'a', record: { at: '2026-01-01' } },
    { key: 'b', record: { at: '2026-01-01T12:00:00Z' } },
  ];

  it('goes by the cursor, and puts last what has no value for it', () => {
    assert.deepEqual(keysOf(ordered(records, 'oldest first', { path: 'at' })), ['a', 'b', 'c', 'x']);
  });

  it('keeps or turns the order of the answer when it is told to', () => {
    assert.deepEqual(keysOf(ordered(records, 'as is', { path: 'at' })), ['c', 'x', 'a', 'b']);
    assert.deepEqual(keysOf(ordered(records, 'reversed')), ['b', 'a', 'x', 'c']);
  });
});

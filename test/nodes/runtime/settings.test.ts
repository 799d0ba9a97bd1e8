import assert from 'node:assert/strict';
import { numberOf } from '../../../nodes/runtime/settings';
import { Failure } from '../../../src/exchange/failure';

describe('nodes/runtime/settings', () => {
  it('reads numbers, and texts that are numbers', () => {
    assert.equal(numberOf(10, 'the time'), 10);
    assert.equal(numberOf('10', 'the time'), 10);
    assert.equal(numberOf(' 0.5 ', 'the time'), 0.5);
    assert.equal(numberOf('1e3', 'the time'), 1000);
    assert.equal(numberOf(0, 'the time'), 0);
    assert.equal(numberOf('2', 'the count', 2), 2);
  });

  const wrong: unknown[] = [
    '',
    '  ',
    'soon',
    '5s',
    '${NOT_SET}',
    -1,
    '-1',
    NaN,
    Infinity,
    'Infinity',
    null,
    undefined,
    true,
    [1],
  ];
  for (const value of wrong) {
    it(`does not take ${typeof value} "${String(value)}", and names the field`, () => {
      assert.throws(
        () => numberOf(value as string, 'the time'),
        (error: unknown) =>
          error instanceof Failure &&
          error.code === 'CONFIG' &&
          error.message.startsWith('the time must be a number'),
      );
    });
  }

  it('has a least value', () => {
    assert.throws(() => numberOf(1, 'the count', 2), /at least 2, not "1"/);
  });
});

import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';

describe('exchange/success', () => {
  const all = Array.from({ length: 500 }, (_, index) => index + 100);
  const range = (from: number, to: number) => all.filter((status) => status >= from && status <= to);
  const cases: [string, number[]][] = [
    ['2xx', range(200, 299)],
    ['2XX,304', [...range(200, 299), 304]],
    ['  200   201 ', [200, 201]],
    ['400-404, 2xx', [...range(200, 299), ...range(400, 404)]],
    ['204-204', [204]],
    ['1xx,5xx', [...range(100, 199), ...range(500, 599)]],
    [',,200,,', [200]],
  ];
  for (const [list, expected] of cases) {
    it(`reads "${list}"`, () => assert.deepEqual(all.filter(parseStatuses(list)), expected));
  }

  for (const list of [
    '',
    ' , ',
    '2x',
    '20',
    '600',
    '099',
    '2xx;3xx',
    '200-',
    '200-3xx',
    '404-400',
    'ok',
    '-200',
  ]) {
    it(`does not take "${list}"`, () => {
      assert.throws(
        () => parseStatuses(list),
        (error: unknown) => error instanceof Failure && error.code === 'CONFIG' && error.message.length > 10,
      );
    });
  }
});

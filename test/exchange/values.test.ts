import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';
import { asPairs, asText, valueAt } from '../../src/exchange/values';

describe('exchange/values', () => {
  it('writes each kind of value as text', () => {
    const cases: [unknown, string][] = [
      ['ü', 'ü'],
      ['', ''],
      [0, '0'],
      [-1.5, '-1.5'],
      [false, 'false'],
      [12n, '12'],
      [null, ''],
      [undefined, ''],
      [() => 'x', ''],
      [Symbol('x'), ''],
      [Buffer.from('bytes'), 'bytes'],
      [new Uint8Array([0xc3, 0xbc]), 'ü'],
      [new Date(0), '1970-01-01T00:00:00.000Z'],
      [new Date(NaN), ''],
      [{ a: [1] }, '{"a":[1]}'],
      [{ toJSON: () => undefined }, ''],
    ];
    for (const [value, text] of cases) assert.equal(asText(value), text);
  });

  it('says so when a value has no text', () => {
    const circle: unknown[] = [];
    circle.push(circle);
    for (const value of [circle, { big: 1n }]) {
      assert.throws(
        () => asText(value),
        (error: unknown) => error instanceof Failure && error.code === 'INVALID_REQUEST',
      );
    }
  });

  it('repeats a name for a list and leaves out what is missing', () => {
    assert.deepEqual(
      asPairs([
        ['a', 1],
        ['b', [1, undefined, 'x', null, { c: 2 }]],
        ['n', null],
        ['u', undefined],
        ['empty', ''],
        ['none', []],
        ['a', false],
      ]),
      [
        ['a', '1'],
        ['b', '1'],
        ['b', 'x'],
        ['b', '{"c":2}'],
        ['empty', ''],
        ['a', 'false'],
      ],
    );
  });

  it('follows a path of dots and brackets through own properties', () => {
    const value = { a: { b: [{ c: 1 }, null] }, 'x y': 2, n: null };
    const cases: [string, unknown][] = [
      ['', value],
      ['a.b[0].c', 1],
      ['a.b.0.c', 1],
      ['a.b[1]', null],
      ['a.b[1].c', undefined],
      ['a.b[2]', undefined],
      ['x y', 2],
      ['n.x', undefined],
      ['constructor', undefined],
      ['__proto__', undefined],
      ['a.b.length', 2],
      ['a.constructor.name', undefined],
    ];
    for (const [path, expected] of cases) assert.deepEqual(valueAt(value, path), expected, path);
    assert.equal(valueAt([{ id: 3 }], '[0].id'), 3);
    assert.equal(valueAt('text', 'length'), undefined);
    assert.equal(valueAt(undefined, 'a'), undefined);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { asPairs, asText, valueAt, type ListStyle } from '../../src/exchange/values';
import { refused } from '../support/refused';

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

  describe('lists and objects, in the style that the server reads', () => {
    const values: [string, unknown][] = [
      ['a', [1, undefined, 'x,y', null]],
      ['o', { b: { c: 1 }, d: [2, 3], gone: undefined }],
      ['l', [{ m: 1 }, [2]]],
      ['none', []],
      ['nothing', null],
      ['when', new Date(0)],
      ['bytes', Buffer.from('b')],
      ['flag', false],
    ];
    const scalars = [
      ['when', '1970-01-01T00:00:00.000Z'],
      ['bytes', 'b'],
      ['flag', 'false'],
    ];
    const cases: Record<ListStyle, string[][]> = {
      repeat: [
        ['a', '1'],
        ['a', 'x,y'],
        ['o', '{"b":{"c":1},"d":[2,3]}'],
        ['l', '{"m":1}'],
        ['l', '[2]'],
      ],
      comma: [
        ['a', '1,x,y'],
        ['o', '{"b":{"c":1},"d":[2,3]}'],
        ['l', '{"m":1},[2]'],
      ],
      brackets: [
        ['a[]', '1'],
        ['a[]', 'x,y'],
        ['o[b][c]', '1'],
        ['o[d][]', '2'],
        ['o[d][]', '3'],
        ['l[][m]', '1'],
        ['l[][]', '2'],
      ],
      indices: [
        ['a[0]', '1'],
        ['a[1]', 'x,y'],
        ['o[b][c]', '1'],
        ['o[d][0]', '2'],
        ['o[d][1]', '3'],
        ['l[0][m]', '1'],
        ['l[1][0]', '2'],
      ],
    };
    for (const [style, pairs] of Object.entries(cases)) {
      it(style, () => assert.deepEqual(asPairs(values, style as ListStyle), [...pairs, ...scalars]));
    }

    it('what contains itself is an error', () => {
      const circle: Record<string, unknown> = {};
      circle.a = [circle];
      for (const style of Object.keys(cases) as ListStyle[]) {
        assert.throws(() => asPairs([['x', circle]], style), refused('INVALID_REQUEST', /./));
      }
    });

    it('an object with numbers and texts comes back from who reads indices', () => {
      const leaf = fc.string({ unit: 'grapheme', minLength: 1 });
      const key = fc.stringMatching(/^[a-z]{1,5}$/);
      const { branch } = fc.letrec<{ branch: unknown }>((tie) => ({
        branch: fc.oneof(
          { maxDepth: 4 },
          leaf,
          fc.array(tie('branch'), { minLength: 1, maxLength: 3 }),
          fc.dictionary(key, tie('branch'), { minKeys: 1, maxKeys: 3 }),
        ),
      }));
      fc.assert(
        fc.property(branch, (value) => {
          const read: { root?: unknown } = {};
          for (const [name, text] of asPairs([['root', value]], 'indices')) {
            const steps = name.replaceAll(']', '').split('[');
            let at = read as Record<string, unknown>;
            steps.forEach((step, index) => {
              if (index === steps.length - 1) at[step] = text;
              else at = (at[step] ??= /^\d+$/.test(steps[index + 1]!) ? [] : {}) as Record<string, unknown>;
            });
          }
          assert.deepEqual(JSON.stringify(read.root), JSON.stringify(value));
        }),
      );
    });
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

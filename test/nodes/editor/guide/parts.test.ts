import assert from 'node:assert/strict';
import fc from 'fast-check';
import { partsOf } from '../../../../nodes/editor/guide/parts';
import { valueAt } from '../../../../src/exchange/values';

describe('nodes/editor/guide/parts', () => {
  it('are the whole, then each object before what is in it', () => {
    const parts = partsOf({ data: { items: [{ id: 7 }, { id: 8 }] }, next: null, ok: true });
    assert.deepEqual(
      parts.map(({ path, level, kind, count, preview }) => [path, level, kind, count ?? preview]),
      [
        ['', 0, 'object', 3],
        ['data', 1, 'object', 1],
        ['data.items', 2, 'list', 2],
        ['data.items[0]', 3, 'object', 1],
        ['data.items[0].id', 4, 'number', '7'],
        ['next', 1, 'nothing', undefined],
        ['ok', 1, 'boolean', 'true'],
      ],
    );
    assert.deepEqual(
      partsOf([{ id: 7 }]).map(({ path }) => path),
      ['', '[0]', '[0].id'],
    );
  });

  it('of a long text are its start, of a large answer the first', () => {
    assert.equal(partsOf('x'.repeat(500))[0]!.preview!.length, 61);
    const large = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`n${index}`, index]));
    assert.equal(partsOf(large).length, 200);
    let deep: object = {};
    for (let level = 0; level < 5000; level++) deep = { deep };
    assert.equal(partsOf(deep).length, 6);
  });

  it('have the path by which a request finds them', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        for (const { path, kind, count } of partsOf(value)) {
          const found = valueAt(value, path);
          if (kind === 'list') assert.equal((found as unknown[]).length, count);
          else if (kind === 'object') assert.equal(Object.keys(found as object).length, count);
          else if (kind === 'nothing') assert.equal(found, null);
          else assert.equal(typeof found, kind === 'text' ? 'string' : kind);
        }
      }),
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { canonicalPath, readPath, writePath } from '../../src/exchange/template-path';

const anyName = fc.oneof(
  fc.constantFrom(
    'a',
    'a.b',
    'my key',
    '0',
    '',
    '"',
    "'",
    '\\',
    '\\n',
    '\n',
    '}}',
    ']',
    '["x"]',
    '[0]',
    '\ud800',
    '#a',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const anySteps = fc.array(anyName, { minLength: 1, maxLength: 4 });

describe('exchange/template-path', () => {
  it('reads dots, numbers in brackets, names in quotes', () => {
    assert.deepEqual(readPath('payload.items[0].id'), ['payload', 'items', '0', 'id']);
    assert.deepEqual(readPath('a["b.c"].d'), ['a', 'b.c', 'd']);
    assert.deepEqual(readPath("['a b']['c'][1]"), ['a b', 'c', '1']);
    assert.deepEqual(readPath('a["\\"\\\\\\u0041\\n"]'), ['a', '"\\A\n']);
    assert.deepEqual(readPath('my key.a-b'), ['my key', 'a-b']);
  });

  it('takes other brackets for a part of a name, and dots too many for empty names', () => {
    assert.deepEqual(readPath('flow[disk].x'), ['flow[disk]', 'x']);
    assert.deepEqual(readPath('a["b'), ['a["b']);
    assert.deepEqual(readPath('a["b"].'), ['a', 'b', '']);
    assert.deepEqual(readPath('a..b'), ['a', '', 'b']);
    assert.deepEqual(readPath('.'), ['', '']);
  });

  it('writes any names so that they are read again, without what ends a tag', () => {
    fc.assert(
      fc.property(anySteps, (steps) => {
        const text = writePath(steps);
        assert.deepEqual(readPath(text), steps);
        assert.doesNotMatch(text, /[{}\n]|^[\s#^/>&=!.]/);
        assert.equal(canonicalPath(text), text);
      }),
      { numRuns: 2000 },
    );
  });

  it('reads every text, and quickly', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void readPath(text)));
    const long = '["\\"'.repeat(20_000);
    assert.deepEqual(readPath(long), [long]);
  });

  it('has one spelling for a path', () => {
    assert.equal(canonicalPath(`["env"]['HOME']`), 'env.HOME');
    assert.equal(canonicalPath(`a['b.c'].d[0]`), 'a["b.c"].d.0');
    assert.equal(canonicalPath('global.list[0]'), 'global.list[0]');
  });
});

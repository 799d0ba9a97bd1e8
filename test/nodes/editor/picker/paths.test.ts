import assert from 'node:assert/strict';
import { util } from '@node-red/util';
import fc from 'fast-check';
import jsonata from 'jsonata';
import { stepsOf, type Step } from '../../../../nodes/editor/picker/known-message';
import { pathText, templateEdit } from '../../../../nodes/editor/picker/paths';
import { Template } from '../../../../src/exchange/template';
import { valueAt } from '../../../../src/exchange/values';

const name = fc.oneof(
  fc.constantFrom(
    'a',
    'my key',
    'a.b',
    "it's",
    'q"q',
    '`',
    'and',
    '$x',
    'ü',
    '#a',
    '0',
    'a-b',
    '{{',
    '}}',
    '["x"]',
    '\\u007d',
    '',
    '__proto__',
    '[0]',
    ' x',
    '\n',
  ),
  fc.string({ minLength: 1, maxLength: 6 }),
);
const steps: fc.Arbitrary<Step[]> = fc
  .tuple(name, fc.array(fc.oneof(name, fc.constant(0)), { maxLength: 3 }))
  .map(([first, rest]) => [first, ...rest]);

/** A message with a value at the path and nothing else. */
function messageWith(path: readonly Step[], value: unknown): Record<string, unknown> {
  return path.reduceRight<unknown>(
    (below, step) => (typeof step === 'number' ? [below] : Object.fromEntries([[step, below]])),
    value,
  ) as Record<string, unknown>;
}

describe('nodes/editor/picker/paths', () => {
  it('writes the paths that people know', () => {
    const path: Step[] = ['payload', 'orders', 0, 'id'];
    assert.equal(pathText(path, 'template'), 'payload.orders.0.id');
    assert.equal(pathText(path, 'msg'), 'payload.orders[0].id');
    assert.equal(pathText(path, 'jsonata'), 'payload.orders[0].id');
    assert.equal(pathText(path, 'data'), 'payload.orders[0].id');
    const odd: Step[] = ['payload', 'my key', 'a.b'];
    assert.equal(pathText(odd, 'template'), 'payload["my key"]["a.b"]');
    assert.equal(pathText(['a.b', 'ü-1', '}}'], 'template'), '["a.b"].ü-1["\\u007d\\u007d"]');
    assert.equal(pathText(odd, 'msg'), 'payload["my key"]["a.b"]');
    assert.equal(pathText(odd, 'jsonata'), 'payload.`my key`.`a.b`');
  });

  it('writes any path as our templates read it, in each kind of tag and behind a tag that was begun', () => {
    fc.assert(
      fc.property(steps, (path) => {
        const text = pathText(path, 'template')!;
        const tags = `{{${text}}}|{{{${text}}}}|{{& ${text} }}|{{#${text}}}{{.}}{{/${text}}}`;
        const message = messageWith(path, 'found');
        assert.equal(new Template(tags, 'text').render({ message }), 'found|found|found|found', text);
        const { from, text: put } = templateEdit(`<{{pay`, 6, 6, text);
        assert.equal(new Template(`<{{pay`.slice(0, from) + put, 'text').render({ message }), '<found');
      }),
      { numRuns: 1000 },
    );
  });

  it('writes what Node-RED reads as a path in a message, and reads it back', () => {
    fc.assert(
      fc.property(steps, (path) => {
        const text = pathText(path, 'msg');
        fc.pre(text !== undefined);
        assert.equal(util.getMessageProperty(messageWith(path, 'found'), text), 'found');
        assert.deepEqual(stepsOf(text), path);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes what JSONata reads', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (path) => {
        const text = pathText(path, 'jsonata')!;
        assert.equal(await jsonata(text).evaluate(messageWith(path, 'found')), 'found', text);
      }),
      { numRuns: 1000 },
    );
  });

  it('writes what the polling fields read', () => {
    fc.assert(
      fc.property(steps, (path) => {
        const text = pathText(path, 'data');
        fc.pre(text !== undefined);
        assert.equal(valueAt(messageWith(path, 'found'), text), 'found');
      }),
      { numRuns: 1000 },
    );
  });

  it('puts a tag where the caret is, over what is marked, and completes one that was begun', () => {
    const after = (marked: string, path = 'payload.id') => {
      const start = marked.indexOf('|');
      const end = marked.lastIndexOf('|') - (marked.lastIndexOf('|') === start ? 0 : 1);
      const text = marked.replaceAll('|', '');
      const { from, to, text: put } = templateEdit(text, start, end, path);
      return `${text.slice(0, from)}${put}|${text.slice(to)}`;
    };
    assert.equal(after('orders/|'), 'orders/{{payload.id}}|');
    assert.equal(after('orders/|old|/items'), 'orders/{{payload.id}}|/items');
    assert.equal(after('orders/{{|'), 'orders/{{payload.id}}|');
    assert.equal(after('orders/{{pay|/items'), 'orders/{{payload.id}}|/items');
    assert.equal(after('orders/{{pay|load.x}}/items'), 'orders/{{payload.id}}|/items');
    assert.equal(after('{{{ra|w}}}!'), '{{{payload.id}}}|!');
    assert.equal(after('{{#li|st}}{{/list}}'), '{{#payload.id}}|{{/list}}');
    assert.equal(after('{{a}}|'), '{{a}}{{payload.id}}|');
    assert.equal(after('{"a": |}'), '{"a": {{payload.id}}|}');
    assert.equal(after('{|}'), '{{{payload.id}}|}');
  });
});

import assert from 'node:assert/strict';
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { RowType, TypedRow } from '../../../nodes/runtime/rows';
import { checkPath, compileRows, compileView } from '../../../nodes/runtime/values';
import { Failure } from '../../../src/exchange/failure';
import { Template } from '../../../src/exchange/template';

const { util } = require('@node-red/util') as { util: NodeAPI['util'] };
const RED = { util } as NodeAPI;

type Answer = (error: Error | null, value?: unknown) => void;

/** A node whose context stores answer later, as those on a disk do. */
function nodeWith(stores: Record<string, unknown>): Node {
  const scope = (name: string) => ({
    get: (key: string, store: string | undefined, answer: Answer) => {
      const path = [name, store, key].filter(Boolean).join('/');
      setImmediate(() => (path in stores ? answer(null, stores[path]) : answer(null)));
    },
  });
  return { id: 'n', context: () => ({ flow: scope('flow'), global: scope('global') }) } as unknown as Node;
}

const row = (type: RowType, value: string, name = 'x'): TypedRow => ({ name, type, value });

async function evaluate(rows: TypedRow[], msg: object = {}, stores: Record<string, unknown> = {}) {
  const node = nodeWith(stores);
  const compiled = compileRows(RED, node, rows);
  const view = await compileView(RED, node, compiled.templates)(msg as NodeMessage);
  return compiled.evaluate(msg as NodeMessage, view);
}

const failure = (code: string, says: RegExp) => (error: unknown) => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, code);
  assert.match(error.message, says);
  return true;
};

describe('nodes/runtime/values', () => {
  describe('rows', () => {
    it('are values of their type, in order, and names repeat', async () => {
      const stores = { 'flow/a': { b: 1 }, 'global/disk/c': [1], 'flow/d': undefined };
      const rows = [
        row('str', '{{payload.a}}/{{flow.a}}', ' first '),
        row('msg', 'payload.a'),
        row('flow', 'a', 'x'),
        row('global', '#:(disk)::c'),
        row('num', '-0.5'),
        row('bool', 'true'),
        row('json', '[1,{"a":null}]'),
        row('jsonata', 'payload.a & "!"'),
      ];
      assert.deepEqual(await evaluate(rows, { payload: { a: 'v' } }, stores), [
        ['first', 'v/{"b":1}'],
        ['x', 'v'],
        ['x', { b: 1 }],
        ['x', [1]],
        ['x', -0.5],
        ['x', true],
        ['x', [1, { a: null }]],
        ['x', 'v!'],
      ]);
    });

    it('are left out without a name, and need not work then', async () => {
      assert.deepEqual(await evaluate([row('json', '{', ''), row('str', '{{', '  ')]), []);
    });

    it('without a type are templates, as in a flow written by hand', async () => {
      const untyped = { name: 'x', value: '{{topic}}' } as TypedRow;
      assert.deepEqual(await evaluate([untyped], { topic: 't' }), [['x', 't']]);
    });

    it('are undefined where a message has nothing', async () => {
      const rows = [row('msg', 'a.b.c'), row('msg', 'payload[msg.topic]'), row('jsonata', 'a.b.c')];
      assert.deepEqual(
        (await evaluate(rows, { payload: {} })).map(([, value]) => value),
        [undefined, undefined, undefined],
      );
    });

    it('that cannot work are refused at once, by name', () => {
      const cases: [TypedRow, string, RegExp][] = [
        [row('str', '{{#a}}'), 'TEMPLATE', /Unclosed/],
        [row('json', '{a:1}', 'my row'), 'CONFIG', /"my row" is not valid JSON/],
        [row('jsonata', '$sum('), 'CONFIG', /"x" is not valid JSONata/],
        [row('num', ''), 'CONFIG', /"x" is not a number/],
        [row('num', '1,5'), 'CONFIG', /"x" is not a number: 1,5/],
        [row('msg', 'a..b'), 'CONFIG', /"x" is not a path/],
        [row('msg', ''), 'CONFIG', /"x" is not a path/],
      ];
      for (const [one, code, says] of cases) {
        assert.throws(() => compileRows(RED, nodeWith({}), [one]), failure(code, says));
      }
    });

    it('say so when an expression fails on a message, and when a store does', async () => {
      await assert.rejects(
        evaluate([row('jsonata', '$number(payload)', 'n')], { payload: 'x' }),
        failure('CONFIG', /"n" is not valid JSONata/),
      );
      const broken = {
        id: 'n',
        context: () => ({
          flow: { get: (_key: string, _store: string, answer: Answer) => answer(new Error('disk gone')) },
        }),
      };
      const compiled = compileRows(RED, broken as unknown as Node, [row('flow', 'a')]);
      await assert.rejects(compiled.evaluate({}, { message: {} }), /disk gone/);
    });

    it('do not change between messages that are under way at once', async () => {
      const compiled = compileRows(RED, nodeWith({}), [
        row('jsonata', '($x := payload; $x * 2)'),
        row('msg', 'payload'),
      ]);
      const results = await Promise.all(
        Array.from({ length: 20 }, (_, payload) => {
          const msg = { payload } as unknown as NodeMessage;
          return compiled.evaluate(msg, { message: msg });
        }),
      );
      results.forEach((values, index) =>
        assert.deepEqual(
          values.map(([, value]) => value),
          [index * 2, index],
        ),
      );
    });
  });

  describe('views', () => {
    const view = async (text: string, stores: Record<string, unknown> = {}) => {
      const template = new Template(text, 'text');
      const message = { payload: 'p' } as unknown as NodeMessage;
      return template.render(await compileView(RED, nodeWith(stores), [template])(message));
    };

    it('bring what a template reads from outside the message', async () => {
      process.env.VALUES_TEST = 'e';
      try {
        const stores = { 'flow/a': 1, 'flow/disk/b.c': 2, 'global/d': [{ n: 3 }, { n: 4 }] };
        const text =
          '{{payload}}{{env.VALUES_TEST}}{{flow.a}}{{flow[disk].b.c}}{{#global.d}}{{n}}{{/global.d}}';
        assert.equal(await view(text, stores), 'pe1234');
      } finally {
        delete process.env.VALUES_TEST;
      }
    });

    it('are empty where nothing is outside', async () => {
      assert.equal(await view('[{{env.NOT_SET_ANYWHERE}}{{flow.none}}{{global.none}}]'), '[]');
    });

    it('cost nothing when only the message is read', async () => {
      const template = new Template('{{payload}} {{flow}} {{environment.x}}', 'text');
      const message = {} as NodeMessage;
      const made = await compileView(RED, {} as Node, [template])(message);
      assert.deepEqual(Object.keys(made), ['message']);
      assert.equal(made.message, message);
    });

    it('ask for each name once', async () => {
      let asked = 0;
      const node = {
        context: () => ({
          flow: {
            get: (_key: string, _store: string, answer: Answer) => {
              asked++;
              answer(null, 'v');
            },
          },
        }),
      } as unknown as Node;
      const templates = [new Template('{{flow.a}}{{flow.a}}', 'text'), new Template('{{flow.a}}', 'url')];
      const made = await compileView(RED, node, templates)({});
      assert.equal(templates.map((template) => template.render(made)).join(), 'vv,v');
      assert.equal(asked, 1);
    });
  });

  it('knows paths from what is none', () => {
    for (const path of ['payload', 'a.b[0]["c d"]', 'payload[msg.topic].x'])
      checkPath(RED, path, 'the field');
    for (const path of ['', 'a.', '[', 'a b', 'a[']) {
      assert.throws(
        () => checkPath(RED, path, 'the field'),
        failure('CONFIG', /^the field is not a path in a message/),
      );
    }
  });
});

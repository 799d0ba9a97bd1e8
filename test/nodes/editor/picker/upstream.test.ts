import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { FlowNode } from '../../../../nodes/editor/picker/flow-graph';
import { Unseen } from '../../../../nodes/editor/picker/known-message';
import { farthest, sourcesOf } from '../../../../nodes/editor/picker/upstream';

type Rest = Record<string, unknown>;

const tab = { id: 'tab', type: 'tab' };

/** A node on the tab, wired to others from its first output. */
function node(id: string, type: string, to: string[] = [], rest: Rest = {}): FlowNode {
  return { id, type, z: 'tab', wires: [to], ...rest };
}

function inject(id: string, to: string[], values: Rest): FlowNode {
  const props = Object.entries(values).map(([p, value]) => ({ p, v: JSON.stringify(value), vt: 'json' }));
  return node(id, 'inject', to, { props });
}

const end = node('end', 'send-request');

/** What comes to `end`, by the node that put it there, the nearest first. */
function come(...flow: FlowNode[]): [by: string, properties: Rest][] {
  return sourcesOf([tab, ...flow, end], 'end').map((source) => [
    source.node.id,
    plain(source.properties) as Rest,
  ]);
}

/** With `?type` for what nobody has seen. */
function plain(value: unknown): unknown {
  if (value instanceof Unseen) return `?${value.type}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, below]) => [name, plain(below)]));
}

describe('nodes/editor/picker/upstream', () => {
  it('reads what an inject node sends, typed', () => {
    const props = [
      { p: 'payload' },
      { p: 'topic', vt: 'str' },
      { p: 'order.id', v: '17', vt: 'num' },
      { p: 'order.open', v: 'true', vt: 'bool' },
      { p: 'copy', v: 'order.id', vt: 'msg' },
      { p: 'region', v: 'REGION', vt: 'env' },
      { p: 'key', v: 'stored', vt: 'cred' },
    ];
    const start = node('i', 'inject', ['end'], {
      props,
      payload: '{"a":[1]}',
      payloadType: 'json',
      topic: 'orders',
    });
    assert.deepEqual(come(start), [
      [
        'i',
        {
          payload: { a: [1] },
          topic: 'orders',
          order: { id: 17, open: true },
          copy: 17,
          region: '?any',
          key: '?any',
        },
      ],
    ]);
    const old = node('i', 'inject', ['end'], { payload: '', payloadType: 'date', topic: '' });
    assert.deepEqual(come(old), [['i', { payload: '?number' }]]);
  });

  it('takes our nodes by their kept sample, else by the names that are always there', () => {
    const sample = { payload: { order: 7 }, event: { id: 'e' }, request: { query: {} } };
    const kept = node('w', 'webhook-trigger', ['end'], { outputSample: JSON.stringify(sample) });
    assert.deepEqual(come(kept), [['w', sample]]);
    for (const outputSample of ['', undefined, 'not JSON', '[1]']) {
      const bare = node('w', 'webhook-trigger', ['end'], {
        outputSample,
        event: 'New order',
        path: 'hooks/:shop',
      });
      const [source] = sourcesOf([tab, bare, end], 'end');
      assert.equal(source?.shape, true);
      const { payload, topic, event, request } = plain(source.properties) as Record<string, Rest>;
      assert.deepEqual([payload, topic, event?.name], ['?any', 'New order', 'New order']);
      assert.deepEqual(request?.params, { shop: '?string' });
    }
    const poll = node('p', 'polling-trigger', ['end'], { output: 'batch' });
    assert.deepEqual((come(poll)[0]![1] as { payload: unknown }).payload, ['?object']);
  });

  it('keeps what came before a request beside its answer', () => {
    const start = inject('i', ['r'], { payload: 'gone', customer: { id: 3 } });
    const own = { payload: { total: 5 }, statusCode: 200, response: { url: 'u' } };
    const sample = { ...own, customer: 'of the try' };
    const request = node('r', 'send-request', ['end'], { outputSample: JSON.stringify(sample) });
    assert.deepEqual(come(start, request), [
      ['r', own],
      ['i', { customer: { id: 3 } }],
    ]);
    const failing = { ...request, wires: [[], ['end']] };
    const [failure, before] = come(start, failing);
    assert.deepEqual(Object.keys(failure![1]), ['failure']);
    assert.deepEqual(before, ['i', { payload: 'gone', customer: { id: 3 } }]);
  });

  it('applies the rules of a change node as far as they are fixed', () => {
    const start = inject('i', ['c'], { payload: { a: 1, b: { c: 'x' } }, old: 'moved', gone: 1 });
    const rules = [
      { t: 'set', p: 'payload.n', pt: 'msg', to: '5', tot: 'num' },
      { t: 'set', p: 'kept', pt: 'msg', to: 'payload.b', tot: 'msg' },
      { t: 'set', p: 'odd["a b"][0]', pt: 'msg', to: '$now()', tot: 'jsonata' },
      { t: 'change', p: 'payload.b.c', pt: 'msg', from: 'x', fromt: 'str', to: 'y', tot: 'str' },
      { t: 'delete', p: 'gone', pt: 'msg' },
      { t: 'delete', p: 'payload.a', pt: 'msg' },
      { t: 'move', p: 'old', pt: 'msg', to: 'fresh.name', tot: 'msg' },
      { t: 'set', p: 'elsewhere', pt: 'flow', to: '1', tot: 'num' },
      { t: 'set', p: '__proto__.polluted', pt: 'msg', to: '1', tot: 'num' },
      null,
    ];
    const [[by, set], [origin, rest]] = come(start, node('c', 'change', ['end'], { rules })) as [
      [string, Rest],
      [string, Rest],
    ];
    assert.equal(by, 'c');
    const { kept, odd, fresh } = set;
    assert.deepEqual(
      { kept, odd, fresh },
      {
        kept: { c: 'x' },
        odd: { 'a b': { 0: '?any' } },
        fresh: { name: 'moved' },
      },
    );
    assert.equal(origin, 'i');
    assert.deepEqual(rest, { payload: { b: { c: '?string' }, n: 5 } });
    assert.equal('polluted' in {}, false);
  });

  it('knows parsers, splits, joins and others that come with Node-RED', () => {
    const through = (payload: unknown, type: string, rest: Rest = {}) =>
      come(inject('i', ['n'], { payload }), node('n', type, ['end'], rest))[0]![1].payload;
    assert.deepEqual(through('{"a":1}', 'json', { property: 'payload', action: '' }), { a: 1 });
    assert.equal(through({ a: 1 }, 'json', { property: 'payload', action: '' }), '?string');
    assert.equal(through('<a/>', 'xml', {}), '?object');
    assert.deepEqual(through('x', 'csv', { temp: 'id,"name"', multi: 'mult' }), [
      { id: '?any', name: '?any' },
    ]);
    assert.deepEqual(through([{ id: 1 }, { id: 2 }], 'split'), { id: 1 });
    assert.deepEqual(through(1, 'join', { mode: 'custom', build: 'array' }), [1]);
    assert.equal(through(1, 'template', { field: 'payload', template: 'fixed' }), 'fixed');
    assert.equal(through(1, 'template', { field: 'payload', template: 'a {{b}}' }), '?string');
    assert.equal(through(1, 'http request', { ret: 'bin' }), '?buffer');
    assert.equal(through(1, 'file in', { format: 'utf8' }), '?string');
    for (const type of ['function', 'switch', 'delay', 'junction'])
      assert.equal(through('kept', type), 'kept');
    assert.deepEqual(Object.keys(come(node('m', 'mqtt in', ['end']))[0]![1]), [
      'topic',
      'payload',
      'qos',
      'retain',
    ]);
    assert.deepEqual(come(inject('i', ['n'], { a: 1 }), node('n', 'node of a stranger', ['end'])), [
      ['n', { payload: '?any' }],
      ['i', { a: 1 }],
    ]);
    assert.deepEqual(come(node('c', 'comment', ['end'])), []);
  });

  it('tells what Catch, Complete and Status nodes send', () => {
    const start = inject('i', ['r'], { payload: 'asked' });
    const request = node('r', 'send-request', []);
    const names = (type: string, scope: unknown) =>
      Object.fromEntries(
        come(start, request, node('n', type, ['end'], { scope })).map(([by, { ...rest }]) => [
          by,
          Object.keys(rest),
        ]),
      );
    assert.deepEqual(names('catch', ['r']), { n: ['error', 'failure'], i: ['payload'] });
    assert.deepEqual(names('catch', null), { n: ['error', 'failure'] });
    assert.deepEqual(names('complete', ['r']), { r: ['payload', 'statusCode', 'response'] });
    assert.deepEqual(names('status', null), { n: ['status'] });
  });

  it('names every node where several meet, the nearest first', () => {
    const far = inject('far', ['f'], { payload: { a: 1 }, both: 1 });
    const near = inject('near', ['end'], { payload: { b: 2 } });
    assert.deepEqual(come(far, node('f', 'function', ['end']), near), [
      ['near', { payload: { b: 2 } }],
      ['far', { payload: { a: 1 }, both: 1 }],
    ]);
    // one node that comes by two ways has what either way gives
    const rules = (p: string) => [{ t: 'set', p, pt: 'msg', to: '1', tot: 'num' }];
    assert.deepEqual(
      come(
        inject('i', ['a', 'b'], { payload: {} }),
        node('a', 'change', ['end'], { rules: rules('payload.a') }),
        node('b', 'change', ['end'], { rules: rules('payload.b') }),
      ),
      [['i', { payload: { a: 1, b: 1 } }]],
    );
  });

  it('leaves out what is disabled, the node and the tab', () => {
    assert.deepEqual(come({ ...inject('i', ['end'], { payload: 1 }), d: true }), []);
    const off = { id: 'off', type: 'tab', disabled: true };
    const other: FlowNode[] = [
      { ...inject('i', ['out'], { payload: 1 }), z: 'off' },
      { ...node('out', 'link out', [], { mode: 'link', links: ['in'] }), z: 'off' },
    ];
    assert.deepEqual(come(off, ...other, node('in', 'link in', ['end'], { links: ['out'] })), []);
  });

  it('goes through links and into what a call returns', () => {
    const link = node('in', 'link in', ['end'], { links: ['out'] });
    const out = node('out', 'link out', [], { mode: 'link', links: ['in'] });
    assert.deepEqual(come(inject('i', ['out'], { payload: 1 }), out, link), [['i', { payload: 1 }]]);

    const called = [
      node('entry', 'link in', ['set']),
      node('set', 'change', ['back'], {
        rules: [{ t: 'set', p: 'done', pt: 'msg', to: 'true', tot: 'bool' }],
      }),
      node('back', 'link out', [], { mode: 'return', links: [] }),
    ];
    const call = node('call', 'link call', ['end'], { links: ['entry'], linkType: 'static' });
    const stranger = node('other', 'link call', [], { links: ['entry'], linkType: 'static' });
    const flow = [
      inject('i', ['call'], { mine: 1 }),
      call,
      ...called,
      stranger,
      inject('j', ['other'], { not: 1 }),
    ];
    assert.deepEqual(come(...flow), [
      ['set', { done: true }],
      ['i', { mine: 1 }],
    ]);
  });

  describe('with a subflow', () => {
    const subflow = {
      id: 'sub',
      type: 'subflow',
      in: [{ wires: [{ id: 'inner' }] }],
      out: [{ wires: [{ id: 'inner', port: 0 }] }, { wires: [{ id: 'sub', port: 0 }] }],
    };
    const inner: FlowNode = {
      id: 'inner',
      type: 'change',
      z: 'sub',
      wires: [[]],
      rules: [{ t: 'set', p: 'inner', pt: 'msg', to: 'x', tot: 'str' }],
    };

    it('comes back out at the instance that it went in by', () => {
      const instance = node('one', 'subflow:sub', ['end']);
      const other = node('two', 'subflow:sub', []);
      const flow = [subflow, inner, inject('i', ['one'], { a: 1 }), inject('j', ['two'], { b: 1 })];
      assert.deepEqual(come(...flow, instance, other), [
        ['inner', { inner: 'x' }],
        ['i', { a: 1 }],
      ]);
      const bypass = { ...instance, wires: [[], ['end']] };
      assert.deepEqual(come(...flow, bypass, other), [['i', { a: 1 }]]);
      const ofStatus = { ...instance, wires: [[], [], ['end']] };
      assert.deepEqual(Object.keys(come(...flow, ofStatus)[0]![1]), ['status']);
    });

    it('has every instance before a node inside', () => {
      const flow = [tab, subflow, inner, node('one', 'subflow:sub'), node('two', 'subflow:sub')];
      const starts = [inject('i', ['one'], { a: 1 }), inject('j', ['two'], { b: 1 })];
      const found = sourcesOf([...flow, ...starts], 'inner').map((source) => source.node.id);
      assert.deepEqual(found, ['i', 'j']);
    });
  });

  it('ends in a circle, and on the way along a thousand nodes', () => {
    const circle = [
      node('a', 'function', ['b', 'end']),
      node('b', 'function', ['a']),
      inject('i', ['a'], { p: 1 }),
    ];
    assert.deepEqual(come(...circle), [['i', { p: 1 }]]);
    const links = [
      node('in', 'link in', ['out', 'end'], { links: ['out'] }),
      node('out', 'link out', [], { mode: 'link', links: ['in'] }),
    ];
    assert.deepEqual(come(...links), []);
    const chain = Array.from({ length: 1000 }, (_, index) =>
      node(`n${index}`, 'change', [index === 999 ? 'end' : `n${index + 1}`], {
        rules: [{ t: 'set', p: `p${index}`, pt: 'msg', to: '1', tot: 'num' }],
      }),
    );
    const found = come(...chain);
    assert.equal(found.length, farthest);
    assert.equal(found[0]![0], 'n999');
  });

  it('answers for any wiring, quickly', function () {
    this.timeout(20_000);
    const types = [
      'inject',
      'change',
      'link in',
      'link out',
      'link call',
      'subflow:n0',
      'send-request',
      'join',
      'x',
    ];
    const name = fc.integer({ min: 0, max: 15 }).map((index) => `n${index}`);
    const some = fc.array(name, { maxLength: 6 });
    const any = fc.record({
      type: fc.constantFrom('subflow', ...types),
      to: some,
      links: some,
      odd: fc.jsonValue(),
    });
    fc.assert(
      fc.property(fc.array(any, { minLength: 16, maxLength: 16 }), (nodes) => {
        const flow = nodes.map(({ type, to, links, odd }, index): FlowNode => {
          const ports = [{ wires: to.map((id) => ({ id, port: 0 })) }];
          const rest = {
            links,
            in: ports,
            out: ports,
            rules: odd,
            props: odd,
            outputSample: odd,
            scope: odd,
          };
          return node(`n${index}`, type, to, rest);
        });
        const before = Date.now();
        sourcesOf(flow, 'n1');
        assert.ok(Date.now() - before < 5000);
      }),
      { numRuns: 200 },
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { parseXml } from '../../src/exchange/decode/xml';
import { Template, type Place } from '../../src/exchange/template';
import { refused } from '../support/refused';

const render = (
  text: string,
  message: object,
  place: Place = 'text',
  outside?: ReadonlyMap<string, unknown>,
): string => new Template(text, place).render({ message, outside });

const failure =
  (code: string, says?: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    if (says) assert.match(error.message, says);
    return true;
  };

describe('exchange/template', () => {
  describe('text', () => {
    it('puts values as they are, and nothing for what is missing', () => {
      const message = { a: '<&"\'/>', n: 0, f: false, z: null, o: { p: [1, 'x'] } };
      assert.equal(render('{{a}}|{{n}}|{{f}}|{{z}}|{{u}}|{{o}}', message), '<&"\'/>|0|false|||{"p":[1,"x"]}');
    });

    it('reads paths with dots and brackets, and below values of their own', () => {
      const message = { payload: { rows: [{ id: 7 }, { id: 8 }], 'a-b': 1 }, topic: 'ü' };
      assert.equal(
        render('{{payload.rows[1].id}} {{payload.rows.0.id}} {{payload.a-b}} {{ topic }}', message),
        '8 7 1 ü',
      );
      assert.equal(render('{{topic.length}}{{payload.rows.length}}', message), '12');
      assert.equal(render('{{payload.none.deeper.still}}', message), '');
    });

    it('reads any name in brackets and quotes', () => {
      const message = {
        payload: { 'a.b': { c: 1 }, 'my key': 2, 'it"s': 3, '}}': 4, "'": 5, 'a[0]': 6, '': 7 },
        'x.y': [{ z: 8 }],
        list: [['first']],
      };
      const read = (path: string) => render(`{{${path}}}`, message);
      assert.equal(read('payload["a.b"].c'), '1');
      assert.equal(read("payload['a.b']['c']"), '1');
      assert.equal(read("payload['my key']"), '2');
      assert.equal(read(`payload["it\\"s"]`), '3');
      assert.equal(read('payload["\\u007d\\u007d"]'), '4');
      assert.equal(read(`payload["'"]`), '5');
      assert.equal(read('payload["a[0]"]'), '6');
      assert.equal(read('payload[""]'), '7');
      assert.equal(read('["x.y"][0].z'), '8');
      assert.equal(read('list[0][0]'), 'first');
      assert.equal(render('{{#["x.y"]}}{{["z"]}}{{/["x.y"]}}', message), '8');
    });

    it('reads nothing for a name in quotes that is not there, or is not the message’s own', () => {
      const message = { payload: { 'a.b': () => 'called' }, s: 'text' };
      for (const path of [
        'payload["a.b"]',
        'payload["c"]',
        'payload["constructor"]["name"]',
        '["__proto__"]',
        's["trim"]',
        'payload["a.b',
        'payload[a.b]',
        'payload.["a.b"]',
        'none["a"]["b"]',
      ]) {
        assert.equal(render(`[{{${path}}}{{#${path}}}x{{/${path}}}]`, message), '[]', path);
        assert.equal(render(`{{${path}}}`, message, 'json'), 'null', path);
      }
    });

    it('writes bytes as text and dates as ISO 8601', () => {
      const message = {
        b: Buffer.from('zlé'),
        u: new Uint8Array([0x68, 0x69]),
        d: new Date(0),
        x: new Date(NaN),
      };
      assert.equal(render('{{b}} {{u}} {{d}}{{x}}', message), 'zlé hi 1970-01-01T00:00:00.000Z');
    });

    it('repeats a section for a list, enters an object, leaves out what is false or empty', () => {
      const message = {
        list: [
          { n: 1, in: ['a', 'b'] },
          { n: 2, in: [] },
        ],
        o: { n: 3 },
        n: 9,
        no: false,
        none: [],
      };
      assert.equal(
        render('{{#list}}{{n}}[{{#in}}{{.}}{{/in}}{{^in}}-{{/in}}]{{/list}}', message),
        '1[ab]2[-]',
      );
      assert.equal(
        render('{{#o}}{{n}}{{/o}}{{#no}}x{{/no}}{{^no}}y{{/no}}{{^none}}z{{/none}}', message),
        '3yz',
      );
    });

    it('looks names up through the sections around it, but only the first segment', () => {
      const message = { list: [{ o: {} }], o: { name: 'outer' }, name: 'top' };
      assert.equal(render('{{#list}}{{name}}|{{o.name}}{{/list}}', message), 'top|');
    });

    it('does not take a text in a section for an object', () => {
      assert.equal(render('{{#length}}{{length}}{{/length}}', { length: '100 yards' }), '100 yards');
    });

    it('has no partials, and leaves comments out', () => {
      assert.equal(render('a{{> other}}{{! nothing }}b', { other: 'x' }), 'ab');
    });

    it('renders the same thing each time', () => {
      const template = new Template('{{#l}}{{.}},{{/l}}{{x}}', 'text');
      for (const x of [1, 2]) assert.equal(template.render({ message: { l: [1, 2], x } }), `1,2,${x}`);
    });

    it('may change its delimiters', () => {
      assert.equal(render('{{=<% %>=}}<% a %>{{a}}', { a: 1 }), '1{{a}}');
    });
  });

  describe('sees data and nothing else', () => {
    it('reads own properties only', () => {
      const message = Object.create({ inherited: 'x' }) as object;
      for (const name of [
        'constructor',
        'constructor.name',
        '__proto__',
        '__proto__.constructor.name',
        'toString',
        'inherited',
        'hasOwnProperty',
      ]) {
        assert.equal(render(`[{{${name}}}{{{${name}}}}{{#${name}}}x{{/${name}}}]`, message), '[]', name);
        assert.equal(render(`{{${name}}}`, message, 'json'), 'null', name);
      }
      assert.equal(render('{{o.constructor.name}}{{l.map}}{{s.trim}}', { o: {}, l: [], s: 'a' }), '');
    });

    it('reads a property that is called __proto__ when the message has one', () => {
      assert.equal(render('{{o.__proto__}}', { o: JSON.parse('{"__proto__": "own"}') }), 'own');
    });

    it('never calls a function', () => {
      let called = 0;
      const call = () => {
        called++;
        return () => 'x';
      };
      const message = { call, o: { call }, list: [call] };
      const text =
        '[{{call}}{{{call}}}{{o.call}}{{#call}}x{{/call}}{{#o.call}}x{{/o.call}}{{#list}}{{.}}{{name}}{{length}}{{/list}}]';
      assert.equal(render(text, message), '[]');
      assert.equal(render('{{call}}', message, 'json'), 'null');
      assert.equal(called, 0);
    });

    it('reads getters; one that throws is an error with a sentence', () => {
      const message = {
        get good() {
          return 'read';
        },
        get bad(): string {
          throw new Error('broken getter');
        },
      };
      assert.equal(render('{{good}}', message), 'read');
      assert.throws(() => render('{{bad}}', message), failure('TEMPLATE', /broken getter/));
    });

    it('refuses what contains itself, in every place', () => {
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      assert.throws(() => render('{{c}}', { c: circle }), failure('INVALID_REQUEST'));
      assert.throws(() => render('{{{c}}}', { c: circle }), failure('INVALID_REQUEST'));
      assert.throws(() => render('{{c}}', { c: circle }, 'url'), failure('INVALID_REQUEST'));
      assert.throws(() => render('{{c}}', { c: circle }, 'json'), failure('TEMPLATE'));
      assert.throws(() => render('"{{c}}"', { c: circle }, 'json'), failure('INVALID_REQUEST'));
    });

    it('writes nothing for an object whose toJSON gives nothing', () => {
      const silent = { toJSON: () => undefined };
      assert.equal(render('[{{o}}]', { o: silent }), '[]');
      assert.equal(render('{{o}}', { o: silent }, 'json'), 'null');
    });
  });

  describe('json', () => {
    const quotedAndBare = new Template('{"n": {{payload.n}}, "s": "{{payload.s}}"}', 'json');
    const both = (payload: object): unknown => JSON.parse(quotedAndBare.render({ message: { payload } }));

    it('is valid JSON with exactly the value, for every JSON value and every text', () => {
      const anyText = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
        fc.constantFrom('"', '\\', '\\"', '\u2028', '\ud800', '{{x}}', '\0', '</script>'),
      );
      fc.assert(
        fc.property(fc.jsonValue(), anyText, (n, s) => {
          const expected: unknown = JSON.parse(JSON.stringify({ n, s }));
          assert.deepEqual(both({ n, s }), expected);
        }),
        { numRuns: 500 },
      );
    });

    it('is valid JSON for every value inside quotes too', () => {
      fc.assert(
        fc.property(fc.jsonValue(), (s) => {
          const result = both({ s }) as { s: string };
          assert.equal(result.s, typeof s === 'string' ? s : s === null ? '' : JSON.stringify(s));
        }),
      );
    });

    it('writes null for what is missing outside quotes, and nothing inside them', () => {
      assert.deepEqual(both({}), { n: null, s: '' });
      for (const n of [undefined, null, NaN, Infinity, () => 1, Symbol('s')]) {
        assert.deepEqual(both({ n }), { n: null, s: '' });
      }
    });

    it('knows quotes from escaped quotes, and goes on over sections', () => {
      const message = { v: 'a"b', list: [{ v: 'x"' }, { v: 2 }] };
      const text = '{"a\\"": {{v}}, "b\\\\": "{{v}}", "l": [{{#list}}"{{v}}", {{v}}, {{/list}}"{{v}}"]}';
      assert.deepEqual(JSON.parse(render(text, message, 'json')), {
        'a"': 'a"b',
        'b\\': 'a"b',
        l: ['x"', 'x"', '2', 2, 'a"b'],
      });
    });

    it('leaves {{{x}}} as it is, whatever it does to the JSON', () => {
      assert.equal(render('{"a": {{{v}}}}', { v: '1, "b": 2' }, 'json'), '{"a": 1, "b": 2}');
      assert.equal(render('{{&v}}', { v: '"' }, 'json'), '"');
    });

    it('refuses a BigInt, which JSON does not have', () => {
      assert.throws(() => render('{{n}}', { n: 1n }, 'json'), failure('TEMPLATE'));
    });
  });

  describe('url', () => {
    it('gives every text back to who decodes the component', () => {
      const template = new Template('/a/{{v}}/b', 'url');
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (v) => {
          fc.pre(v !== '.' && v !== '..');
          const url = new URL(template.render({ message: { v } }), 'http://h');
          const segments = url.pathname.split('/');
          assert.equal(segments.length, 4);
          assert.equal(decodeURIComponent(segments[2]!), v.toWellFormed());
          assert.equal(url.search + url.hash, '');
        }),
        { numRuns: 500 },
      );
    });

    it('does the same in the query', () => {
      const template = new Template('/?a=1&v={{v}}&b=2', 'url');
      fc.assert(
        fc.property(fc.string({ unit: 'binary' }), (v) => {
          const url = new URL(template.render({ message: { v } }), 'http://h');
          assert.deepEqual([...url.searchParams.keys()], ['a', 'v', 'b']);
          assert.equal(url.searchParams.get('v'), v.toWellFormed());
        }),
      );
    });

    it('does not trip over half a surrogate pair', () => {
      assert.equal(render('{{v}}', { v: '\ud800x' }, 'url'), '%EF%BF%BDx');
    });

    it('refuses . and .. in the path, where they mean another folder, and only there', () => {
      for (const v of ['.', '..']) {
        assert.throws(() => render('/a/{{v}}/b', { v }, 'url'), failure('INVALID_REQUEST', /path/));
        assert.throws(() => render('/{{#o}}{{v}}{{/o}}', { o: { v } }, 'url'), failure('INVALID_REQUEST'));
        assert.equal(render('/a?v={{v}}', { v }, 'url'), `/a?v=${v}`);
      }
      assert.equal(render('/a/{{v}}', { v: '...' }, 'url'), '/a/...');
    });

    it('lets {{{x}}} bring a whole URL', () => {
      assert.equal(render('{{{next}}}', { next: 'http://h/a?b=1' }, 'url'), 'http://h/a?b=1');
    });
  });

  describe('xml', () => {
    const xml = (text: string, message: object): string => render(text, message, 'xml');

    it('every value is the text of an element, of an attribute, of a CDATA section', async () => {
      const text = '<a b="{{v}}" c=\'{{v}}\'><d>{{v}}</d><![CDATA[{{v}}]]><!-- {{v}} -->{{{raw}}}</a>';
      const value = fc
        .string({
          unit: fc.oneof(
            fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
            fc.constantFrom('<', '&', ']]>', '"', "'", '\n', '\r', '\t', '--'),
          ),
        })
        .map(
          (one) =>
            `x${one.toWellFormed().replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '')}`,
        );
      await fc.assert(
        fc.asyncProperty(value, async (v) => {
          const read = await parseXml(xml(text, { v, raw: '<e/>' }));
          // line ends in a CDATA section cannot be written otherwise
          const inCdata = v.replace(/\r\n?/g, '\n');
          assert.deepEqual(read, { a: { $: { b: v, c: v }, _: inCdata, d: [v], e: [''] } });
        }),
      );
    });

    it('knows where it stands behind sections, and what cannot stand in a tag', () => {
      assert.equal(
        xml('<a {{#l}}x{{.}}="{{t}}" {{/l}}>{{t}}</a>', { l: ['1', '2'], t: '"' }),
        '<a x1="&quot;" x2="&quot;" >"</a>',
      );
      assert.equal(xml('<{{n}}>{{gone}}</{{n}}>', { n: 'ü:b' }), '<ü:b></ü:b>');
      for (const n of ['a b', '1a<', 'a/', '"']) {
        assert.throws(() => xml('<{{n}}/>', { n }), refused('INVALID_REQUEST', /not a name that XML/));
      }
    });

    it('refuses characters that XML does not have', () => {
      for (const v of ['\0', 'a\u001f', '\ud800', '\uffff']) {
        assert.throws(
          () => xml('<a>{{v}}</a>', { v }),
          refused('INVALID_REQUEST', /XML does not have \(U\+/),
        );
      }
    });
  });

  describe('names from outside the message', () => {
    const outside = new Map<string, unknown>([
      ['env.HOME', '/root'],
      ['flow.a.b', { c: 1 }],
      ['global.list', [{ n: 1 }, { n: 2 }]],
      ['flow[disk].x', 'stored'],
    ]);

    it('are looked up by the whole name, in sections too', () => {
      const text =
        '{{env.HOME}} {{flow.a.b}} {{flow[disk].x}} {{#global.list}}{{n}}{{env.HOME}};{{/global.list}}';
      assert.equal(render(text, {}, 'text', outside), '/root {"c":1} stored 1/root;2/root;');
    });

    it('come after what the message itself has under their name, as in the core template node', () => {
      const own = {
        env: { HOME: 'own' },
        flow: { 'a.b': 1 },
        list: [{ env: { HOME: 'item' } }, { env: {} }],
      };
      assert.equal(render('{{env.HOME}} {{flow.a.b}}', own, 'text', outside), 'own {"c":1}');
      assert.equal(
        render('{{#list}}{{env.HOME}};{{/list}}', { list: own.list }, 'text', outside),
        'item;/root;',
      );
      assert.equal(render('{{env.HOME}}', { env: null }, 'text', outside), '/root');
      assert.equal(render('{{env.HOME}}', { env: { HOME: '' } }, 'text', outside), '');
    });

    it('are listed once each, with the names of the message', () => {
      const { names } = new Template('{{a}}{{{env.X}}}{{#l}}{{^m}}{{a}}{{flow.y}}{{/m}}{{/l}}{{&z}}', 'text');
      assert.deepEqual(names, ['a', 'env.X', 'l', 'm', 'flow.y', 'z']);
    });

    it('are known by one spelling, however they are written', () => {
      const template = new Template(`{{["env"].HOME}}{{env['HOME']}}{{flow[disk].x}}{{a["b.c"]}}`, 'text');
      assert.deepEqual(template.names, ['env.HOME', 'flow[disk].x', 'a["b.c"]']);
      assert.equal(template.render({ message: { a: { 'b.c': 1 } }, outside }), '/root/rootstored1');
    });
  });

  for (const text of ['{{a', '{{#a}}', '{{/a}}', '{{#a}}{{/b}}', '{{{a}}', '{{=x}}']) {
    it(`does not take ${text}, and says why`, () => {
      assert.throws(() => new Template(text, 'text'), failure('TEMPLATE', /\w/));
    });
  }
});

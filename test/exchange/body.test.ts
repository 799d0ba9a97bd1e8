import assert from 'node:assert/strict';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import fc from 'fast-check';
import { isStreamed } from '../../src/connection/body';
import {
  binaryBody,
  checkJsonFields,
  formBody,
  graphqlBody,
  jsonBody,
  jsonFieldsBody,
  jsonValueBody,
  payloadBody,
  textBody,
  type EncodedBody,
} from '../../src/exchange/body';
import type { ListStyle } from '../../src/exchange/values';
import { refused } from '../support/refused';

/** A body that is in memory. */
const bytesOf = ({ body }: EncodedBody): Buffer => {
  assert.ok(Buffer.isBuffer(body));
  return body;
};

const form = 'application/x-www-form-urlencoded';

describe('exchange/body', () => {
  it('json: what was rendered, byte for byte, when it is JSON', () => {
    const { body, contentType } = jsonBody('{ "ü" :1 }');
    assert.equal(body.toString('utf8'), '{ "ü" :1 }');
    assert.equal(contentType, 'application/json');
    for (const text of ['', '{', '{"a":}', "{'a':1}", '{"a":1,}', 'NaN']) {
      assert.throws(() => jsonBody(text), refused('TEMPLATE', /not valid JSON/));
    }
  });

  it('text: UTF-8', () => {
    const { body, contentType } = textBody('häß\r\n€');
    assert.deepEqual(body, Buffer.from('häß\r\n€', 'utf8'));
    assert.equal(contentType, 'text/plain; charset=utf-8');
  });

  it('text: in the charset that the content type asks for', () => {
    const cases: [string, string, string][] = [
      ['text/plain; charset=utf-8', 'ü', 'c3bc'],
      ['text/csv', '€', 'e282ac'],
      ['text/plain; charset="ISO-8859-1"', 'aü', '61fc'],
      ['text/plain;charset=latin1', 'ÿ', 'ff'],
      ['text/plain; charset=us-ascii', 'a', '61'],
      ['text/plain; charset=UTF-16LE', 'ü€', 'fc00ac20'],
    ];
    for (const [type, text, hex] of cases) assert.equal(textBody(text, type).body.toString('hex'), hex, type);
    assert.throws(
      () => textBody('a€', 'text/plain; charset=iso-8859-1'),
      refused('INVALID_REQUEST', /U\+20AC.*ISO-8859-1/),
    );
    assert.throws(
      () => textBody('ü', 'text/plain; charset=us-ascii'),
      refused('INVALID_REQUEST', /U\+00FC.*US-ASCII/),
    );
    assert.throws(() => textBody('', 'text/plain; charset=gbk'), refused('INVALID_REQUEST', /"gbk"/));
  });

  it('json value: whatever JSON can carry', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.deepEqual(JSON.parse(jsonValueBody(value).body.toString()), JSON.parse(JSON.stringify(value)));
      }),
    );
    assert.throws(
      () => jsonValueBody(undefined),
      refused('INVALID_REQUEST', /the body is of type undefined/),
    );
    assert.throws(() => jsonValueBody({ n: 1n }), refused('INVALID_REQUEST', /JSON/));
  });

  describe('json fields', () => {
    const json = (...rows: [string, unknown][]): string => jsonFieldsBody(rows).body.toString();

    it('names are paths', () => {
      const cases: [string, [string, unknown][]][] = [
        ['{}', []],
        ['{"a":1}', [['a', 1]]],
        [
          '{"a":{"b":[{"c":1},{"c":null}]},"d":"x"}',
          [
            ['a.b[0].c', 1],
            ['d', 'x'],
            ['a.b[1].c', null],
          ],
        ],
        [
          '{"a":[[1,2],[3]]}',
          [
            ['a[0][0]', 1],
            ['a[1][0]', 3],
            ['a[0][1]', 2],
          ],
        ],
        [
          '[{"id":1},2]',
          [
            ['[0].id', 1],
            ['[1]', 2],
          ],
        ],
        [
          '{"a.b":{"c d":1,"[0]":2}}',
          [
            ['["a.b"].c d', 1],
            ['["a.b"]["[0]"]', 2],
          ],
        ],
        [
          '{"a":1}',
          [
            [' a ', 1],
            ['gone', undefined],
          ],
        ],
        [
          '{"l":[null,"b"]}',
          [
            ['l[0]', undefined],
            ['l[1]', 'b'],
          ],
        ],
        [
          '{"0":{"-1":true},"ü €":{"x":[1]}}',
          [
            ['0.-1', true],
            ['ü €', { x: [1] }],
          ],
        ],
      ];
      for (const [text, rows] of cases) assert.equal(json(...rows), text);
    });

    it('__proto__ is only a name', () => {
      assert.equal(
        json(['__proto__.polluted', 1], ['constructor.prototype', 2]),
        '{"__proto__":{"polluted":1},"constructor":{"prototype":2}}',
      );
      assert.equal(({} as Record<string, unknown>).polluted, undefined);
    });

    it('contradictions and what is no path are errors that name it, before any message too', () => {
      const cases: [string[], RegExp][] = [
        [['a', 'a.b'], /"a\.b" contradicts/],
        [['a.b', 'a'], /"a" contradicts/],
        [['a', 'a'], /"a" contradicts/],
        [['a[0]', 'a.b'], /"a\.b" contradicts/],
        [['a.b', 'a[0]'], /"a\[0\]" contradicts/],
        [['[0]', 'a'], /"a" contradicts/],
        [['a[0].b', 'a[0]'], /"a\[0\]" contradicts/],
        [[''], /no name/],
        [['a..b'], /"a\.\.b" is not a path/],
        [['.a'], /not a path/],
        [['a.'], /not a path/],
        [['a[x]'], /not a path/],
        [['a[0'], /not a path/],
        [['a[0]b'], /not a path/],
        [['a]'], /not a path/],
      ];
      for (const [names, says] of cases) {
        assert.throws(() => checkJsonFields(names), refused('CONFIG', says), names.join());
        assert.throws(
          () => json(...names.map((name): [string, unknown] => [name, 1])),
          refused('CONFIG', says),
        );
      }
      for (const names of [['a[1]'], ['a[0]', 'a[999999999]']]) {
        assert.throws(() => checkJsonFields(names), refused('CONFIG', /no element/));
      }
      checkJsonFields(['a.b', 'a.c', 'l[1]', 'l[0]']);
    });
  });

  it('GraphQL: the query, the variables that are there, the operation that is named', () => {
    const cases: [Parameters<typeof graphqlBody>[0], string][] = [
      [{ query: '{ a }' }, '{"query":"{ a }"}'],
      [
        { query: 'q', variables: { id: 1 }, operationName: 'Q' },
        '{"query":"q","variables":{"id":1},"operationName":"Q"}',
      ],
      [{ query: 'q', variables: null, operationName: '' }, '{"query":"q"}'],
    ];
    for (const [request, text] of cases) assert.equal(graphqlBody(request).body.toString(), text);
    assert.equal(graphqlBody({ query: 'q' }).contentType, 'application/json');
    assert.throws(() => graphqlBody({ query: ' ' }), refused('INVALID_REQUEST', /query is empty/));
    for (const variables of ['{}', [1], 1]) {
      assert.throws(
        () => graphqlBody({ query: 'q', variables }),
        refused('INVALID_REQUEST', /must be an object/),
      );
    }
  });

  it('form: lists and objects in the style that is asked for', () => {
    const fields: [string, unknown][] = [
      ['a', [1, 2]],
      ['o', { b: 'x' }],
    ];
    const text = (style: ListStyle): string => decodeURIComponent(formBody(fields, style).body.toString());
    assert.equal(text('brackets'), 'a[]=1&a[]=2&o[b]=x');
    assert.equal(text('indices'), 'a[0]=1&a[1]=2&o[b]=x');
    assert.equal(text('comma'), 'a=1,2&o={"b":"x"}');
    assert.equal(text('repeat'), 'a=1&a=2&o={"b":"x"}');
  });

  it('form: every text comes back from who reads the form', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }))),
        (fields) => {
          const { body, contentType } = formBody(fields);
          assert.equal(contentType, form);
          assert.deepEqual(
            [...new URLSearchParams(body.toString('latin1'))],
            fields.map(([name, value]) => [name.toWellFormed(), value.toWellFormed()]),
          );
        },
      ),
    );
    assert.equal(
      formBody([
        ['a', ['1', 2]],
        ['b', 'x y&z'],
        ['gone', undefined],
      ]).body.toString(),
      'a=1&a=2&b=x+y%26z',
    );
  });

  describe('binary', () => {
    it('takes bytes in whatever they come, only the part that is meant', () => {
      const memory = new Uint8Array([0, 1, 255, 3, 4]);
      const part = [1, 255, 3];
      for (const value of [
        Buffer.from(part),
        new Uint8Array(memory.buffer, 1, 3),
        new DataView(memory.buffer, 1, 3),
        memory.buffer.slice(1, 4),
      ]) {
        assert.deepEqual([...bytesOf(binaryBody(value))], part);
      }
      assert.equal(binaryBody(Buffer.alloc(0)).contentType, 'application/octet-stream');
      assert.equal(bytesOf(binaryBody('ü')).toString('hex'), 'c3bc');
    });

    it('refuses anything else by name', () => {
      assert.throws(() => binaryBody(undefined), refused('INVALID_REQUEST', /undefined/));
      assert.throws(() => binaryBody(null), refused('INVALID_REQUEST', /null/));
      assert.throws(() => binaryBody([1]), refused('INVALID_REQUEST', /an array/));
      assert.throws(() => binaryBody({}), refused('INVALID_REQUEST', /object/));
      assert.throws(() => binaryBody(1), refused('INVALID_REQUEST', /number/));
    });
  });

  describe('payload', () => {
    it('goes by its type', () => {
      const cases: [unknown, string, string][] = [
        [{ a: 'ü' }, '{"a":"ü"}', 'application/json'],
        [[1, null], '[1,null]', 'application/json'],
        [1, '1', 'application/json'],
        [false, 'false', 'application/json'],
        ['text', 'text', 'text/plain; charset=utf-8'],
        ['', '', 'text/plain; charset=utf-8'],
        [Buffer.from('b'), 'b', 'application/octet-stream'],
        [new Uint8Array([98]), 'b', 'application/octet-stream'],
        [new Uint16Array([0x6262]), 'bb', 'application/octet-stream'],
        [new Uint8Array([98]).buffer, 'b', 'application/octet-stream'],
        [new Date(0), '"1970-01-01T00:00:00.000Z"', 'application/json'],
      ];
      for (const [payload, body, contentType] of cases) {
        const encoded = payloadBody(payload)!;
        assert.equal(bytesOf(encoded).toString('utf8'), body);
        assert.equal(encoded.contentType, contentType);
      }
    });

    it('is no body when there is nothing', () => {
      assert.equal(payloadBody(undefined), undefined);
      assert.equal(payloadBody(null), undefined);
    });

    it('is a form when the content type says so', () => {
      for (const type of [form, `${form}; charset=utf-8`, form.toUpperCase()]) {
        assert.equal(bytesOf(payloadBody({ a: 1, b: ['x', 'y'] }, type)!).toString(), 'a=1&b=x&b=y');
      }
      assert.equal(bytesOf(payloadBody('a=1', form)!).toString(), 'a=1');
    });

    it('is XML when the content type says so', () => {
      assert.equal(
        bytesOf(payloadBody({ a: ['x'].join() }, 'text/xml')!)
          .toString()
          .split('\n')[1],
        '<a>x</a>',
      );
      assert.throws(() => payloadBody({ a: 1, b: 2 }, 'application/xml'), refused('INVALID_REQUEST', /XML/));
    });

    it('is a stream that can be read once', async () => {
      const { body, contentType } = payloadBody(Readable.from([Buffer.from('a'), Buffer.from('b')]))!;
      assert.ok(isStreamed(body));
      assert.deepEqual(
        [body.repeatable, body.length, contentType],
        [false, undefined, 'application/octet-stream'],
      );
      assert.equal((await buffer(body.open())).toString(), 'ab');
      assert.throws(() => body.open(), refused('INVALID_REQUEST', /read or closed already/));
    });

    it('refuses what no body can carry', () => {
      const circle: Record<string, unknown> = {};
      circle.self = circle;
      assert.throws(() => payloadBody(circle), refused('INVALID_REQUEST', /JSON/));
      assert.throws(() => payloadBody({ n: 1n }), refused('INVALID_REQUEST', /JSON/));
      assert.throws(() => payloadBody(() => 1), refused('INVALID_REQUEST', /function/));
      assert.throws(() => payloadBody(Symbol('x')), refused('INVALID_REQUEST', /symbol/));
    });
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { binaryBody, formBody, jsonBody, payloadBody, textBody } from '../../src/exchange/body';
import { Failure } from '../../src/exchange/failure';

const refused =
  (code: string, says: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code);
    assert.match(error.message, says);
    return true;
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
        assert.deepEqual([...binaryBody(value).body], part);
      }
      assert.equal(binaryBody(Buffer.alloc(0)).contentType, 'application/octet-stream');
      assert.equal(binaryBody('ü').body.toString('hex'), 'c3bc');
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
        assert.equal(encoded.body.toString('utf8'), body);
        assert.equal(encoded.contentType, contentType);
      }
    });

    it('is no body when there is nothing', () => {
      assert.equal(payloadBody(undefined), undefined);
      assert.equal(payloadBody(null), undefined);
    });

    it('is a form when the content type says so', () => {
      for (const type of [form, `${form}; charset=utf-8`, form.toUpperCase()]) {
        assert.equal(payloadBody({ a: 1, b: ['x', 'y'] }, type)!.body.toString(), 'a=1&b=x&b=y');
      }
      assert.equal(payloadBody('a=1', form)!.body.toString(), 'a=1');
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

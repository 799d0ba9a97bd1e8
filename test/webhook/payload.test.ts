import assert from 'node:assert/strict';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { decodePayload, plainBody, type PayloadKind } from '../../src/webhook/payload';
import { Refusal } from '../../src/webhook/refusal';

const delivery = (headers: Record<string, string>, body: Buffer | string = '', method = 'POST') => ({
  method,
  url: '/',
  params: {},
  headers,
  ip: '',
  body: Buffer.from(body),
});

type Kind = Exclude<PayloadKind, 'cloudevents'>;

function decode(contentType: string, body: Buffer | string, kind: Kind = 'auto'): Promise<unknown> {
  const incoming = delivery(contentType ? { 'content-type': contentType } : {}, body);
  return decodePayload(incoming, incoming.body, kind, {});
}

const refused = (code: string, status: number) => (error: unknown) =>
  error instanceof Refusal && error.code === code && error.status === status;

describe('webhook/payload', () => {
  it('decodes by content type', async () => {
    const cases: [string, Buffer | string, unknown][] = [
      ['application/json', '{ "a": 1 }', { a: 1 }],
      ['application/json; charset=utf-16le', Buffer.from('[1]', 'utf16le'), [1]],
      ['application/cloudevents+json', '"x"', 'x'],
      ['application/json', '\ufeff{}', {}],
      ['application/json', '', null],
      ['application/x-www-form-urlencoded', 'a=1&a=2&b=x+y', { a: ['1', '2'], b: 'x y' }],
      ['APPLICATION/X-WWW-FORM-URLENCODED; charset=UTF-8', 'a=1', { a: '1' }],
      ['text/plain', 'plain', 'plain'],
      ['text/plain; charset=iso-8859-1', Buffer.from([0xfc]), 'ü'],
      ['text/plain; charset=no-such-charset', 'x', 'x'],
      ['application/xml', '<a b="1">t</a>', { a: { $: { b: '1' }, _: 't' } }],
      ['application/x-ndjson', '1\n{"a":2}\n', [1, { a: 2 }]],
      ['application/octet-stream', Buffer.from([0, 255]), Buffer.from([0, 255])],
      ['image/png', Buffer.from([1]), Buffer.from([1])],
      ['', 'text', 'text'],
      ['', Buffer.from([0xff]), Buffer.from([0xff])],
      ['no type at all', 'x', 'x'],
    ];
    for (const [contentType, body, expected] of cases)
      assert.deepEqual(await decode(contentType, body), expected, contentType);
  });

  it('decodes as it is told, whatever the content type', async () => {
    assert.deepEqual(await decode('text/plain', '{"a":1}', 'json'), { a: 1 });
    assert.deepEqual(await decode('text/plain', 'a=1', 'form'), { a: '1' });
    assert.deepEqual(await decode('application/json', '{"a":1}', 'text'), '{"a":1}');
    assert.deepEqual(await decode('application/json', '{', 'binary'), Buffer.from('{'));
  });

  it('gives a GET its query, and a GET with a body its body', async () => {
    const query = { a: '1' };
    assert.equal(await decodePayload(delivery({}, '', 'GET'), Buffer.alloc(0), 'auto', query), query);
    assert.equal(await decodePayload(delivery({}, 'x', 'GET'), Buffer.from('x'), 'auto', query), 'x');
    assert.equal(await decodePayload(delivery({}), Buffer.alloc(0), 'auto', query), '');
  });

  it('refuses malformed JSON and XML in a sentence', async () => {
    await assert.rejects(decode('application/xml', '<a>'), refused('INVALID_BODY', 400));
    for (const body of ['{', '{"a":}', '{"a":1}x', 'undefined', "{'a':1}", '\u0000']) {
      await assert.rejects(
        decode('application/json', body),
        (error) =>
          refused('INVALID_BODY', 400)(error) &&
          /^the body is not valid JSON: /.test((error as Error).message),
        body,
      );
    }
  });

  it('refuses JSON that is nested too deep for Node-RED to pass on', async () => {
    const nested = (levels: number) => `${'[{"a":'.repeat(levels / 2)}1${'}]'.repeat(levels / 2)}`;
    await decode('application/json', nested(500));
    for (const levels of [502, 100_000]) {
      await assert.rejects(decode('application/json', nested(levels)), refused('INVALID_BODY', 400));
    }
  });

  it('takes any JSON value back as it was', async () => {
    await fc.assert(
      fc.asyncProperty(fc.jsonValue(), async (value) => {
        const text = JSON.stringify(value);
        assert.deepEqual(await decode('application/json', text), JSON.parse(text));
      }),
    );
  });

  it('lets __proto__ in JSON change no prototype', async () => {
    const payload = (await decode('application/json', '{"__proto__":{"polluted":true}}')) as Record<
      string,
      unknown
    >;
    assert.equal(payload.polluted, undefined);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  describe('content codings', () => {
    const text = Buffer.from('{ "a": 1 }');
    const coded = (encoding: string, body: Buffer, limit = 1024) =>
      plainBody(delivery({ 'content-encoding': encoding }, body), limit);

    it('are undone, the last one first', async () => {
      for (const [encoding, body] of [
        ['gzip', gzipSync(text)],
        ['x-gzip', gzipSync(text)],
        ['deflate', deflateSync(text)],
        ['deflate', deflateRawSync(text)],
        ['br', brotliCompressSync(text)],
        ['gzip, br', brotliCompressSync(gzipSync(text))],
        ['identity', text],
      ] as const) {
        assert.deepEqual(await coded(encoding, body), text, encoding);
      }
    });

    it('make nothing of an empty body', async () => {
      assert.deepEqual(await coded('gzip', Buffer.alloc(0)), Buffer.alloc(0));
    });

    it('are counted after they are undone', async () => {
      const bomb = gzipSync(Buffer.alloc(50 * 1024 * 1024));
      await assert.rejects(coded('gzip', bomb), refused('BODY_TOO_LARGE', 413));
      assert.equal((await coded('gzip', gzipSync(Buffer.alloc(1024)))).length, 1024);
      await assert.rejects(coded('gzip', gzipSync(Buffer.alloc(1025))), refused('BODY_TOO_LARGE', 413));
    });

    it('are refused when they are unknown, broken or too many', async () => {
      await assert.rejects(coded('compress', text), refused('UNSUPPORTED_ENCODING', 415));
      for (const name of ['constructor', '__proto__'])
        await assert.rejects(coded(name, text), refused('UNSUPPORTED_ENCODING', 415));
      await assert.rejects(coded('gzip', text), refused('INVALID_BODY', 400));
      await assert.rejects(coded('gzip', gzipSync(text).subarray(0, 15)), refused('INVALID_BODY', 400));
      const many = Array.from({ length: 1000 }, () => 'gzip').join(',');
      await assert.rejects(coded(many, gzipSync(text)), refused('UNSUPPORTED_ENCODING', 415));
    });
  });
});

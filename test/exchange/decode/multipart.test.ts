import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBody, type DecodedPart } from '../../../src/exchange/decode';
import { splitMultipart } from '../../../src/exchange/decode/multipart';
import { refused } from '../../support/refused';

const lines = (...all: string[]): Buffer => Buffer.from(all.join('\r\n'), 'utf8');
const decode = async (body: Buffer, type = 'multipart/mixed; boundary=b'): Promise<DecodedPart[]> =>
  (await decodeBody(body, type, 'auto')) as DecodedPart[];
const invalid = (says: RegExp) => refused('INVALID_BODY', says);

describe('exchange/decode: multipart', () => {
  it('each part is read by its own type', async () => {
    const parts = await decode(
      lines(
        'preamble',
        '--b',
        'Content-Type: application/json',
        'X-A: 1',
        'x-a: 2',
        '',
        '{"a":"ü"}',
        '--b  ',
        'content-type: text/plain;',
        ' charset=utf-8',
        '',
        'two',
        'lines',
        '--b',
        'Content-Type: application/xml',
        '',
        '<a>1</a>',
        '--b',
        'Content-Type: image/png',
        '',
        'PNG',
        '--b',
        '',
        'bare',
        '--bogus, not a boundary',
        '--b--',
        'epilogue',
      ),
    );
    assert.deepEqual(parts, [
      {
        headers: { 'content-type': 'application/json', 'x-a': ['1', '2'] },
        contentType: 'application/json',
        body: { a: 'ü' },
      },
      {
        headers: { 'content-type': 'text/plain; charset=utf-8' },
        contentType: 'text/plain; charset=utf-8',
        body: 'two\r\nlines',
      },
      { headers: { 'content-type': 'application/xml' }, contentType: 'application/xml', body: { a: '1' } },
      { headers: { 'content-type': 'image/png' }, contentType: 'image/png', body: Buffer.from('PNG') },
      { headers: {}, contentType: '', body: 'bare\r\n--bogus, not a boundary' },
    ]);
  });

  it('a multipart body in it is a list of parts, one deeper in that stays bytes', async () => {
    const level = (boundary: string, inner: string[]): string[] => [
      `Content-Type: multipart/mixed; boundary=${boundary}`,
      '',
      `--${boundary}`,
      ...inner,
      `--${boundary}--`,
    ];
    const body = lines('--b', ...level('c', level('d', ['', 'deep'])), '--b--');
    const [outer] = await decode(body);
    const [inner] = outer!.body as DecodedPart[];
    assert.ok(Buffer.isBuffer(inner!.body));
    assert.equal(inner!.body.toString(), '--d\r\n\r\ndeep\r\n--d--');
  });

  it('names and file names, as browsers, mail programs and RFC 8187 write them', async () => {
    const dispositions: [string, string | undefined, string | undefined][] = [
      ['form-data; name="a"', 'a', undefined],
      ['form-data; name=a; filename=b.txt', 'a', 'b.txt'],
      ['form-data; name="a%22b%0D%0Ac"; filename="100%.txt"', 'a"b\r\nc', '100%.txt'],
      ['form-data; name="a\\"b\\\\c; d=e"', 'a"b\\c; d=e', undefined],
      ['form-data; name="ü"; filename="€"', 'ü', '€'],
      ['attachment; filename="plain"; filename*=UTF-8\'\'%e2%82%ac%20x', undefined, '€ x'],
      ['attachment; filename="plain"; filename*=UTF-8\'\'%zz', undefined, 'plain'],
      ['inline', undefined, undefined],
    ];
    for (const [disposition, name, filename] of dispositions) {
      const body = lines(
        '--b',
        `Content-Disposition: ${disposition}`,
        'Content-Type: image/png',
        '',
        'x',
        '--b--',
      );
      const [part] = await decode(body, 'multipart/form-data; boundary="b"');
      assert.deepEqual([part!.name, part!.filename], [name, filename], disposition);
    }
    const untyped = lines(
      '--b',
      'Content-Disposition: form-data; name="f"; filename="x"',
      '',
      'text',
      '--b--',
    );
    assert.deepEqual((await decode(untyped))[0]!.body, Buffer.from('text'));
  });

  it('transfer encodings are undone', async () => {
    const body = lines(
      '--b',
      'Content-Transfer-Encoding: BASE64',
      'Content-Type: application/json',
      '',
      'eyJhIjo',
      'xfQ==',
      '--b',
      'Content-Transfer-Encoding: quoted-printable',
      '',
      'gr=C3=BC=C3=9Fe =',
      'weiter',
      '=3D',
      '--b--',
    );
    const parts = await decode(body);
    assert.deepEqual(
      parts.map((part) => part.body),
      [{ a: 1 }, 'grüße weiter\r\n='],
    );
  });

  it('any bytes come back, whatever boundary stands around them', () => {
    const bytes = fc.array(fc.oneof(fc.constantFrom(13, 10, 45, 98), fc.nat(255)), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(bytes, { minLength: 1, maxLength: 5 }), (bodies) => {
        const all = bodies.map((one) => Buffer.from(one));
        fc.pre(!all.some((one) => `\r\n${one.toString('latin1')}`.includes('\r\n--b')));
        const body = Buffer.concat([
          ...all.flatMap((one) => [Buffer.from('--b\r\nX: y\r\n\r\n'), one, Buffer.from('\r\n')]),
          Buffer.from('--b--'),
        ]);
        assert.deepEqual(
          splitMultipart(body, 'multipart/mixed; boundary=b').map((part) => part.body),
          all,
        );
      }),
    );
  });

  it('empty ones: no body, no part, a part of nothing', async () => {
    assert.deepEqual(await decode(Buffer.alloc(0)), []);
    assert.deepEqual(await decode(lines('--b--')), []);
    assert.deepEqual(await decode(lines('', '--b--', '')), []);
    assert.deepEqual(
      (await decode(lines('--b', '', '', '--b--'))).map((part) => part.body),
      [''],
    );
    assert.deepEqual(
      (await decode(lines('--b', '', '--b--'))).map((part) => part.body),
      [''],
    );
    assert.deepEqual(
      (await decode(lines('--b', '--b', 'X: y', '--b--'))).map((part) => part.headers),
      [{}, { x: 'y' }],
    );
  });

  it('a broken one is an error that says what is wrong', async () => {
    const cases: [Buffer, string, RegExp][] = [
      [lines('--b', '', 'x'), 'multipart/mixed; boundary=b', /ends before its last boundary/],
      [lines('nothing of it'), 'multipart/mixed; boundary=b', /ends before its last boundary/],
      [lines('--b', '', 'x', '--b--'), 'multipart/mixed', /names no boundary/],
      [lines('--b', 'no colon', '', 'x', '--b--'), 'multipart/mixed; boundary=b', /part 1 has a header/],
      [
        lines('--b', '', '', '--b', 'Content-Type: application/json', '', '{', '--b--'),
        'multipart/mixed; boundary=b',
        /part 2: .*JSON/,
      ],
      [
        lines('--b', `X: ${'y'.repeat(20_000)}`, '', 'x', '--b--'),
        'multipart/mixed; boundary=b',
        /headers of part 1 are larger/,
      ],
      [
        lines(...Array.from({ length: 1002 }, () => '--b\r\n'), '--b--'),
        'multipart/mixed; boundary=b',
        /more than 1000 parts/,
      ],
    ];
    for (const [body, type, says] of cases) await assert.rejects(decode(body, type), invalid(says));
    await assert.rejects(
      Promise.resolve(decodeBody(lines('x'), 'text/plain', 'multipart')),
      invalid(/names no boundary/),
    );
  });

  it('a thousand parts with the worst of names take no time', async () => {
    const disposition = `Content-Disposition: form-data${';a="\\"'.repeat(2500)}`;
    const body = lines(...Array.from({ length: 1000 }, () => `--b\r\n${disposition}\r\n\r\nx`), '--b--');
    const started = performance.now();
    assert.equal((await decode(body)).length, 1000);
    assert.ok(performance.now() - started < 5000);
  }).timeout(20_000);

  it('fifty megabytes without an end take no time and no copies', async () => {
    const body = Buffer.alloc(50_000_000, '\r\n--b-');
    const started = performance.now();
    await assert.rejects(decode(body), invalid(/ends before/));
    await assert.rejects(
      decode(Buffer.concat([Buffer.from('--b\r\n'), Buffer.alloc(50_000_000, 'a')])),
      invalid(/./),
    );
    assert.ok(performance.now() - started < 5000);
  }).timeout(20_000);
});

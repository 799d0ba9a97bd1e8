import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  charsetOf,
  decodeBody,
  decodeLeniently,
  decodeText,
  isJsonType,
  mediaType,
} from '../../src/exchange/decode';
import { Failure } from '../../src/exchange/failure';
import { publicSuite } from '../support/public-suites';

const invalidBody = (error: unknown): boolean => {
  assert.ok(error instanceof Failure, String(error));
  assert.equal(error.code, 'INVALID_BODY');
  assert.match(error.message, /not valid JSON/);
  assert.equal(error.retryable, false);
  return true;
};

const auto = (body: Buffer | string, contentType: string): unknown =>
  decodeBody(Buffer.from(body as string), contentType, 'auto');

describe('exchange/decode', () => {
  describe('by content type', () => {
    const json = [
      'application/json',
      'APPLICATION/JSON',
      'application/json; charset=utf-8',
      'application/json;charset="UTF-8"',
      'text/json',
      'application/problem+json',
      'application/vnd.api+json; version=1',
    ];
    for (const type of json) {
      it(`${type} is JSON`, () => assert.deepEqual(auto('{"a":["ü"]}', type), { a: ['ü'] }));
    }

    const text = [
      'text/plain',
      'text/html; charset=utf-8',
      'text/csv',
      'image/svg+xml',
      'application/xhtml+xml',
      'text/event-stream',
      'application/http',
      'application/javascript',
      'application/x-www-form-urlencoded',
    ];
    for (const type of text) {
      it(`${type} is text`, () => assert.equal(auto('{"a":"ü"}', type), '{"a":"ü"}'));
    }

    for (const type of ['application/xml', 'text/xml; charset=utf-8', 'application/soap+xml']) {
      it(`${type} is XML`, async () => assert.deepEqual(await auto('<a>ü</a>', type), { a: 'ü' }));
    }

    for (const type of [
      'application/x-ndjson',
      'application/jsonl',
      'application/jsonlines',
      'text/x-ndjson',
    ]) {
      it(`${type} is a list`, () => assert.deepEqual(auto('1\n{"a":"ü"}\r\n\n', type), [1, { a: 'ü' }]));
    }

    for (const type of ['application/octet-stream', 'image/png', 'application/pdf', 'application/jsonx']) {
      it(`${type} stays bytes`, () => {
        const body = Buffer.from('{"a":1}');
        assert.equal(decodeBody(body, type, 'auto'), body);
      });
    }

    it('without a type that can be read: text when it is UTF-8, else bytes', () => {
      for (const type of ['', 'nonsense', '/', ';']) {
        assert.equal(auto('ü', type), 'ü');
        const bytes = Buffer.from([0xff, 0xfe, 0x00]);
        assert.equal(decodeBody(bytes, type, 'auto'), bytes);
      }
    });

    it('what was asked for goes before the content type', () => {
      const body = Buffer.from('[1]');
      assert.deepEqual(decodeBody(body, 'text/plain', 'json'), [1]);
      assert.equal(decodeBody(body, 'application/json', 'text'), '[1]');
      assert.equal(decodeBody(body, 'application/json', 'binary'), body);
    });
  });

  describe('charsets', () => {
    const hex = (bytes: string) => Buffer.from(bytes, 'hex');
    const cases: [string, Buffer, string][] = [
      ['iso-8859-1', hex('fc80'), 'ü€'], // WHATWG: windows-1252
      ['iso-8859-2', hex('b3f3de'), 'łóŢ'],
      ['windows-1251', hex('cff0e8'), 'При'],
      ['shift_jis', hex('93fa967b'), '日本'],
      ['gbk', hex('d6d0'), '中'],
      ['euc-kr', hex('c7d1'), '한'],
      ['utf-16le', hex('e4002000'), 'ä '],
      ['utf-16be', hex('00e40020'), 'ä '],
      ['UTF-16', hex('fffee400'), 'ä'],
      ['x-no-such-charset', Buffer.from('ä'), 'ä'],
    ];
    for (const [charset, body, expected] of cases) {
      it(charset, () => {
        assert.equal(decodeBody(body, `text/plain; charset=${charset}`, 'auto'), expected);
        assert.equal(decodeText(body, charset), expected);
      });
    }

    it('a byte order mark says more than the label, and is dropped', () => {
      const marked: Buffer[] = [
        Buffer.concat([hex('efbbbf'), Buffer.from('["ä"]', 'utf8')]),
        Buffer.concat([hex('fffe'), Buffer.from('["ä"]', 'utf16le')]),
        Buffer.concat([hex('feff'), Buffer.from('["ä"]', 'utf16le').swap16()]),
      ];
      for (const body of marked) {
        for (const charset of ['', '; charset=utf-8', '; charset=iso-8859-1', '; charset=utf-16le']) {
          assert.deepEqual(decodeBody(body, `application/json${charset}`, 'auto'), ['ä']);
          assert.equal(decodeBody(body, `text/plain${charset}`, 'auto'), '["ä"]');
        }
      }
    });

    it('bytes that the charset does not have become U+FFFD', () => {
      assert.equal(decodeText(hex('61ff62')), 'a\ufffdb');
    });

    it('is read from the content type', () => {
      assert.equal(charsetOf('text/plain; a=b; CHARSET="Big5"'), 'Big5');
      assert.equal(charsetOf('text/plain'), undefined);
      assert.equal(charsetOf(''), undefined);
    });
  });

  describe('json', () => {
    it('an empty body is null', () => {
      for (const body of ['', ' ', '\r\n\t']) assert.equal(auto(body, 'application/json'), null);
    });

    it('blanks that JSON does not know are no empty body', () => {
      for (const body of ['\u00a0', '\u2003', '\f']) {
        assert.throws(() => auto(body, 'application/json'), invalidBody);
      }
    });

    it('every value comes back', () => {
      fc.assert(
        fc.property(fc.jsonValue(), (value) => {
          const text = JSON.stringify(value);
          assert.deepEqual(auto(text, 'application/json'), JSON.parse(text));
        }),
      );
    });

    it('is no deeper than what Node-RED can clone', () => {
      const nested = (levels: number, [start, end]: [string, string]) =>
        `{"a": ${start.repeat(levels - 1)}${end.repeat(levels - 1)}}`;
      const shapes: [string, string][] = [
        ['[', ']'],
        ['[{"":', '}]'],
      ];
      for (const shape of shapes) {
        const perLevel = shape[1].length;
        const fits = nested(Math.floor(499 / perLevel) + 1, shape).replace(':}', ':0}');
        assert.equal(typeof auto(fits, 'application/json'), 'object');
        for (const levels of [502, 100_000]) {
          const body = nested(levels, shape).replace(':}', ':0}');
          assert.throws(() => auto(body, 'application/json'), /^INVALID_BODY: .*deeper than 500 levels/);
          assert.equal(decodeLeniently(body, 'application/json'), body);
        }
      }
      assert.equal((auto(`[${'[],'.repeat(10_000)}[]]`, 'application/json') as unknown[]).length, 10_001);
    });

    it('keeps __proto__ a mere name', () => {
      const value = auto('{"__proto__": {"polluted": 1}}', 'application/json') as object;
      assert.equal(Object.getPrototypeOf(value), Object.prototype);
      assert.deepEqual(Object.keys(value), ['__proto__']);
    });

    it('a failed answer is parsed when it can be', () => {
      assert.deepEqual(decodeLeniently('{"e":1}', 'application/problem+json'), { e: 1 });
      assert.equal(decodeLeniently('{"e":', 'application/json'), '{"e":');
      assert.equal(decodeLeniently('{"e":1}', 'text/plain'), '{"e":1}');
      assert.equal(decodeLeniently('', 'application/json'), null);
    });
  });

  describe('lines of JSON', () => {
    it('are a list, with or without a last line break', () => {
      assert.deepEqual(auto('', 'application/x-ndjson'), []);
      assert.deepEqual(auto('[1]\n"\\n"', 'application/x-ndjson'), [[1], '\n']);
      assert.deepEqual(decodeBody(Buffer.from('1\n2\n'), 'text/plain', 'ndjson'), [1, 2]);
      assert.deepEqual(auto('\x1e{"a":\n1}\n\x1e2\n', 'application/json-seq'), [{ a: 1 }, 2]);
    });

    it('a bad one is an error that says which it is, and keeps it', () => {
      const check = (body: string, type: string, line: number, text: string): void =>
        assert.throws(
          () => auto(body, type),
          (error: unknown) => {
            assert.ok(error instanceof Failure);
            assert.equal(error.code, 'INVALID_BODY');
            assert.match(error.message, new RegExp(`^line ${line} of the body is not valid JSON`));
            assert.equal((error.cause as Error).message, text);
            return true;
          },
        );
      check('1\n\n{"a":\n2', 'application/x-ndjson', 3, '{"a":');
      check('\x1e1\n\x1e{"a"\n', 'application/json-seq', 2, '{"a"\n');
      const deep = `${'['.repeat(501)}${']'.repeat(501)}`;
      assert.throws(() => auto(`1\n${deep}`, 'application/jsonl'), /line 2 .*deeper than 500/);
    });
  });

  it('knows media types', () => {
    assert.equal(mediaType('Text/HTML; charset=x'), 'text/html');
    assert.equal(mediaType(''), '');
    assert.equal(mediaType('rubbish'), '');
    assert.ok(isJsonType('application/json') && isJsonType('a/b+json') && isJsonType('text/json'));
    assert.ok(!isJsonType('text/plain') && !isJsonType('application/json-seq') && !isJsonType(''));
  });
});

interface Case {
  name: string;
  expect: 'accept' | 'reject' | 'either';
  bytesBase64?: string;
  length: number;
}

/** What the suite wants refused and we do not: nothing but blanks, or a byte order mark and nothing. We say `null`. */
const emptyHere = new Set([
  'n_single_space.json',
  'n_structure_no_data.json',
  'n_structure_UTF8_BOM_no_data.json',
]);

describe('exchange/decode: JSONTestSuite', () => {
  const suite = publicSuite<{ cases: Case[] }>('JSONTestSuite', 'json-parsing-JSONTestSuite.json');
  if (!suite) {
    it('is not here: it lies in ../shared/fixtures beside the checkout, where CI has it', () => undefined);
    return;
  }
  const bytesOf = ({ name, bytesBase64, length }: Case): Buffer => {
    if (bytesBase64 !== undefined) return Buffer.from(bytesBase64, 'base64');
    const repeated: Record<string, string> = {
      'n_structure_100000_opening_arrays.json': '[',
      'n_structure_open_array_object.json': '[{"":',
    };
    const unit = repeated[name]!;
    return Buffer.from(unit.repeat(Math.ceil(length / unit.length)).slice(0, length));
  };

  it('is whole', () => {
    const count = (expect: string) => suite.cases.filter((one) => one.expect === expect).length;
    assert.deepEqual([count('accept'), count('reject'), count('either')], [95, 188, 35]);
  });

  for (const one of suite.cases) {
    const body = bytesOf(one);
    const decode = () => decodeBody(body, 'application/json', 'auto');
    if (one.expect === 'accept') {
      it(`${one.name} is parsed`, () => {
        assert.equal(body.length, one.length);
        assert.deepEqual(decode(), JSON.parse(body.toString('utf8')));
      });
    } else if (emptyHere.has(one.name)) {
      it(`${one.name} is null here: an empty body`, () => assert.equal(decode(), null));
    } else if (one.expect === 'reject') {
      it(`${one.name} is an error`, () => assert.throws(decode, invalidBody));
    } else {
      it(`${one.name} is a value or an error of ours`, () => {
        try {
          assert.notEqual(decode(), undefined);
        } catch (error) {
          invalidBody(error);
        }
      });
    }
  }
});

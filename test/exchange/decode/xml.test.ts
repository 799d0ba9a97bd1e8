import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import fc from 'fast-check';
import { xmlBody, xmlValueBody } from '../../../src/exchange/body';
import { writeXml } from '../../../src/exchange/body/xml';
import { decodeBody } from '../../../src/exchange/decode';
import { parseXml } from '../../../src/exchange/decode/xml';
import { refused } from '../../support/refused';

/** What Node-RED's own XML node reads with. */
const xml2js = createRequire(__filename)('xml2js') as { parseStringPromise(xml: string): Promise<unknown> };

const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
const invalid = (says: RegExp) => refused('INVALID_BODY', says);

/** XML and its object, both ways. */
const bothWays: [what: string, xml: string, value: unknown][] = [
  ['an empty element', '<a/>', { a: '' }],
  ['text', '<a>1</a>', { a: '1' }],
  ['blanks as the only text', '<a> </a>', { a: ' ' }],
  [
    'leading zeros and big numbers',
    '<a><n>007</n><n>12345678901234567890</n></a>',
    { a: { n: ['007', '12345678901234567890'] } },
  ],
  ['attributes', '<a x="1" y="&lt;&quot;&amp;&#10;"/>', { a: { $: { x: '1', y: '<"&\n' } } }],
  ['attributes and text', '<a x="1">t</a>', { a: { $: { x: '1' }, _: 't' } }],
  ['one child and several', '<a><b/><c>1</c><c>2</c></a>', { a: { b: [''], c: ['1', '2'] } }],
  [
    'namespaces',
    '<s:E xmlns:s="urn:s"><s:B xml:lang="de"/></s:E>',
    { 's:E': { $: { 'xmlns:s': 'urn:s' }, 's:B': [{ $: { 'xml:lang': 'de' } }] } },
  ],
  ['text before children', '<a>t<b/></a>', { a: { _: 't', b: [''] } }],
  [
    'names of JavaScript',
    '<__proto__><constructor toString="1"/><hasOwnProperty/></__proto__>',
    Object.fromEntries([['__proto__', { constructor: [{ $: { toString: '1' } }], hasOwnProperty: [''] }]]),
  ],
  ['an element called _', '<a><_/></a>', { a: { _: [''] } }],
  ['other scripts', '<größe 単位="cm">é€𝄞</größe>', { größe: { $: { 単位: 'cm' }, _: 'é€𝄞' } }],
  ['a carriage return', '<a>x&#13;</a>', { a: 'x\r' }],
];

/** XML that is read as something simpler than it was. */
const oneWay: [what: string, xml: string, value: unknown][] = [
  ['layout between elements', '<a>\n  <b> x </b>\r\n</a>\n', { a: { b: [' x '] } }],
  ['mixed text: joined, its places are lost', '<a>x <b/> y<b/></a>', { a: { _: 'x  y', b: ['', ''] } }],
  ['the order of unlike children', '<a><b/><c/><b/></a>', { a: { b: ['', ''], c: [''] } }],
  ['CDATA', '<a><![CDATA[<&amp;>]]>&amp;<![CDATA[]]></a>', { a: '<&amp;>&' }],
  [
    'references',
    '<a>&#65;&#x42;&lt;&gt;&amp;&quot;&apos;&nbsp;&eacute;&hellip;</a>',
    { a: 'AB<>&"\'\u00a0é…' },
  ],
  [
    'comments and instructions',
    '<?xml version="1.0"?><?x a="b&c"?><!-- <a> --><a>1<!-- & --><?y?>2</a><!-- -->',
    { a: '12' },
  ],
  ['a document type', '<!DOCTYPE a PUBLIC "-//X//Y" "http://127.0.0.1:1/x.dtd"><a/>', { a: '' }],
  [
    'entities of the document',
    '<!DOCTYPE a [<!ELEMENT a ANY><!ENTITY who "W &#xE4;"><!ENTITY me "I">]><a b="&me;">&me;</a>',
    { a: { $: { b: 'I' }, _: 'I' } },
  ],
  ['blanks in attributes', '<a b="x\n\ty"\n c=\'"\'/>', { a: { $: { b: 'x  y', c: '"' } } }],
  ['blanks before the declaration', '\n <?xml version="1.0"?><a/>', { a: '' }],
  ['line ends', '<a>x\r\ny\rz</a>', { a: 'x\ny\nz' }],
];

describe('exchange/decode: XML', () => {
  for (const [what, xml, value] of bothWays) {
    it(`${what}, both ways`, async () => {
      assert.deepEqual(await parseXml(xml), value);
      const written = writeXml(value);
      assert.equal(written, `<?xml version="1.0" encoding="UTF-8"?>\n${xml}`);
      assert.deepEqual(await parseXml(written), value);
    });
  }

  for (const [what, xml, value] of oneWay) {
    it(`${what}`, async () => {
      assert.deepEqual(await parseXml(xml), value);
      assert.deepEqual(await parseXml(writeXml(value)), value);
    });
  }

  it('has the shape that the core XML node makes', async () => {
    const unlike = [
      'names of JavaScript',
      'an element called _',
      'references',
      'entities of the document',
      'blanks in attributes',
      'a carriage return',
      'line ends',
      'blanks before the declaration',
    ];
    for (const [what, xml, value] of [...bothWays, ...oneWay]) {
      if (!unlike.includes(what)) assert.deepEqual(plain(await xml2js.parseStringPromise(xml)), value, what);
    }
  });

  it('every object of that shape comes back', async () => {
    const name = fc.stringMatching(/^[A-Za-zäé][A-Za-z0-9.:-]{0,8}$/);
    const text = fc
      .string({
        unit: fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
          fc.constantFrom('<', '&', ']]>', '"', "'", '\n', '\t', '\r', ' '),
        ),
        maxLength: 12,
      })
      .map((one) =>
        one.toWellFormed().replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''),
      );
    const attributes = fc.dictionary(name, text, { minKeys: 1, maxKeys: 3 });
    const { content } = fc.letrec<{ content: unknown }>((tie) => ({
      content: fc.oneof(
        { maxDepth: 4 },
        text,
        fc.tuple(attributes, text).map(([$, _]) => (_ === '' ? { $ } : { $, _ })),
        fc
          .tuple(
            fc.option(attributes, { nil: undefined }),
            text,
            fc.dictionary(name, fc.array(tie('content'), { minLength: 1, maxLength: 3 }), {
              minKeys: 1,
              maxKeys: 3,
            }),
          )
          .map(([$, _, children]) => ({ ...($ && { $ }), ...(/[^\t\n\r ]/.test(_) && { _ }), ...children })),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(name, content, async (root, inside) => {
        const value = { [root]: inside };
        const { body } = xmlValueBody(value);
        assert.deepEqual(plain(await decodeBody(body, 'application/xml', 'auto')), plain(value));
      }),
    );
  });

  it('writes lists, missing values, numbers and dates of an object', () => {
    const value = {
      a: {
        $: { n: 1, no: undefined, nil: null },
        b: [1, null, undefined, true],
        c: { d: new Date(0) },
        e: undefined,
        f: null,
        _: 5,
      },
    };
    assert.equal(
      writeXml(value).split('\n')[1],
      '<a n="1"><b>1</b><b/><b>true</b><c><d>1970-01-01T00:00:00.000Z</d></c><f/>5</a>',
    );
  });

  it('says where an object is no XML', () => {
    const circle: Record<string, unknown> = {};
    circle.a = circle;
    const cases: [unknown, RegExp][] = [
      ['text', /name of the root element/],
      [undefined, /name of the root element/],
      [{}, /it has 0/],
      [{ a: 1, b: 2 }, /it has 2/],
      [{ a: [1, 2] }, /one root/],
      [{ 'a b': 1 }, /"a b" is not a name/],
      [{ a: { '1': 1 } }, /"1" is not a name for an element \(a\.1\)/],
      [{ a: { $: { 'x"': 1 } } }, /"x"" is not a name for an attribute \(a\)/],
      [{ a: { $: 'x' } }, /attributes/],
      [{ a: { b: [[1]] } }, /a\.b is a list in a list/],
      [{ a: { b: 'x\0' } }, /a\.b holds .*U\+0000/],
      [{ a: '\ud800' }, /U\+D800/],
      [{ a: circle }, /deeper than 250/],
    ];
    for (const [value, says] of cases)
      assert.throws(() => xmlValueBody(value), refused('INVALID_REQUEST', says));
  });

  const malformed = [
    'text',
    '<a>',
    '</a>',
    '<a></b>',
    '<r><a>1</b></r>',
    '<a',
    '<a b',
    '<a b=1/>',
    '<a b/>',
    '<a b="1" b="2"/>',
    '<a b="<"/>',
    '<a b="&"/>',
    '<a/><b/>',
    '<a/>x',
    '<a></a>x',
    '<a>&</a>',
    '<a>&x;</a>',
    '<a>&#0;</a>',
    '<a>&#xD800;</a>',
    '<a>\u0001</a>',
    '<1/>',
    '< a/>',
    '<a><!-- </a>',
    '<a><![CDATA[</a>',
    '<!DOCTYPE a [<a/>',
    '{"a":1}',
    '<html><br></html>',
    '<a>t<_/></a>',
  ];
  for (const xml of malformed) {
    it(`${JSON.stringify(xml)} is an error`, async () => {
      await assert.rejects(parseXml(xml), invalid(/^the body is not valid XML: /));
      await assert.rejects(
        decodeBody(Buffer.from(xml), 'text/xml', 'auto') as Promise<unknown>,
        invalid(/./),
      );
    });
  }

  it('an empty body is null', async () => {
    for (const body of ['', ' \r\n'])
      assert.equal(await decodeBody(Buffer.from(body), 'text/xml', 'auto'), null);
  });

  describe('charsets', () => {
    const latin = Buffer.from('<?xml version="1.0" encoding="ISO-8859-1"?><a>ü</a>', 'latin1');
    it('is the one that the header names, else the one of the declaration', async () => {
      assert.deepEqual(await decodeBody(latin, 'application/xml', 'auto'), { a: 'ü' });
      assert.deepEqual(await decodeBody(latin, 'application/soap+xml', 'auto'), { a: 'ü' });
      assert.deepEqual(await decodeBody(latin, '', 'xml'), { a: 'ü' });
      assert.deepEqual(await decodeBody(latin, 'text/xml; charset=utf-8', 'auto'), { a: '\ufffd' });
      assert.deepEqual(await decodeBody(latin, 'text/plain; charset=iso-8859-1', 'xml'), { a: 'ü' });
      assert.equal(await decodeBody(latin, 'text/xml', 'text'), latin.toString('latin1'));
    });

    it('is UTF-16 by its first bytes', async () => {
      const utf16 = Buffer.from('<?xml version="1.0" encoding="UTF-16"?><a>ü</a>', 'utf16le');
      const marked = Buffer.concat([Buffer.from([0xff, 0xfe]), utf16]);
      for (const body of [utf16, marked, Buffer.from(utf16).swap16()]) {
        assert.deepEqual(await decodeBody(body, 'text/xml', 'auto'), { a: 'ü' });
      }
      const wrong = Buffer.from('\ufeff<?xml version="1.0" encoding="UTF-16"?><a>ü</a>');
      assert.deepEqual(await decodeBody(wrong, 'text/xml', 'auto'), { a: 'ü' });
      assert.deepEqual(await decodeBody(wrong.subarray(3), 'text/xml', 'auto'), { a: 'ü' });
    });
  });

  describe('hostile documents', () => {
    const bounded = async (xml: string, says: RegExp): Promise<void> => {
      const started = performance.now();
      const before = process.memoryUsage().rss;
      await assert.rejects(parseXml(xml), invalid(says));
      assert.ok(performance.now() - started < 5000, `${performance.now() - started} ms`);
      assert.ok(process.memoryUsage().rss - before < 500e6, `${process.memoryUsage().rss - before} bytes`);
    };
    const laughs = `<!DOCTYPE l [<!ENTITY l0 "ha">${Array.from({ length: 30 }, (_, i) => `<!ENTITY l${i + 1} "&l${i};&l${i};">`).join('')}]><l>&l30;</l>`;
    const cases: [string, string, RegExp][] = [
      ['a billion laughs', laughs, /"&l30;" is not known/],
      [
        'one large entity, often',
        `<!DOCTYPE a [<!ENTITY x "${'y'.repeat(9000)}">]><a>${'&x;'.repeat(100_000)}</a>`,
        /more than 100000 characters/,
      ],
      [
        'an external entity',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        /[Ee]xternal/,
      ],
      ['a parameter entity', '<!DOCTYPE a [<!ENTITY % x SYSTEM "http://127.0.0.1:1/"> %x;]><a/>', /./],
      ['an entity with markup', '<!DOCTYPE a [<!ENTITY x "<b/>">]><a>&x;</a>', /markup/],
      ['ten megabytes of opening tags', '<a>'.repeat(3_333_333), /deeper than 250/],
      ['balanced, and too deep', `${'<a>'.repeat(252)}${'</a>'.repeat(252)}`, /deeper than 250/],
      ['a tag that does not end', `<a ${'x '.repeat(5_000_000)}`, /does not end/],
      ['ten megabytes of ampersands', `<a>${'&'.repeat(10_000_000)}</a>`, /&/],
      ['comments that do not end', '<!--'.repeat(2_500_000), /not closed/],
    ];
    for (const [what, xml, says] of cases) {
      it(what, () => bounded(xml, says)).timeout(20_000);
    }

    it('the deepest that is read can be written again', async () => {
      const xml = `${'<a>'.repeat(249)}<a/>${'</a>'.repeat(249)}`;
      assert.equal(writeXml(await parseXml(xml)).split('\n')[1], xml);
    });
  });

  describe('a rendered template', () => {
    it('is sent as it is, in the charset that is asked for', async () => {
      const text = '<?xml version="1.0" encoding="iso-8859-1"?>\n<a>ü</a>';
      assert.deepEqual((await xmlBody(text)).body, Buffer.from(text, 'latin1'));
      assert.deepEqual((await xmlBody(text, 'text/xml; charset=utf-8')).body, Buffer.from(text));
      assert.deepEqual(await xmlBody('<a>ü</a>'), {
        body: Buffer.from('<a>ü</a>'),
        contentType: 'application/xml',
      });
    });

    it('is refused when it is not well-formed', async () => {
      await assert.rejects(
        xmlBody('<a>'),
        refused('TEMPLATE', /the XML body is not valid XML: Unclosed tag 'a'/),
      );
      await assert.rejects(xmlBody(' '), refused('TEMPLATE', /empty/));
      await assert.rejects(
        xmlBody('<a/>', 'text/xml; charset=klingon'),
        refused('INVALID_REQUEST', /klingon/),
      );
    });
  });
});

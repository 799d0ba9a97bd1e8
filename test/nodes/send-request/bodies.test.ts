import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Requesting } from '../../support/requesting';

describe('nodes/send-request: bodies', () => {
  let requesting: Requesting;

  beforeEach(async () => {
    requesting = await Requesting.start();
  });

  afterEach(() => requesting.close());

  const row = (name: string, value: string, type = 'str') => ({ name, value, type });
  const payload = { n: 1, s: '"<&>"', list: [1, 2] };

  const cases: [string, object, string, string][] = [
    [
      'fields by their paths',
      { bodyKind: 'fields', form: [row('a.b', 'payload.n', 'msg'), row('a.list[0]', '{{payload.s}}')] },
      'application/json',
      '{"a":{"b":1,"list":["\\"<&>\\""]}}',
    ],
    [
      'a JSON template',
      { bodyKind: 'json', body: '{"n": {{payload.n}}, "s": "{{payload.s}}", "gone": {{payload.gone}}}' },
      'application/json',
      '{"n": 1, "s": "\\"<&>\\"", "gone": null}',
    ],
    [
      'what JSONata gives',
      { bodyKind: 'jsonata', body: '{"sum": $sum(payload.list)}' },
      'application/json',
      '{"sum":3}',
    ],
    [
      'an XML template',
      { bodyKind: 'xml', body: '<a b="{{payload.s}}">{{payload.s}}</a>' },
      'application/xml',
      '<a b="&quot;&lt;&amp;&gt;&quot;">"&lt;&amp;&gt;"</a>',
    ],
    [
      'a form',
      { bodyKind: 'form', form: [row('l', 'payload.list', 'msg')], arrays: 'brackets' },
      'application/x-www-form-urlencoded',
      'l%5B%5D=1&l%5B%5D=2',
    ],
    [
      'a GraphQL query',
      { bodyKind: 'graphql', body: '{ a(n: $n) }', variables: '{"n": {{payload.n}}}' },
      'application/json',
      '{"query":"{ a(n: $n) }","variables":{"n":1}}',
    ],
  ];
  for (const [what, fields, type, text] of cases) {
    it(`may be ${what}`, async () => {
      await requesting.load({ method: 'POST', ...fields });
      await requesting.through({ payload });
      const { headers, body } = requesting.server.received[0]!;
      assert.equal(headers['content-type'], type);
      const written = body.toString();
      if (type.endsWith('xml')) assert.equal(written.replaceAll('&gt;', '>'), text.replaceAll('&gt;', '>'));
      else assert.equal(written, text);
    });
  }

  it('may be parts: fields, values as files, files on the disk', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'send-request-'));
    try {
      writeFileSync(join(directory, 'disk.txt'), 'from the disk');
      const part = (name: string, kind: string, value: string, more: object = {}) => ({
        ...row(name, value),
        kind,
        filename: '',
        contentType: '',
        ...more,
      });
      await requesting.load({
        method: 'POST',
        bodyKind: 'multipart',
        // a boundary cannot be typed
        headers: [row('Content-Type', 'multipart/form-data')],
        parts: [
          part('text', 'field', '{{payload.s}}'),
          part('bytes', 'file', 'bytes', { type: 'msg', filename: '{{name}}.png' }),
          part('disk', 'path', `${directory}/disk.txt`),
          part('none', 'field', 'gone', { type: 'msg' }),
        ],
      });
      await requesting.through({ payload, name: 'pic', bytes: Buffer.from([1, 2, 255]) });
      const { headers, body } = requesting.server.received[0]!;
      const form = await new Response(new Uint8Array(body), {
        headers: { 'content-type': headers['content-type']! },
      }).formData();
      assert.deepEqual([...form.keys()], ['text', 'bytes', 'disk']);
      assert.equal(form.get('text'), payload.s);
      const bytes = form.get('bytes') as File;
      assert.deepEqual([bytes.name, bytes.type], ['pic.png', 'image/png']);
      assert.deepEqual(Buffer.from(await bytes.arrayBuffer()), Buffer.from([1, 2, 255]));
      const disk = form.get('disk') as File;
      assert.equal(disk.name, 'disk.txt');
      assert.equal(await disk.text(), 'from the disk');
      assert.equal(headers['content-length'], String(body.length));
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});

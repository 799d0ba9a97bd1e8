import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { Busboy } from '@fastify/busboy';
import fc from 'fast-check';
import { isStreamed } from '../../../src/connection/body';
import { multipartBody, payloadBody, type EncodedBody, type Part } from '../../../src/exchange/body';
import { decodeBody, type DecodedPart } from '../../../src/exchange/decode';
import { refused } from '../../support/refused';

interface Received {
  name: string;
  filename?: string;
  type?: string;
  bytes: Buffer;
}

const bytesOf = async ({ body }: EncodedBody): Promise<Buffer> =>
  isStreamed(body) ? buffer(body.open()) : body;

async function throughFormData(encoded: EncodedBody): Promise<Received[]> {
  const body = new Uint8Array(await bytesOf(encoded));
  const form = await new Response(body, { headers: { 'content-type': encoded.contentType } }).formData();
  return Promise.all(
    [...form].map(async ([name, value]): Promise<Received> =>
      typeof value === 'string'
        ? { name, bytes: Buffer.from(value) }
        : { name, filename: value.name, type: value.type, bytes: Buffer.from(await value.arrayBuffer()) },
    ),
  );
}

async function throughBusboy(encoded: EncodedBody): Promise<Received[]> {
  const received: Received[] = [];
  const files: Promise<void>[] = [];
  const busboy = new Busboy({ headers: { 'content-type': encoded.contentType } });
  busboy.on('field', (name, value) => received.push({ name, bytes: Buffer.from(value) }));
  busboy.on('file', (name, stream, filename, _encoding, type) => {
    const one: Received = { name, filename, type, bytes: Buffer.alloc(0) };
    received.push(one);
    files.push(buffer(stream).then((bytes) => void (one.bytes = bytes)));
  });
  const done = new Promise((resolve, reject) => busboy.on('finish', resolve).on('error', reject));
  busboy.end(await bytesOf(encoded));
  await done;
  await Promise.all(files);
  return received;
}

async function throughOurs(encoded: EncodedBody): Promise<Received[]> {
  const parts = (await decodeBody(await bytesOf(encoded), encoded.contentType, 'auto')) as DecodedPart[];
  return parts.map(({ name, filename, contentType, body }) => ({
    name: name!,
    ...(filename !== undefined && { filename, type: contentType }),
    bytes: Buffer.isBuffer(body) ? body : Buffer.from(body as string),
  }));
}

describe('exchange/body: multipart', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'multipart-'));
  });
  after(() => rm(folder, { recursive: true }));

  const file = async (name: string, content: string | Buffer): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, content);
    return path;
  };

  it('is byte for byte what a browser sends', async () => {
    const { body, contentType, binding } = await multipartBody(
      [
        { name: 'title', value: 'Ü & €' },
        { name: 'a"b\r\nc', filename: 'ü"\n.txt', value: Buffer.from([0, 255]), contentType: 'text/plain' },
        { name: 'meta', value: { a: [1] } },
      ],
      'multipart/form-data; boundary=XX',
    );
    assert.equal(binding, true);
    assert.equal(contentType, 'multipart/form-data; boundary=XX');
    assert.equal(
      (body as Buffer).toString('latin1'),
      Buffer.from(
        [
          '--XX\r\nContent-Disposition: form-data; name="title"\r\n\r\nÜ & €\r\n',
          '--XX\r\nContent-Disposition: form-data; name="a%22b%0D%0Ac"; filename="ü%22%0A.txt"\r\nContent-Type: text/plain\r\n\r\n',
        ].join(''),
      ).toString('latin1') +
        '\0\xff\r\n' +
        '--XX\r\nContent-Disposition: form-data; name="meta"\r\nContent-Type: application/json\r\n\r\n{"a":[1]}\r\n--XX--\r\n',
    );
  });

  it('every field and file arrives, whoever reads it', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).map((one) => one.toWellFormed());
    // busboy reads neither the codes of browsers nor blanks at the ends of a name, and takes a path off a file name
    const plain = text.map((one) => `n${one.replace(/["\r\n\\/%\p{C}\s]/gu, '')}`);
    const part = fc.oneof(
      fc.record({ name: plain, value: text }),
      fc.record({
        name: plain,
        filename: plain.map((one) => `${one}.bin`),
        value: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
        contentType: fc.constantFrom('application/octet-stream', 'image/png'),
      }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 5 }), async (parts) => {
        const encoded = await multipartBody(parts);
        const expected = parts.map((one) => ({
          name: one.name,
          ...('filename' in one && { filename: one.filename, type: one.contentType }),
          bytes: Buffer.from(one.value),
        }));
        assert.deepEqual(await throughFormData(encoded), expected);
        assert.deepEqual(await throughBusboy(encoded), expected);
        assert.deepEqual(await throughOurs(encoded), expected);
      }),
      { numRuns: 100 },
    );
  });

  it('names of every kind come back from a reader that knows the codes of browsers', async () => {
    const name = fc
      .string({ unit: 'binary', minLength: 1, maxLength: 20 })
      .map((one) => one.toWellFormed().replace(/[%\\]/g, ''));
    await fc.assert(
      fc.asyncProperty(name, name, async (field, filename) => {
        const [received] = await throughOurs(
          await multipartBody([{ name: field, filename, value: Buffer.from('x'), contentType: 'image/png' }]),
        );
        assert.deepEqual([received!.name, received!.filename], [field, filename]);
      }),
    );
  });

  it('a file on the disk makes a stream that knows its length and can begin again', async () => {
    const content = Buffer.alloc(300_000, 'abcdefg');
    const path = await file('big.pdf', content);
    const encoded = await multipartBody([
      { name: 'note', value: 'x' },
      { name: 'doc', path },
    ]);
    const { body } = encoded;
    assert.ok(isStreamed(body) && body.repeatable);
    const first = await buffer(body.open());
    assert.equal(first.length, body.length);
    assert.deepEqual(await buffer(body.open()), first);
    assert.deepEqual((await throughBusboy(encoded))[1], {
      name: 'doc',
      filename: 'big.pdf',
      type: 'application/pdf',
      bytes: content,
    });
  });

  it('a file that vanishes, shrinks or grows fails the stream', async () => {
    const changes: [string, (path: string) => Promise<void>, RegExp][] = [
      ['gone', (path) => rm(path), /no such file/],
      ['short', (path) => writeFile(path, 'x'), /changed while/],
      ['long', (path) => writeFile(path, Buffer.alloc(400_000)), /changed while/],
    ];
    for (const [name, change, says] of changes) {
      const path = await file(name, Buffer.alloc(300_000));
      const { body } = await multipartBody([{ name: 'doc', path }]);
      await change(path);
      assert.ok(isStreamed(body));
      await assert.rejects(buffer(body.open()), refused('FILE', says));
    }
    await assert.rejects(
      multipartBody([{ name: 'doc', path: join(folder, 'none') }]),
      refused('FILE', /no such file/),
    );
    await assert.rejects(multipartBody([{ name: 'doc', path: folder }]), refused('FILE', /a folder/));
  });

  it('a stream of the message goes once, without a length, and is closed when the request ends early', async () => {
    const stream = Readable.from([Buffer.from('ab'), Buffer.from('cd')]);
    const encoded = await multipartBody([{ name: 's', filename: 'x.txt', value: stream }]);
    assert.ok(isStreamed(encoded.body));
    assert.deepEqual([encoded.body.repeatable, encoded.body.length], [false, undefined]);
    assert.equal((await throughBusboy(encoded))[0]!.bytes.toString(), 'abcd');
    await assert.rejects(bytesOf(encoded), refused('INVALID_REQUEST', /read or closed already/));

    const hanging = [new Readable({ read: () => undefined }), new Readable({ read: () => undefined })];
    const { body } = await multipartBody(hanging.map((value, index) => ({ name: `n${index}`, value })));
    assert.ok(isStreamed(body));
    const open = body.open();
    await new Promise((resolve) => open.once('data', resolve));
    open.destroy();
    await new Promise((resolve) => open.once('close', resolve));
    assert.deepEqual(
      hanging.map((one) => one.destroyed),
      [true, true],
    );
  });

  it('an error of a stream is the error of the body', async () => {
    const broken = new Readable({
      read() {
        this.destroy(new Error('the disk is on fire'));
      },
    });
    const { body } = await multipartBody([{ name: 'a', value: broken }]);
    assert.ok(isStreamed(body));
    await assert.rejects(buffer(body.open()), /on fire/);
    const objects = await multipartBody([{ name: 'a', value: Readable.from([{ a: 1 }]) }]);
    await assert.rejects(bytesOf(objects), refused('INVALID_REQUEST', /no bytes/));
  });

  it('a list is a part for each item, unless it is JSON; nothing is no part', async () => {
    const parts: Part[] = [
      { name: 'tag', value: ['a', 1, null, { b: 2 }] },
      { name: 'list', value: [1, 2], contentType: 'application/json' },
      { name: 'none', value: undefined },
      { name: 'empty', value: '' },
    ];
    const encoded = await multipartBody(parts);
    const received = (await decodeBody(await bytesOf(encoded), encoded.contentType, 'auto')) as DecodedPart[];
    assert.deepEqual(
      received.map(({ name, body }) => [name, body]),
      [
        ['tag', 'a'],
        ['tag', '1'],
        ['tag', { b: 2 }],
        ['list', [1, 2]],
        ['empty', ''],
      ],
    );
  });

  it('writes other kinds of multipart, where parts need no name', async () => {
    const { body, contentType } = await multipartBody(
      [{ value: { name: 'x' } }, { value: Buffer.from('bytes'), contentType: 'image/png' }],
      'multipart/related; boundary=b; type="application/json"',
    );
    assert.equal(
      (body as Buffer).toString(),
      '--b\r\nContent-Type: application/json\r\n\r\n{"name":"x"}\r\n--b\r\nContent-Type: image/png\r\n\r\nbytes\r\n--b--\r\n',
    );
    assert.match(contentType, /^multipart\/related;.*boundary=b/);
    await assert.rejects(multipartBody([{ value: 'x' }]), refused('INVALID_REQUEST', /no name/));
  });

  it('refuses what would break out of a header', async () => {
    await assert.rejects(
      multipartBody([{ name: 'a', value: 'x', contentType: 'text/plain\r\nX: y' }]),
      refused('INVALID_REQUEST', /content type/),
    );
    await assert.rejects(
      multipartBody([{ name: 'a', value: 'x' }], `multipart/form-data; boundary="${'x'.repeat(71)}"`),
      refused('INVALID_REQUEST', /boundary/),
    );
  });

  it('no two bodies have the same boundary', async () => {
    const types = await Promise.all(
      Array.from({ length: 50 }, async () => (await multipartBody([])).contentType),
    );
    assert.equal(new Set(types).size, 50);
  });

  it('a payload that a multipart content type asks for has the shape of the core node', async () => {
    const encoded = payloadBody(
      {
        a: 1,
        list: ['x', 'y'],
        file: { value: Buffer.from('b'), options: { filename: 'f.png', contentType: 'image/png' } },
      },
      'multipart/form-data',
    )!;
    assert.deepEqual(await throughFormData(encoded), [
      { name: 'a', bytes: Buffer.from('1') },
      { name: 'list', bytes: Buffer.from('x') },
      { name: 'list', bytes: Buffer.from('y') },
      { name: 'file', filename: 'f.png', type: 'image/png', bytes: Buffer.from('b') },
    ]);
  });
});

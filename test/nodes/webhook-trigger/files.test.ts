import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SmallDisk } from '../../support/small-disk';
import { Listening } from './listening';

interface FilePart {
  name: string;
  filename?: string;
  contentType: string;
  body?: unknown;
  file?: string;
  size?: number;
}

describe('nodes/webhook-trigger: files of a multipart body', () => {
  let home: string;
  let filesFolder: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'webhook-files-'));
    filesFolder = join(home, 'incoming', 'files');
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const toFiles = (fields: object = {}) => ({ files: 'file', filesFolder, ...fields });
  const written = () => (existsSync(filesFolder) ? readdirSync(filesFolder) : []);

  function form(...files: [name: string, type: string, text: string | Buffer<ArrayBuffer>][]): FormData {
    const data = new FormData();
    data.append('note', 'Grüße');
    for (const [name, type, text] of files) data.append('upload', new Blob([text], { type }), name);
    return data;
  }

  it('are on disk when the message leaves, byte for byte, and are named in their parts', async () => {
    await using hook = await new Listening().open(toFiles());
    const image = Buffer.from(Array.from({ length: 70_000 }, (_, n) => n % 256));
    const body = form(
      ['../photo 1.png', 'image/png', image],
      ['broken.json', 'application/json', '{"no": '],
      ['note.txt', 'text/plain', 'text'],
    );
    assert.equal((await hook.send({ body })).status, 200);
    const [message] = await hook.flow.first('out');
    const [note, photo, json, text] = message!.payload as FilePart[];
    assert.equal(note!.body, 'Grüße');
    assert.deepEqual(
      [photo!.filename, photo!.contentType, photo!.size],
      ['../photo 1.png', 'image/png', image.length],
    );
    assert(!('body' in photo!));
    assert.equal(dirname(photo!.file!), filesFolder);
    assert.match(photo!.file!, /[0-9a-f-]{36}-photo 1\.png$/);
    assert.deepEqual(readFileSync(photo!.file!), image);
    assert.equal(statSync(photo!.file!).mode & 0o777, 0o600);
    assert.equal(readFileSync(json!.file!, 'utf8'), '{"no": ');
    assert.equal(readFileSync(text!.file!, 'utf8'), 'text');
    assert.equal(written().length, 3);
  });

  it('are Buffers unless that was chosen, and a folder that is left over does not count', async () => {
    await using hook = await new Listening().open({ filesFolder });
    await hook.send({ body: form(['a.bin', 'application/octet-stream', 'abc']) });
    const [message] = await hook.flow.first('out');
    assert.deepEqual((message!.payload as FilePart[])[1]!.body, Buffer.from('abc'));
    assert.deepEqual(written(), []);
  });

  it('stay on disk only with an event: not for a repeat, nor where the condition does not hold', async () => {
    const fields = {
      repeatBy: 'header',
      repeatName: 'X-Id',
      condition: 'payload[filename != "skip.txt"].size > 2',
    };
    await using hook = await new Listening().open(toFiles(fields));
    const send = (id: string, name: string, text: string) =>
      hook.send({ body: form([name, 'text/plain', text]), headers: { 'X-Id': id } });
    for (const [id, name, text] of [
      ['1', 'first.txt', 'long enough'],
      ['1', 'again.txt', 'long enough'],
      ['2', 'skip.txt', 'long enough'],
      ['3', 'small.txt', 'x'],
      ['4', 'last.txt', 'long enough'],
    ] as const)
      assert.equal((await send(id, name, text)).status, 200);
    await hook.flow.first('out', 2);
    assert.deepEqual(
      written()
        .map((name) => name.slice(37))
        .sort(),
      ['first.txt', 'last.txt'],
    );
  });

  it('of a split body are kept for the entries that become events', async () => {
    const fields = { split: true, condition: 'payload.name = "upload" and payload.size > 1' };
    await using hook = await new Listening().open(toFiles(fields));
    await hook.send({ body: form(['a', '', '12'], ['b', '', '1'], ['c', '', '123']) });
    const messages = await hook.flow.first('out', 2);
    const texts = messages.map(({ payload }) => readFileSync((payload as FilePart).file!, 'utf8'));
    assert.deepEqual(texts, ['12', '123']);
    assert.equal(written().length, 2);
  });

  it('a refused delivery leaves none', async () => {
    const fields = toFiles({ verification: 'secret-header', secretHeader: 'X-Key', inboxCount: 1 });
    await using hook = await new Listening().open(fields, { secret: 'open sesame' });
    const body = () => form(['a.txt', 'text/plain', 'x']);
    assert.equal((await hook.send({ body: body() })).status, 401);
    const cut = await hook.send({
      body: '--b\r\nContent-Disposition: form-data; name="f"; filename="a"\r\n\r\ntext',
      headers: { 'X-Key': 'open sesame', 'Content-Type': 'multipart/form-data; boundary=b' },
    });
    assert.equal(cut.status, 400);
    assert.deepEqual(written(), []);
    assert.equal((await hook.send({ body: body(), headers: { 'X-Key': 'open sesame' } })).status, 200);
    await hook.flow.first('out');
    assert.equal(written().length, 1);
  });

  it('that have no folder are said to have none', async () => {
    await using hook = await new Listening().open(toFiles({ filesFolder: ' ' }));
    assert.match(String(hook.flow.errors('hook')[0]?.[0]), /no folder is set for the files/);
  });

  it('do not need one where no parts are made', async () => {
    await using hook = await new Listening().open(toFiles({ filesFolder: '', payload: 'json' }));
    assert.equal((await hook.json({ a: 1 })).status, 200);
    assert.deepEqual((await hook.flow.first('out'))[0]!.payload, { a: 1 });
  });

  it('on a full disk are refused with 503, and taken when there is room', async function () {
    if (process.platform !== 'linux') this.skip();
    const disk = new SmallDisk(filesFolder, '256k');
    try {
      await using hook = await new Listening().open(toFiles({ repeatBy: 'header', repeatName: 'X-Id' }));
      const send = () =>
        hook.send({
          body: form(['large.bin', '', Buffer.alloc(100_000, 'x')], ['small.txt', '', 'y']),
          headers: { 'X-Id': 'one' },
        });
      disk.fill();
      const refused = await send();
      assert.equal(refused.status, 503);
      assert(refused.headers.has('retry-after'));
      assert.equal(((await refused.json()) as { code: string }).code, 'UNAVAILABLE');
      assert.match(hook.flow.everything(), /large\.bin\\?": the disk is full/);
      assert.deepEqual(written(), ['filler']);
      disk.empty();
      assert.equal((await send()).status, 200);
      const [message] = await hook.flow.first('out');
      const sizes = (message!.payload as FilePart[]).flatMap(({ file }) =>
        file ? [statSync(file).size] : [],
      );
      assert.deepEqual(sizes, [100_000, 1]);
      assert.equal(written().length, 2);
    } finally {
      disk.remove();
    }
  });
});

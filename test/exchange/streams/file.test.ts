import assert from 'node:assert/strict';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileBody } from '../../../src/exchange/body';
import { FileStream, fileSink } from '../../../src/exchange/streams';
import { refused } from '../../support/refused';

describe('exchange/streams: file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-stream-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const pieces = (...all: string[]): Readable => Readable.from(all.map((one) => Buffer.from(one)));
  const closed = (stream: FileStream): Promise<unknown> =>
    new Promise((resolve) => stream.once('close', resolve));

  it('has its name once it is whole, and says where and how large it is', async () => {
    const path = join(folder, 'ü €.bin');
    const stream = new FileStream(path);
    stream.write('one');
    await new Promise((resolve) => stream.write('two', resolve));
    const [part, ...more] = await readdir(folder);
    assert.match(part!, /^\.ü €\.bin\.part-[0-9a-f]{12}$/);
    assert.deepEqual(more, []);
    assert.equal(stream.written, undefined);
    await new Promise<void>((resolve) => stream.end('!', resolve));
    assert.deepEqual(stream.written, { path, size: 7 });
    assert.deepEqual(await readdir(folder), ['ü €.bin']);
    assert.equal(await readFile(path, 'utf8'), 'onetwo!');
  });

  it('an empty one is a file too', async () => {
    const path = join(folder, 'empty');
    await pipeline(pieces(), new FileStream(path));
    assert.equal((await stat(path)).size, 0);
  });

  it('takes the place of what was there, through a link too, and keeps its mode', async () => {
    const path = join(folder, 'kept');
    await writeFile(path, 'old', { mode: 0o600 });
    await symlink(path, join(folder, 'link'));
    await pipeline(pieces('new'), new FileStream(join(folder, 'link')));
    assert.equal(await readFile(path, 'utf8'), 'new');
    assert.equal((await stat(path)).mode & 0o777, 0o600);
    assert.deepEqual((await readdir(folder)).sort(), ['kept', 'link']);
  });

  it('broken in the middle it leaves the old one and nothing else', async () => {
    const path = join(folder, 'a');
    await writeFile(path, 'old');
    const broken = Readable.from(
      (async function* () {
        yield Buffer.alloc(100_000);
        await new Promise(setImmediate);
        throw new Error('the line is dead');
      })(),
    );
    await assert.rejects(pipeline(broken, new FileStream(path)), /line is dead/);
    assert.deepEqual(await readdir(folder), ['a']);
    assert.equal(await readFile(path, 'utf8'), 'old');
  });

  it('destroyed at any moment it leaves nothing', async () => {
    const path = join(folder, 'a');
    const moments: ((stream: FileStream) => Promise<unknown> | void)[] = [
      () => undefined,
      (stream) => void stream.write('x'),
      (stream) => new Promise((resolve) => stream.write('x', resolve)),
      (stream) => void stream.write(Buffer.alloc(10_000_000)),
      (stream) =>
        new Promise((resolve) => stream.write('x', () => resolve(stream.write(Buffer.alloc(50_000_000))))),
    ];
    for (const moment of moments) {
      const stream = new FileStream(path);
      await moment(stream);
      stream.destroy();
      await closed(stream);
      assert.deepEqual(await readdir(folder), []);
    }
  });

  it('destroyed while it finishes it is there whole, or not at all', async () => {
    for (let turn = 0; turn < 20; turn++) {
      const path = join(folder, `f${turn}`);
      const stream = new FileStream(path);
      stream.on('error', () => undefined);
      await new Promise((resolve) => stream.write('whole', resolve));
      stream.end();
      for (let wait = 0; wait < turn; wait++) await new Promise(setImmediate);
      stream.destroy();
      await new Promise<void>((resolve) => (stream.closed ? resolve() : stream.once('close', resolve)));
      const names = await readdir(folder);
      assert.deepEqual(names, stream.written ? [`f${turn}`] : []);
      if (stream.written) assert.equal(await readFile(path, 'utf8'), 'whole');
      await rm(path, { force: true });
    }
  });

  it('says why it cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');
    const cases: [string, RegExp][] = [
      [join(folder, 'none', 'a'), /no such file or folder/],
      [folder, /is a folder/],
      [join(folder, 'file', 'a'), /no folder/],
      ['/dev/null', /is no file/],
      [join(folder, 'x'.repeat(300)), /name is too long/],
    ];
    for (const [path, says] of cases) {
      await assert.rejects(pipeline(pieces('x'), new FileStream(path)), refused('FILE', says));
    }
    assert.deepEqual(await readdir(folder), ['file']);
  });

  it('makes folders only when it is asked to, and takes names of any length', async () => {
    const path = join(folder, 'a', 'b', '€'.repeat(84));
    await pipeline(pieces('x'), new FileStream(path, { makeFolders: true }));
    assert.deepEqual(await readdir(join(folder, 'a', 'b')), ['€'.repeat(84)]);
  });

  it('a sink begins anew for each attempt and knows the last one', async () => {
    const path = join(folder, 'a');
    const sink = fileSink(path, { accepts: (status) => status === 200 });
    assert.equal(sink.restartable, true);
    const head = { statusCode: 200, headers: {}, url: '' };
    assert.equal(sink.open({ ...head, statusCode: 404 }), undefined);
    const first = sink.open(head) as FileStream;
    await new Promise((resolve) => first.write('half', resolve));
    first.destroy();
    await closed(first);
    assert.equal(sink.written, undefined);
    await pipeline(pieces('all'), sink.open(head)!);
    assert.deepEqual(sink.written, { path, size: 3 });
    assert.equal(await readFile(path, 'utf8'), 'all');
  });

  it('two at once to one name do not mix', async () => {
    const path = join(folder, 'a');
    const contents = ['a'.repeat(1_000_000), 'b'.repeat(1_000_000)];
    await Promise.all(contents.map((content) => pipeline(pieces(content), new FileStream(path))));
    assert.ok(contents.includes(await readFile(path, 'utf8')));
    assert.deepEqual(await readdir(folder), ['a']);
  });

  it('256 MiB go from file to file without being held', async () => {
    const source = join(folder, 'big');
    const handle = await import('node:fs/promises').then((fs) => fs.open(source, 'w'));
    await handle.truncate(256 * 1024 * 1024);
    await handle.close();
    const { body, contentType } = await fileBody(source);
    assert.deepEqual([body.length, contentType], [256 * 1024 * 1024, 'application/octet-stream']);
    const before = process.memoryUsage().rss;
    let most = 0;
    const watched = body.open().on('data', () => (most = Math.max(most, process.memoryUsage.rss())));
    await pipeline(watched, new FileStream(join(folder, 'copy')));
    assert.equal((await stat(join(folder, 'copy'))).size, 256 * 1024 * 1024);
    assert.ok(most - before < 100e6, `${most - before} bytes more`);
  }).timeout(60_000);

  it('a folder of that name that appears meanwhile is an error, and nothing is left', async () => {
    const path = join(folder, 'a');
    const stream = new FileStream(path);
    await new Promise((resolve) => stream.write('x', resolve));
    await mkdir(path);
    const failed = new Promise((resolve) => stream.once('error', resolve));
    stream.end();
    refused('FILE', /./)(await failed);
    if (!stream.closed) await closed(stream);
    assert.deepEqual(await readdir(folder), ['a']);
  });
});

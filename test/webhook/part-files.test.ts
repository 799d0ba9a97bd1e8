import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { filesOf, placeFiles, safeName, type PartFiles } from '../../src/webhook/part-files';

interface Part {
  headers: object;
  name?: string;
  filename?: string;
  contentType: string;
  body?: unknown;
  file?: string;
  size?: number;
}

const part = (filename: string | undefined, body: unknown): Part => ({
  headers: {},
  name: 'a',
  ...(filename === undefined ? {} : { filename }),
  contentType: '',
  body,
});

describe('webhook/part-files', () => {
  let home: string;
  let folder: string;
  let next = 0;
  const newId = () => `id${++next}`;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), 'part-files-'));
    folder = join(home, 'made', 'here');
    next = 0;
  });
  afterEach(() => rmSync(home, { recursive: true }));

  const inFolder = () => (existsSync(folder) ? readdirSync(folder).sort() : []);
  const place = (parts: Part[]): PartFiles => filesOf([parts], placeFiles(parts, folder, newId))!;

  it('puts the path and the size of a file in place of its bytes, and leaves the rest as it is', () => {
    const inner = part('b.txt', Buffer.from('inner'));
    const parts = [
      part(undefined, 'a field'),
      part('a.txt', Buffer.from('one')),
      part('', Buffer.from('no file was chosen')),
      part(undefined, [inner]),
    ];
    placeFiles(parts, folder, newId);
    assert.deepEqual(parts, [
      part(undefined, 'a field'),
      {
        headers: {},
        name: 'a',
        filename: 'a.txt',
        contentType: '',
        file: join(folder, 'id1-a.txt'),
        size: 3,
      },
      part('', Buffer.from('no file was chosen')),
      part(undefined, [
        {
          headers: {},
          name: 'a',
          filename: 'b.txt',
          contentType: '',
          file: join(folder, 'id2-b.txt'),
          size: 5,
        },
      ]),
    ]);
    assert.deepEqual(inFolder(), []);
  });

  it('has the files whole, for this user alone, when their events are kept', async () => {
    const bytes = Buffer.alloc(3_000_000, 'abc');
    const parts = [
      ...Array.from({ length: 20 }, (_, n) => part('same.txt', Buffer.from(`${n}`))),
      part('large', bytes),
    ];
    parts.push(part('empty', Buffer.alloc(0)));
    const files = place(parts);
    let seen = false;
    const kept = await files.with(() => {
      for (const [n, { file, size }] of parts.slice(0, 20).entries()) {
        assert.equal(readFileSync(file!, 'utf8'), `${n}`);
        assert.equal(size, `${n}`.length);
        assert.equal(statSync(file!).mode & 0o777, 0o600);
      }
      assert.deepEqual(readFileSync(parts[20]!.file!), bytes);
      assert.equal(statSync(parts[21]!.file!).size, 0);
      assert.equal(statSync(folder).mode & 0o777, 0o700);
      seen = true;
      return Promise.resolve(true);
    });
    assert(kept && seen);
    assert.deepEqual(inFolder(), parts.map(({ file }) => basename(file!)).sort());
  });

  it('leaves no file of a repeat, and none of events that could not be kept', async () => {
    assert.equal(await place([part('a', Buffer.from('x'))]).with(() => Promise.resolve(false)), false);
    assert.deepEqual(inFolder(), []);
    const full = new Failure('STATE', 'the state could not be written');
    await assert.rejects(
      place([part('a', Buffer.from('x'))]).with(() => Promise.reject(full)),
      full,
    );
    assert.deepEqual(inFolder(), []);
  });

  it('keeps nothing when one of the files cannot be written', async () => {
    const parts = Array.from({ length: 20 }, (_, n) => part(`${n}`, Buffer.from('x')));
    const files = place(parts);
    mkdirSync(parts[19]!.file!, { recursive: true });
    await assert.rejects(
      files.with(() => assert.fail('its event must not be kept')),
      { code: 'FILE', message: /is a folder/ },
    );
    assert.deepEqual(inFolder(), [basename(parts[19]!.file!)]);
    writeFileSync(join(home, 'a-file'), '');
    folder = join(home, 'a-file');
    await assert.rejects(
      place([part('a', Buffer.from('x'))]).with(() => assert.fail('nor this one')),
      { code: 'FILE' },
    );
  });

  it('writes nothing while a shared store is away, and keeps the files of an event that may be there', async () => {
    const away = new Failure('STATE', 'away');
    const files = place([part('a', Buffer.from('x'))]);
    await assert.rejects(
      files.with(
        () => assert.fail('its event must not be kept'),
        () => Promise.reject(away),
      ),
      away,
    );
    assert.deepEqual(inFolder(), []);
    const here = () => Promise.resolve();
    await assert.rejects(
      files.with(() => Promise.reject(away), here),
      away,
    );
    assert.equal(inFolder().length, 1);
    assert.equal(await files.with(() => Promise.resolve(false), here), false);
    assert.deepEqual(inFolder(), []);
  });

  it('writes only what the events name', async () => {
    const parts = [part('a', Buffer.from('1')), part('b', Buffer.from('22')), part(undefined, 'text')];
    const placed = placeFiles(parts, folder, newId);
    const files = filesOf([parts[1], parts[2]], placed)!;
    assert.equal(files.bytes, 2);
    await files.with(() => Promise.resolve(true));
    assert.deepEqual(inFolder(), ['id2-b']);
    assert.equal(filesOf([parts[2]], placed), undefined);
    for (const other of [null, 'text', 7, [], { a: [1] }, [{ filename: 'x', body: 'y', headers: {} }]])
      assert.equal(filesOf([other], placeFiles(other, folder, newId)), undefined);
  });

  it('makes a name of any text that stays in its folder and can be written', async () => {
    const cases: [string, string][] = [
      ['photo.jpg', 'photo.jpg'],
      ['Übersicht 2026.pdf', 'Übersicht 2026.pdf'],
      ['../../etc/passwd', 'passwd'],
      ['C:\\Users\\me\\report.docx', 'report.docx'],
      ['.bashrc', 'bashrc'],
      ['-rf', 'rf'],
      ['a\u0000b\u202ecod.exe', 'a_b_cod.exe'],
      ['a:b*c?.txt', 'a_b_c_.txt'],
      ['..', 'file'],
      ['/', 'file'],
      ['name. ', 'name'],
    ];
    for (const [given, safe] of cases) assert.equal(safeName(given), safe, given);
    assert.match(safeName(`${'€'.repeat(300)}.tar.gz`), /^€+\.gz$/);
    // as long as a part's headers may be: a thousand parts may have one each
    for (const dots of ['.', ' .']) {
      const began = performance.now();
      for (let n = 0; n < 10; n++) safeName(`a${dots.repeat(16_000 / dots.length)}b`);
      assert.ok(performance.now() - began < 1000);
    }
    const text = fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.string({ maxLength: 300 }));
    await fc.assert(
      fc.asyncProperty(text.filter(Boolean), async (filename) => {
        const parts = [part(filename, Buffer.from('x'))];
        await place(parts).with(() => Promise.resolve(true));
        assert.equal(dirname(parts[0]!.file!), folder);
        assert.equal(readFileSync(parts[0]!.file!, 'utf8'), 'x');
        assert(Buffer.byteLength(basename(parts[0]!.file!)) <= 200);
      }),
    );
  });
});

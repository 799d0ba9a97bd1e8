import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { fileBody } from '../../../src/exchange/body';
import { refused } from '../../support/refused';

describe('exchange/body: file', () => {
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'file-body-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('has its length and its type by its name, unless one is given', async () => {
    const cases: [string, string][] = [
      ['a.PDF', 'application/pdf'],
      ['a.tar.gz', 'application/gzip'],
      ['ü.txt', 'text/plain; charset=utf-8'],
      ['constructor', 'application/octet-stream'],
      ['a.constructor', 'application/octet-stream'],
      ['.json', 'application/octet-stream'],
    ];
    for (const [name, type] of cases) {
      const path = join(folder, name);
      await writeFile(path, 'content');
      const { body, contentType } = await fileBody(path);
      assert.deepEqual([contentType, body.length, body.repeatable], [type, 7, true], name);
      assert.equal((await fileBody(path, 'image/x')).contentType, 'image/x');
    }
  });

  it('begins anew each time, also an empty one, also after it was given up', async () => {
    const path = join(folder, 'again');
    for (const content of [Buffer.alloc(0), Buffer.alloc(500_000, 'abc')]) {
      await writeFile(path, content);
      const { body } = await fileBody(path);
      const given = body.open();
      given.read();
      given.destroy();
      for (let turn = 0; turn < 2; turn++) assert.deepEqual(await buffer(body.open()), content);
    }
  });

  it('says what is wrong with the path', async () => {
    await assert.rejects(fileBody(''), refused('FILE', /no file is named/));
    await assert.rejects(fileBody(folder), refused('FILE', /it is a folder/));
    await assert.rejects(fileBody(join(folder, 'none')), refused('FILE', /none": there is no such file/));
    await assert.rejects(fileBody('/dev/zero'), refused('FILE', /no file/));
    await assert.rejects(fileBody('a\0b'), refused('FILE', /./));
  });

  it('an empty file that grows meanwhile fails too', async () => {
    const path = join(folder, 'grows');
    await writeFile(path, '');
    const { body } = await fileBody(path);
    await writeFile(path, 'x');
    await assert.rejects(buffer(body.open()), refused('FILE', /changed while it was sent: it had 0 bytes/));
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { createReadStream } from 'node:fs';
import type { Connection } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { serveHttp } from '../connection/stream-server';
import type { Moved } from '../connection/stream-process';
import { startPeer, type Peer } from './peer';

const gibibyte = 1024 ** 3;
const allowed = 100 * 1024 * 1024;
/** Where a sparse file holds bytes that are not zero: at its ends, and where pieces might be mixed up. */
const marks = [0, 65_535, 12_345_678, gibibyte / 2 - 3, gibibyte - 7];

describe('large bodies against nginx', () => {
  let nginx: Peer;
  let folder: string;
  let connection: Connection;

  before(async () => {
    nginx = await startPeer('nginx-dav');
    folder = await mkdtemp(path.join(tmpdir(), 'streams-'));
    await makeSparse(path.join(nginx.folder, 'www', 'large'));
    await makeSparse(path.join(folder, 'large'));
    connection = connect({ baseUrl: nginx.url });
  });
  after(async () => {
    await connection?.close();
    await nginx?.stop();
    if (folder) await rm(folder, { recursive: true });
  });

  async function makeSparse(file: string): Promise<void> {
    const handle = await open(file, 'w');
    await handle.truncate(gibibyte);
    for (const at of marks) await handle.write(`mark${at}`.slice(0, 7), at);
    await handle.close();
  }

  /** Whether a file is the sparse one, by its length, its marks and the zeros beside them. */
  async function assertSame(file: string): Promise<void> {
    assert.equal((await stat(file)).size, gibibyte);
    const [theirs, ours] = await Promise.all([open(file), open(path.join(folder, 'large'))]);
    try {
      for (const at of marks) {
        const from = Math.max(0, at - 100);
        const [a, b] = await Promise.all([
          theirs.read(Buffer.alloc(300), 0, 300, from),
          ours.read(Buffer.alloc(300), 0, 300, from),
        ]);
        assert.ok(a.buffer.equals(b.buffer), `at ${at}`);
      }
    } finally {
      await Promise.all([theirs.close(), ours.close()]);
    }
  }

  /** In a process of its own, so that nothing but the move is measured. */
  async function move(action: 'download' | 'upload', url: string, file: string): Promise<Moved> {
    const script = path.resolve('test/connection/stream-process.ts');
    const args = ['--expose-gc', '--import', 'tsx', script, action, url, file];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    return JSON.parse(stdout) as Moved;
  }

  const report = (what: string, { added, seconds }: Moved): void =>
    console.log(`      ${what}: ${Math.round(added / 2 ** 20)} MiB added, ${seconds.toFixed(1)} s`);

  it('1 GiB goes from the server to a file with less than 100 MB of memory', async () => {
    const file = path.join(folder, 'came');
    const moved = await move('download', `${nginx.url}/large`, file);
    report('download', moved);
    assert.deepEqual([moved.statusCode, moved.size], [200, gibibyte]);
    await assertSame(file);
    assert.ok(moved.added < allowed, `${moved.added} bytes were added`);
    await rm(file);
  });

  it('1 GiB goes from a file to the server with less than 100 MB of memory', async () => {
    const moved = await move('upload', `${nginx.url}/sent`, path.join(folder, 'large'));
    report('upload', moved);
    assert.equal(moved.statusCode, 201);
    await assertSame(path.join(nginx.folder, 'www', 'sent'));
    assert.ok(moved.added < allowed, `${moved.added} bytes were added`);
  });

  it('a gzip bomb of 8 GiB stops at the cap with less than 100 MB of memory', async () => {
    // 64 MiB of zeros are 64 KiB; a gzip file may have many members (RFC 1952 section 2.2)
    const member = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const server = await serveHttp((request, response) => {
      if (request.url === '/warm') return void response.end();
      response.setHeader('content-encoding', 'gzip');
      for (let i = 0; i < 128; i++) response.write(member);
      response.end();
    });
    try {
      // its cap is 2 GiB
      const moved = await move('download', `${server.url}/bomb`, '/dev/null');
      report('bomb', moved);
      assert.equal(moved.code, 'BODY_TOO_LARGE');
      assert.ok(moved.added < allowed, `${moved.added} bytes were added`);
    } finally {
      await server.close();
    }
  });

  it('a body in chunks arrives, and is made anew for each attempt', async () => {
    const file = path.join(folder, 'large');
    const part = { start: 0, end: 19_999_999 };
    const body = { repeatable: true, open: () => createReadStream(file, part) };
    const answer = await connection.send({ method: 'PUT', url: 'chunked', body });
    assert.equal(answer.statusCode, 201);
    const kept = await readFile(path.join(nginx.folder, 'www', 'chunked'));
    assert.equal(kept.length, 20_000_000);
    assert.equal(kept.toString('latin1', 65_535, 65_542), 'mark655');
    assert.equal((await connection.send({ method: 'PUT', url: 'chunked', body })).statusCode, 204);
  });

  it('413 is the answer while the body is still on its way', async () => {
    const file = path.join(folder, 'large');
    for (const length of [gibibyte, undefined]) {
      const body = { length, repeatable: true, open: () => createReadStream(file) };
      const answer = await connection.send({ method: 'PUT', url: 'small/file', body });
      assert.equal(answer.statusCode, 413);
      assert.match(answer.body.toString(), /Request Entity Too Large/);
    }
  });
});

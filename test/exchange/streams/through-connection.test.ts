import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../../../src/connection/connection';
import { multipartBody } from '../../../src/exchange/body';
import { decodeBody, type DecodedPart } from '../../../src/exchange/decode';
import { fileSink, itemSink } from '../../../src/exchange/streams';
import { connect } from '../../support/connect';
import { refused } from '../../support/refused';
import { startServer, type TestServer } from '../../support/server';

describe('exchange/streams: through a connection', () => {
  let folder: string;
  let server: TestServer;
  let connection: Connection;
  const content = Buffer.alloc(2_000_000, '0123456789\n');

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'through-'));
    await writeFile(join(folder, 'source.pdf'), content);
    server = await startServer(({ url, body, headers }, response) => {
      if (url === '/echo') {
        response.writeHead(200, {
          'content-type': headers['content-type']!,
          'x-length': headers['content-length'],
        });
        response.end(body);
      } else if (url === '/broken') {
        response.writeHead(200, { 'content-length': content.length });
        response.write(content.subarray(0, 1_000_000), () => response.destroy());
      } else if (url === '/bad-line') {
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        response.end('1\n{\n2\n');
      } else {
        response.writeHead(url === '/file' ? 200 : 404);
        response.end(content);
      }
    });
    connection = connect({ baseUrl: server.url });
  });
  after(async () => {
    await connection.close();
    await server.close();
    await rm(folder, { recursive: true });
  });

  const ok = (statusCode: number): boolean => statusCode === 200;

  it('a multipart body with a file arrives with its length, and its echo is read', async () => {
    const { body, contentType } = await multipartBody([
      { name: 'note', value: 'ü' },
      { name: 'doc', path: join(folder, 'source.pdf') },
    ]);
    const headers = { 'Content-Type': contentType };
    const response = await connection.send({ method: 'POST', url: '/echo', headers, body });
    assert.equal(Number(response.headers['x-length']), response.body.length);
    const parts = (await decodeBody(response.body, contentType, 'auto')) as DecodedPart[];
    assert.deepEqual(
      parts.map(({ name, filename, body }) => [name, filename, body]),
      [
        ['note', undefined, 'ü'],
        ['doc', 'source.pdf', content],
      ],
    );
  });

  it('a file that changed before it was sent is a failure that says so', async () => {
    const path = join(folder, 'changes');
    await writeFile(path, content);
    const { body, contentType } = await multipartBody([{ name: 'doc', path }]);
    await writeFile(path, content.subarray(0, 1_500_000));
    const headers = { 'Content-Type': contentType };
    await assert.rejects(
      connection.send({ method: 'POST', url: '/echo', headers, body }),
      refused('FILE', /changed while it was sent/),
    );
    await rm(path);
  });

  it('a download is there whole, or not at all', async () => {
    const path = join(folder, 'copy');
    const sink = fileSink(path, { accepts: ok });
    await assert.rejects(connection.send({ method: 'GET', url: '/broken' }, { sink }));
    const refusal = await connection.send({ method: 'GET', url: '/none' }, { sink });
    assert.equal(refusal.body.length, content.length);
    assert.deepEqual(await readdir(folder), ['source.pdf']);
    const response = await connection.send({ method: 'GET', url: '/file' }, { sink });
    assert.deepEqual([response.body.length, response.size], [0, content.length]);
    assert.deepEqual(sink.written, { path, size: content.length });
    assert.deepEqual(await readFile(path), content);
    await rm(path);
  });

  it('where it cannot be written, the failure says why', async () => {
    const sink = fileSink(join(folder, 'none', 'x'), { accepts: ok });
    await assert.rejects(
      connection.send({ method: 'GET', url: '/file' }, { sink }),
      refused('FILE', /no such file/),
    );
  });

  it('items arrive, up to the one that cannot be read', async () => {
    const lines: unknown[] = [];
    const sink = itemSink('lines', (line) => void lines.push(line), { accepts: ok });
    await connection.send({ method: 'GET', url: '/file' }, { sink });
    assert.equal(lines.length, Math.ceil(content.length / 11));
    const values: unknown[] = [];
    const broken = itemSink('ndjson', (value) => void values.push(value), { accepts: ok });
    await assert.rejects(
      connection.send({ method: 'GET', url: '/bad-line' }, { sink: broken }),
      refused('INVALID_BODY', /^line 2 of the body/),
    );
    assert.deepEqual(values, [1]);
  });
});

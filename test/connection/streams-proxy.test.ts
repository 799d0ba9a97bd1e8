import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { request as forward } from 'node:http';
import { PassThrough, Writable } from 'node:stream';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { serveHttp, Taken, type StreamServer } from './stream-server';

describe('connection/streams: through a proxy, and many at once', () => {
  const content = randomBytes(3_000_000);
  const hashOf = (data: Buffer) => createHash('sha256').update(data).digest('hex');
  const open: { close(): unknown }[] = [];
  let server: StreamServer;
  const to = (options: Partial<ConnectionOptions> = {}): Connection => {
    const connection = connect({ baseUrl: server.url, ...options });
    open.push(connection);
    return connection;
  };

  beforeEach(async () => {
    server = await serveHttp((request, response) => {
      if (request.method === 'GET') return void response.end(content);
      const hash = createHash('sha256');
      request.on('data', (chunk: Buffer) => hash.update(chunk));
      request.on('end', () => response.end(hash.digest('hex')));
    });
    open.push(server);
  });
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  it('a proxy that forwards may send on before the sink is open, and waits for a slow one', async () => {
    let forwarded = 0;
    const proxy = await serveHttp((request, response) => {
      forwarded++;
      const { url, method, headers } = request;
      const onward = forward(url!, { method, headers }, (answer) => {
        response.writeHead(answer.statusCode!, answer.headers);
        answer.pipe(response);
      });
      request.pipe(onward);
    });
    open.push(proxy);
    const connection = to({ proxy: { http: proxy.url } });
    for (let i = 0; i < 3; i++) {
      const taken = new Taken();
      const slow = new Writable({
        highWaterMark: 1,
        write: (chunk: Buffer, _encoding, done) => void setImmediate(() => taken.write(chunk, done)),
        final: (done) => void taken.end(done),
      });
      const sink = { open: () => slow, restartable: false };
      const answer = await connection.send({ method: 'GET', url: '' }, { sink });
      assert.equal(answer.size, content.length);
      assert.equal(hashOf(taken.body), hashOf(content));
    }
    const head = await connection.send(
      { method: 'HEAD', url: '' },
      { sink: { open: () => new Taken(), restartable: false } },
    );
    assert.deepEqual([head.statusCode, head.size, forwarded], [200, 0, 4]);
  });

  it('answers that become bodies of other requests, fifty at once over few sockets', async () => {
    const connection = to({ connections: 20 });
    const one = async (): Promise<string> => {
      const between = new PassThrough();
      const body = { repeatable: false, open: () => between };
      const [sent] = await Promise.all([
        connection.send({ method: 'PUT', url: '', body }),
        to().send({ method: 'GET', url: '' }, { sink: { open: () => between, restartable: false } }),
      ]);
      return sent.body.toString();
    };
    const hashes = await Promise.all(Array.from({ length: 50 }, one));
    assert.deepEqual(new Set(hashes), new Set([hashOf(content)]));
  });
});

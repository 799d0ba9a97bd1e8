import assert from 'node:assert/strict';
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';
import { Writable } from 'node:stream';
import * as zlib from 'node:zlib';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection, ConnectionOptions, Sink } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { serveHttp, serveTcp, Taken, type StreamServer } from './stream-server';

describe('connection/streams: answers', () => {
  const open: { close(): unknown }[] = [];
  const track = <T extends { close(): unknown }>(thing: T): T => {
    open.push(thing);
    return thing;
  };
  const serve = async (listener: RequestListener) => track(await serveHttp(listener));
  const serveRaw = async (onRequest: (socket: Socket) => void) => track(await serveTcp(onRequest));
  const to = ({ url }: StreamServer, options: Partial<ConnectionOptions> = {}): Connection =>
    track(connect({ baseUrl: url, ...options }));
  const into = (writable: Writable): Sink => ({ open: () => writable, restartable: false });
  const get = { method: 'GET', url: '' };

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  async function fails(promise: Promise<unknown>, code: string): Promise<Failure> {
    const error: unknown = await promise.then(
      () => assert.fail(`did not fail with ${code}`),
      (error: unknown) => error,
    );
    assert.ok(error instanceof Failure);
    assert.equal(error.code, code, error.message);
    return error;
  }

  const text = Buffer.from('a line of text\n'.repeat(20_000));
  const encoded: [string, Buffer][] = [
    ['', text],
    ['gzip', zlib.gzipSync(text)],
    ['deflate', zlib.deflateSync(text)],
    ['deflate', zlib.deflateRawSync(text)],
    ['br', zlib.brotliCompressSync(text)],
    ['zstd', zlib.zstdCompressSync(text)],
    ['gzip, br', zlib.brotliCompressSync(zlib.gzipSync(text))],
    ['deflate, x-gzip, identity', zlib.gzipSync(zlib.deflateRawSync(text))],
  ];

  for (const [coding, body] of encoded) {
    it(`arrive as they are collected: ${coding || 'not encoded'}, ${body.length} bytes`, async () => {
      const server = await serve((_request, response) => {
        response.writeHead(200, coding ? { 'content-encoding': coding } : {});
        // byte by byte at first: no decoder may need more than it gets
        for (let i = 0; i < 20; i++) response.write(body.subarray(i, i + 1));
        response.end(body.subarray(20));
      });
      const connection = to(server);
      const taken = new Taken();
      const answer = await connection.send(get, { sink: into(taken) });
      assert.ok(taken.finished);
      assert.ok(taken.body.equals(text));
      assert.deepEqual([answer.statusCode, answer.body.length, answer.size], [200, 0, text.length]);
      const collected = await connection.send(get);
      assert.ok(collected.body.equals(text));
      assert.equal(collected.size, text.length);
      const refused = await connection.send(get, { sink: { open: () => undefined, restartable: false } });
      assert.ok(refused.body.equals(text));
      assert.equal(refused.size, text.length);
      // the cap holds in every step, and the socket goes
      const cut = new Taken();
      const rules = { maxResponseSize: text.length - 1 };
      const failure = await fails(connection.send(get, { sink: into(cut), rules }), 'BODY_TOO_LARGE');
      assert.equal((cut.failed as Failure).message, failure.message);
      const exact = new Taken();
      await connection.send(get, { sink: into(exact), rules: { maxResponseSize: text.length } });
      assert.ok(exact.finished);
    });

    if (coding) {
      it(`that are cut short are an error: ${coding}, ${body.length} bytes`, async () => {
        const server = await serve((_request, response) => {
          response.setHeader('content-encoding', coding);
          response.end(body.subarray(0, body.length - 5));
        });
        const taken = new Taken();
        const streamed = await fails(to(server).send(get, { sink: into(taken) }), 'INVALID_RESPONSE');
        const collected = await fails(to(server).send(get), 'INVALID_RESPONSE');
        assert.equal(streamed.message, collected.message);
        assert.ok(taken.failed instanceof Failure && !taken.finished);
      });
    }
  }

  it('of an unknown coding or with garbage in it are an error, those without a body are not', async () => {
    const server = await serve((request, response) => {
      response.setHeader('content-encoding', request.url!.slice(1));
      response.end(request.method === 'POST' ? undefined : 'garbage');
    });
    for (const url of ['gzip', 'deflate', 'br', 'zstd', 'martian', 'constructor']) {
      await fails(to(server).send({ method: 'GET', url }, { sink: into(new Taken()) }), 'INVALID_RESPONSE');
      for (const method of ['HEAD', 'POST']) {
        const taken = new Taken();
        const answer = await to(server).send({ method, url }, { sink: into(taken) });
        assert.deepEqual([answer.size, taken.finished], [0, true]);
      }
    }
  });

  for (const [name, coding, tail] of [
    ['another member', 'gzip', zlib.gzipSync('more')],
    ['zeros', 'gzip', Buffer.alloc(1000)],
    ['garbage', 'gzip', Buffer.from('garbage'.repeat(1000))],
    ['garbage', 'deflate', Buffer.from('garbage'.repeat(1000))],
    ['garbage', 'br', Buffer.from('garbage'.repeat(1000))],
  ] as const) {
    it(`${name} after the end of ${coding} is taken as it is when collected`, async () => {
      const body = encoded.find(([known]) => known === coding)![1];
      for (const pieces of [[Buffer.concat([body, tail])], [body, tail], [body, tail, tail]]) {
        const server = await serve((_request, response) => {
          response.setHeader('content-encoding', coding);
          const left = [...pieces];
          const next = (): void => {
            const piece = left.shift();
            if (piece) response.write(piece, () => setTimeout(next, 20));
            else response.end();
          };
          next();
        });
        const result = (promise: Promise<{ size: number }>) =>
          promise.then(
            ({ size }) => size,
            (error: Failure) => error.message,
          );
        const taken = new Taken();
        const streamed = await result(to(server).send(get, { sink: into(taken) }));
        assert.equal(streamed, await result(to(server).send(get)));
        assert.equal(taken.finished, typeof streamed === 'number');
      }
    });
  }

  it('a gzip bomb stops at the cap, with small memory', async () => {
    // a gigabyte of zeros, compressed twice: some kilobytes on the wire
    const part = zlib.gzipSync(Buffer.alloc(64 * 1024 * 1024));
    const bomb = zlib.gzipSync(Buffer.concat(Array.from({ length: 16 }, () => part)));
    const server = await serve((_request, response) => {
      response.setHeader('content-encoding', 'gzip, gzip');
      response.end(bomb);
    });
    let size = 0;
    let largest = 0;
    const sink = new Writable({
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        largest = Math.max(largest, process.memoryUsage().arrayBuffers);
        setImmediate(done);
      },
    });
    const before = process.memoryUsage().arrayBuffers;
    const rules = { maxResponseSize: 16 * 1024 * 1024 };
    await fails(to(server).send(get, { sink: into(sink), rules }), 'BODY_TOO_LARGE');
    assert.ok(size <= rules.maxResponseSize);
    assert.ok(largest - before < 32 * 1024 * 1024, `${largest - before} bytes more`);
  });

  it('a slow sink makes the server wait, and the idle timeout does not run meanwhile', async () => {
    const total = 64 * 1024 * 1024;
    let sent = 0;
    let stalled!: () => void;
    const stall = new Promise<void>((resolve) => (stalled = resolve));
    const server = await serve((_request, response) => {
      const chunk = Buffer.alloc(64 * 1024);
      const more = (): void => {
        while (sent < total) {
          sent += chunk.length;
          if (!response.write(chunk)) {
            // nobody reads: no drain for longer than the idle timeout, whose clock ticks once a second
            const timer = setTimeout(stalled, 2500);
            response.once('drain', () => {
              clearTimeout(timer);
              more();
            });
            return;
          }
        }
        response.end();
      };
      more();
    });
    const held: (() => void)[] = [];
    let waits = true;
    let size = 0;
    const slow = new Writable({
      write(chunk: Buffer, _encoding, done) {
        size += chunk.length;
        if (waits) held.push(done);
        else done();
      },
    });
    const rules = { idleTimeout: 200, maxResponseSize: -1 };
    const answer = to(server).send(get, { sink: into(slow), rules });
    await stall;
    assert.ok(sent < total / 2, `${sent} bytes were sent to a sink that had taken ${size}`);
    // the idle timeout has passed by now
    waits = false;
    for (const done of held.splice(0)) done();
    assert.equal((await answer).size, total);
    assert.equal(size, total);
  });

  for (const [name, rules, code] of [
    ['never answers', { firstByteTimeout: 100 }, 'FIRST_BYTE_TIMEOUT'],
    ['stops in the middle', { idleTimeout: 100 }, 'IDLE_TIMEOUT'],
    ['drips for ever', { totalTimeout: 300, idleTimeout: 200 }, 'TIMEOUT'],
  ] as const) {
    it(`a server that ${name} ends as ${code}, collected too, and leaves no socket`, async () => {
      const server = await serve((_request, response) => {
        if (code === 'FIRST_BYTE_TIMEOUT') return;
        response.write('begin');
        if (code !== 'TIMEOUT') return;
        const drip = setInterval(() => response.write('.'), 20);
        response.on('close', () => clearInterval(drip));
      });
      const taken = new Taken();
      // the connection's own settings would take much longer
      const failure = await fails(to(server).send(get, { sink: into(taken), rules }), code);
      await server.empty();
      assert.equal(failure.retryable, true);
      if (code !== 'FIRST_BYTE_TIMEOUT') {
        assert.equal(taken.body.toString().slice(0, 5), 'begin');
        assert.equal((taken.failed as Failure).code, code);
      }
      await fails(to(server).send(get, { rules }), code);
      await server.empty();
    });
  }

  it('rules take the place of the settings in both directions', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/loop') response.writeHead(302, { location: '/loop' }).end();
      else if (request.url === '/late') setTimeout(() => response.end('late'), 250);
    });
    const short = to(server, { totalTimeout: 50, firstByteTimeout: 50, maxRedirects: 0 });
    await fails(short.send(get, { rules: { totalTimeout: 0 } }), 'FIRST_BYTE_TIMEOUT');
    const rules = { totalTimeout: 0, firstByteTimeout: 0, idleTimeout: undefined };
    const late = { method: 'GET', url: 'late' };
    assert.equal((await short.send(late, { rules })).size, 4);
    await fails(short.send(late), 'TIMEOUT');
    await fails(short.send(late, { rules: { ...rules, maxResponseSize: 3 } }), 'BODY_TOO_LARGE');
    const loop = { method: 'GET', url: 'loop' };
    assert.equal((await short.send(loop)).statusCode, 302);
    await fails(short.send(loop, { rules: { maxRedirects: 2 } }), 'TOO_MANY_REDIRECTS');
  });

  for (const [name, onRequest, code] of [
    ['a length that does not come', 'HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nhello', 'CONNECTION_RESET'],
    [
      'an unfinished chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n9\r\nhello',
      'CONNECTION_RESET',
    ],
    [
      'a chunk that is none',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\nhello',
      'INVALID_RESPONSE',
    ],
    [
      'no end chunk',
      'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n',
      'CONNECTION_RESET',
    ],
  ] as const) {
    it(`${name} is found, as when it is collected`, async () => {
      const server = await serveRaw((socket) => socket.end(onRequest));
      const taken = new Taken();
      const streamed = await fails(to(server).send(get, { sink: into(taken) }), code);
      const collected = await fails(to(server).send(get), code);
      assert.deepEqual([streamed.message, streamed.retryable], [collected.message, collected.retryable]);
      assert.equal((taken.failed as Failure).code, code);
      assert.equal(taken.finished, false);
    });
  }

  it('a body that ends with the connection is whole', async () => {
    const server = await serveRaw((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\nhello'));
    const taken = new Taken();
    await to(server).send(get, { sink: into(taken) });
    assert.deepEqual([taken.body.toString(), taken.finished], ['hello', true]);
  });

  it('an abort, and a close, in the middle end the writable with their reason and leave no socket', async () => {
    const server = await serve((_request, response) => void response.write('begin'));
    for (const how of ['signal', 'close'] as const) {
      const connection = to(server);
      const stop = new AbortController();
      const taken = new Taken();
      const begun = new Promise<void>((resolve) => {
        taken._write = (_chunk, _encoding, done) => {
          done();
          resolve();
        };
      });
      const answer = connection.send(get, { sink: into(taken), signal: stop.signal });
      answer.catch(() => undefined);
      await begun;
      if (how === 'signal') stop.abort(new Failure('ABORTED', 'the flow was stopped'));
      else await connection.close();
      const failure = await fails(answer, 'ABORTED');
      assert.match(failure.message, how === 'signal' ? /flow was stopped/ : /connection was closed/);
      assert.equal((taken.failed as Failure).message, failure.message);
      await server.empty();
    }
  });

  it('an abort ends a writable that is slow to finish, after the last byte', async () => {
    const server = await serve((_request, response) => void response.end('all'));
    const stop = new AbortController();
    let finishing!: () => void;
    const reached = new Promise<void>((resolve) => (finishing = resolve));
    const stuck = new Writable({ write: (_chunk, _encoding, done) => done(), final: () => finishing() });
    const answer = to(server).send(get, { sink: into(stuck), signal: stop.signal });
    answer.catch(() => undefined);
    await reached;
    stop.abort(new Failure('ABORTED', 'the flow was stopped'));
    await fails(answer, 'ABORTED');
    assert.ok(stuck.destroyed);
  });

  it('is asked for the last answer alone, with its address redacted', async () => {
    const server = await serve((request, response) => {
      if (request.url === '/') response.writeHead(302, { location: '/end?key=s3cret' }).end('moved');
      else response.writeHead(418, { 'x-a': 'b' }).end('end');
    });
    const heads: Parameters<Sink['open']>[0][] = [];
    const taken = new Taken();
    const sink: Sink = { open: (head) => (heads.push(head), taken), restartable: false };
    await to(server, { authenticator: bearer('s3cret') }).send(get, { sink });
    assert.equal(heads.length, 1);
    assert.equal(heads[0]!.statusCode, 418);
    assert.equal(heads[0]!.headers['x-a'], 'b');
    assert.doesNotMatch(heads[0]!.url, /s3cret/);
    assert.match(heads[0]!.url, /\/end\?key=/);
    assert.equal(taken.body.toString(), 'end');
  });
});

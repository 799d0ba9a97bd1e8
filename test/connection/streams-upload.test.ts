import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { digest } from '../../src/connection/auth/digest';
import { fields } from '../../src/connection/auth/fields';
import { standardWebhooks } from '../../src/connection/auth/signing';
import type { Connection, ConnectionOptions, StreamBody } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { startDigestServer } from './auth/digest-server';
import { serveHttp, Taken } from './stream-server';

const retry = {
  attempts: 3,
  isRetried: (statusCode: number) => statusCode === 503,
  baseDelay: 1,
  maxDelay: 10,
  maxTotal: 1000,
};

describe('connection/streams: bodies', () => {
  const open: { close(): unknown }[] = [];
  const track = <T extends { close(): unknown }>(thing: T): T => {
    open.push(thing);
    return thing;
  };
  const serve = async (listener: RequestListener) => track(await serveHttp(listener));
  const to = ({ url }: { url: string }, options: Partial<ConnectionOptions> = {}): Connection =>
    track(connect({ baseUrl: url, ...options }));

  /** Answers with what it received. */
  const echo = (seen: IncomingMessage[] = []) =>
    serve((request, response) => {
      seen.push(request);
      void buffer(request).then((body) => response.end(body));
    });

  let folder: string;
  let file: string;
  const content = randomBytes(1_500_000);
  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'streams-'));
    file = path.join(folder, 'content');
    await writeFile(file, content);
  });
  after(() => rm(folder, { recursive: true }));
  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  const fromFile = (length?: number): StreamBody => ({
    length,
    repeatable: true,
    open: () => createReadStream(file),
  });
  const single = (source: Readable, length?: number): StreamBody => ({
    length,
    repeatable: false,
    open: () => source,
  });
  const put = (body: StreamBody, url = '') => ({ method: 'PUT', url, body });

  async function fails(promise: Promise<unknown>, code: string): Promise<Failure> {
    const error: unknown = await promise.then(
      () => assert.fail(`did not fail with ${code}`),
      (error: unknown) => error,
    );
    assert.ok(error instanceof Failure);
    assert.equal(error.code, code, error.message);
    return error;
  }

  it('arrive whole, framed by their length or in chunks and never by both', async () => {
    const seen: IncomingMessage[] = [];
    const server = await echo(seen);
    for (const body of [fromFile(content.length), fromFile(), single(createReadStream(file))]) {
      // a length that the request itself names does not count beside the one that is known
      const headers: Record<string, string> = body.length === undefined ? {} : { 'CONTENT-LENGTH': '7' };
      const answer = await to(server).send({ ...put(body), headers });
      assert.ok(answer.body.equals(content));
      const sent = seen.at(-1)!.headers;
      assert.equal(sent['content-length'], body.length === undefined ? undefined : String(content.length));
      assert.equal(sent['transfer-encoding'], body.length === undefined ? 'chunked' : undefined);
    }
  });

  it('of no bytes, of text, and in a DELETE', async () => {
    const seen: IncomingMessage[] = [];
    const server = await echo(seen);
    const empty: StreamBody = { length: 0, repeatable: true, open: () => assert.fail('opened') };
    assert.equal((await to(server).send(put(empty))).size, 0);
    assert.equal(seen[0]!.headers['content-length'], '0');
    assert.equal((await to(server).send(put(single(Readable.from([]))))).size, 0);
    const text = single(Readable.from(['ü', 'x']).setEncoding('utf8'), 3);
    assert.equal((await to(server).send(put(text))).body.toString(), 'üx');
    const removal = { method: 'DELETE', url: '', body: fromFile(content.length) };
    assert.ok((await to(server).send(removal)).body.equals(content));
  });

  it('wait for a slow server', async () => {
    let go!: () => void;
    const server = await serve((request, response) => {
      go = () => void buffer(request).then((body) => response.end(String(body.length)));
    });
    let made = 0;
    let stalled!: () => void;
    const stall = new Promise<void>((resolve) => (stalled = resolve));
    let timer: NodeJS.Timeout | undefined;
    const total = 1024;
    const source = new Readable({
      read() {
        clearTimeout(timer);
        timer = setTimeout(stalled, 300);
        this.push(made++ < total ? Buffer.alloc(64 * 1024) : null);
      },
    });
    const answer = to(server).send(put(single(source)));
    await stall;
    assert.ok(made < total / 2, `${made} chunks were read`);
    go();
    assert.equal((await answer).body.toString(), String(total * 64 * 1024));
  });

  describe('over redirects and attempts', () => {
    const moving = (status: number, seen: Buffer[]) =>
      serve((request, response) => {
        void buffer(request).then((body) => {
          seen.push(body);
          if (request.url === '/') response.writeHead(status, { location: '/new' }).end();
          else response.end(request.method);
        });
      });

    for (const [status, method, kept] of [
      [307, 'POST', true],
      [308, 'PUT', true],
      [301, 'POST', false],
      [303, 'PUT', false],
    ] as const) {
      it(`${status} after ${method} ${kept ? 'sends it again' : 'drops it'}`, async () => {
        const seen: Buffer[] = [];
        const server = await moving(status, seen);
        const answer = await to(server).send({ method, url: '', body: fromFile(content.length) });
        assert.equal(answer.body.toString(), kept ? method : 'GET');
        assert.ok(seen[0]!.equals(content));
        assert.ok(seen[1]!.equals(kept ? content : Buffer.alloc(0)));
        const unrepeatable = () => ({ method, url: '', body: single(createReadStream(file)) });
        if (!kept) return void (await to(server).send(unrepeatable()));
        const failure = await fails(to(server).send(unrepeatable()), 'INVALID_REQUEST');
        assert.match(failure.message, new RegExp(`redirect \\(${status}\\) .* only once`));
      });
    }

    it('a repeatable one is sent at each attempt, another one only once', async () => {
      const seen: number[] = [];
      const server = await serve((request, response) => {
        void buffer(request).then(({ length }) => {
          seen.push(length);
          response.writeHead(503).end('busy');
        });
      });
      const answer = await to(server).send(put(fromFile()), { rules: { retry } });
      assert.deepEqual([answer.statusCode, answer.attempts], [503, 3]);
      const other = await to(server, { retry }).send(put(single(createReadStream(file))));
      assert.deepEqual([other.statusCode, other.attempts], [503, 1]);
      assert.deepEqual(seen, [content.length, content.length, content.length, content.length]);
      server.sockets.forEach((socket) => socket.destroy());
      await server.close();
      const failure = await fails(
        to(server, { retry }).send(put(single(createReadStream(file)))),
        'CONNECTION_REFUSED',
      );
      assert.equal(failure.attempts, 1);
    });
  });

  describe('that break', () => {
    for (const [name, body, code, sentence] of [
      ['no such file', () => createReadStream('/nowhere/file'), 'FILE', /does not exist: \/nowhere\/file/],
      ['a folder', () => createReadStream('/tmp'), 'FILE', /a folder and not a file/],
      [
        'an open that throws',
        () => {
          throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        },
        'FILE',
        /may not be used/,
      ],
      [
        'an error in the middle',
        () => breaking(new Error('worn out')),
        'INVALID_REQUEST',
        /could not be read: worn out/,
      ],
      ['a Failure in the middle', () => breaking(new Failure('STATE', 'gone')), 'STATE', /^gone$/],
      ['an end in the middle', () => breaking(undefined), 'INVALID_REQUEST', /it ended too early/],
      [
        'more than its length',
        () => Readable.from([Buffer.alloc(50), Buffer.alloc(51)]),
        'INVALID_REQUEST',
        /length/,
      ],
      ['less than its length', () => Readable.from([Buffer.alloc(99)]), 'INVALID_REQUEST', /length/],
    ] as [string, () => Readable, string, RegExp][]) {
      it(`${name}: ${code}, and no socket is left`, async () => {
        const server = await serve(() => undefined);
        const begins = /middle|length/.test(name);
        for (const length of name.includes('length') ? [100] : [undefined, 100_000_000]) {
          const request = put({ length, repeatable: true, open: body });
          const failure = await fails(to(server).send(request), code);
          assert.match(failure.message, sentence);
          // a socket that saw nothing of it is kept for the next request
          if (!begins) await open.pop()!.close();
          await server.empty();
        }
      });
    }

    function breaking(error: Error | undefined): Readable {
      let count = 0;
      return new Readable({
        read() {
          if (count++ < 3) this.push(Buffer.alloc(1000));
          else setImmediate(() => this.destroy(error));
        },
      });
    }

    it('an abort in the middle closes the source and the socket', async () => {
      const server = await serve(() => undefined);
      const stop = new AbortController();
      const source = new Readable({ read: () => undefined });
      source.push('begin');
      const answer = to(server).send(put(single(source)), { signal: stop.signal });
      answer.catch(() => undefined);
      while (server.sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
      stop.abort(new Failure('ABORTED', 'the flow was stopped'));
      await fails(answer, 'ABORTED');
      if (!source.closed) await once(source, 'close');
      await server.empty();
    });

    it('the total timeout ends one whose source never gives anything', async () => {
      const server = await serve(() => undefined);
      const source = new Readable({ read: () => undefined });
      await fails(to(server, { totalTimeout: 100 }).send(put(single(source))), 'TIMEOUT');
      if (!source.closed) await once(source, 'close');
      await server.empty();
    });
  });

  it('one that waits for a connection is closed at once when its time is over', async () => {
    const server = await serve(() => undefined);
    const connection = to(server, { connections: 1 });
    const busy = connection.send({ method: 'GET', url: '' });
    busy.catch(() => undefined);
    while (server.sockets.size === 0) await new Promise((resolve) => setImmediate(resolve));
    const source = new Readable({ read: () => undefined });
    await fails(connection.send(put(single(source)), { rules: { totalTimeout: 50 } }), 'TIMEOUT');
    if (!source.closed) await once(source, 'close');
    await connection.close();
    await fails(busy, 'ABORTED');
  });

  it('an answer that comes before their end is the answer, and the rest is not read', async () => {
    const server = await serve((_request, response) => void response.writeHead(413).end('too much'));
    for (const streamed of [false, true]) {
      let made = 0;
      const source = new Readable({
        read() {
          made++;
          setImmediate(() => this.push(Buffer.alloc(16 * 1024)));
        },
      });
      const taken = new Taken();
      const sink = streamed ? { open: () => taken, restartable: false } : undefined;
      const answer = await to(server).send(put(single(source)), { sink });
      assert.equal(answer.statusCode, 413);
      assert.equal(streamed ? taken.body.toString() : answer.body.toString(), 'too much');
      if (!source.closed) await once(source, 'close');
      assert.ok(made < 10_000);
      await server.empty();
    }
  });

  describe('under authentication', () => {
    it('digest auth-int covers a repeatable one, and says so of another', async () => {
      const server = track(await startDigestServer({ qop: 'auth-int' }));
      const authenticator = digest('Mufasa', 'Circle of Life');
      const connection = to(server, { authenticator });
      const answer = await connection.send(put(fromFile(content.length), 'x'));
      assert.equal(answer.statusCode, 200);
      assert.ok(answer.body.equals(content));
      const failure = await fails(
        connection.send(put(single(createReadStream(file)), 'x')),
        'INVALID_REQUEST',
      );
      assert.match(failure.message, /can be read only once/);
      // nothing was known when it was sent: what the server said stands
      const fresh = to(server, { authenticator: digest('Mufasa', 'Circle of Life') });
      assert.equal((await fresh.send(put(single(createReadStream(file)), 'x'))).statusCode, 401);
    });

    it('an outbound signature is the one over the bytes', async () => {
      const seen: IncomingMessage[] = [];
      const server = await echo(seen);
      const sources = { now: () => 1_700_000_000_000, newId: () => 'msg_1' };
      const authenticator = () => standardWebhooks('whsec_c2VjcmV0', undefined, sources);
      await to(server, { authenticator: authenticator() }).send(put(fromFile()));
      await to(server, { authenticator: authenticator() }).send({ method: 'PUT', url: '', body: content });
      const [streamed, held] = seen.map(({ headers }) => headers['webhook-signature']);
      assert.match(String(streamed), /^v1,/);
      assert.equal(streamed, held);
      const refusing = to(server, { authenticator: authenticator() });
      await fails(refusing.send(put(single(createReadStream(file)))), 'INVALID_REQUEST');
      await fails(refusing.send(put({ repeatable: true, open: () => createReadStream('/nowhere') })), 'FILE');
    });

    it('secrets have no place in it', async () => {
      const server = await echo();
      const authenticator = fields([{ in: 'body', name: 'key', value: 'k' }]);
      const failure = await fails(to(server, { authenticator }).send(put(fromFile())), 'INVALID_REQUEST');
      assert.match(failure.message, /fields in the body/);
    });
  });
});

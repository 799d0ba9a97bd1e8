import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { RequestListener } from 'node:http';
import { Readable, Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { aws } from '../../src/connection/auth/aws';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import { fields } from '../../src/connection/auth/fields';
import { ntlm, type NtlmMessages } from '../../src/connection/auth/ntlm';
import type {
  Connection,
  ConnectionOptions,
  SentHop,
  Sink,
  StreamBody,
} from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { hop } from '../support/hop';
import { serveHttp, Taken, type StreamServer } from './stream-server';

const retry = {
  attempts: 3,
  isRetried: (statusCode: number) => statusCode === 503,
  baseDelay: 1,
  maxDelay: 10,
  maxTotal: 5000,
};

describe('connection/streams: attempts and credentials', () => {
  const open: { close(): unknown }[] = [];
  const track = <T extends { close(): unknown }>(thing: T): T => {
    open.push(thing);
    return thing;
  };
  const serve = async (listener: RequestListener) => track(await serveHttp(listener));
  const to = ({ url }: StreamServer, options: Partial<ConnectionOptions> = {}): Connection =>
    track(connect({ baseUrl: url, ...options }));
  const get = { method: 'GET', url: '' };

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  /** Opens one after the other, and keeps them. */
  function sinks(restartable: boolean, wanted: (statusCode: number) => boolean = () => true) {
    const taken: Taken[] = [];
    const sink: Sink = {
      restartable,
      open({ statusCode }) {
        if (!wanted(statusCode)) return undefined;
        taken.push(new Taken());
        return taken.at(-1);
      },
    };
    return { sink, taken };
  }

  const code = (wanted: string) => (error: unknown) => {
    assert.ok(error instanceof Failure);
    assert.equal(error.code, wanted, error.message);
    return true;
  };

  describe('a server that breaks off twice', () => {
    let requests: number;
    let server: StreamServer;
    beforeEach(async () => {
      requests = 0;
      server = await serve((_request, response) => {
        if (++requests === 3) return void response.end('all of it');
        response.write('a part', () => response.destroy());
      });
    });

    it('is asked again when the sink can begin anew, which gets a fresh writable each time', async () => {
      const { sink, taken } = sinks(true);
      const answer = await to(server, { retry }).send(get, { sink });
      assert.deepEqual([answer.attempts, answer.size], [3, 9]);
      assert.deepEqual(
        taken.map(({ body, finished, failed }) => [body.toString(), finished, (failed as Failure)?.code]),
        [
          ['a part', false, 'CONNECTION_RESET'],
          ['a part', false, 'CONNECTION_RESET'],
          ['all of it', true, undefined],
        ],
      );
    });

    it('is not asked again when it cannot', async () => {
      const { sink, taken } = sinks(false);
      await assert.rejects(to(server, { retry }).send(get, { sink }), code('CONNECTION_RESET'));
      assert.deepEqual([requests, taken.length], [1, 1]);
    });

    it('is asked again when the sink did not take the answer', async () => {
      const { sink } = sinks(false, () => false);
      const answer = await to(server, { retry }).send(get, { sink });
      assert.deepEqual([answer.body.toString(), answer.attempts], ['all of it', 3]);
    });
  });

  it('failures before any answer, and statuses that the sink does not take, are tried again', async () => {
    let requests = 0;
    const server = await serve((request, response) => {
      requests++;
      if (requests === 1) request.socket.destroy();
      else if (requests === 2) response.writeHead(503).end('busy');
      else response.end('done');
    });
    const { sink, taken } = sinks(false, (statusCode) => statusCode === 200);
    const answer = await to(server, { retry }).send(get, { sink });
    assert.deepEqual([answer.attempts, taken.length, taken[0]!.body.toString()], [3, 1, 'done']);
  });

  it('a status that the sink takes is the end of it, unless it can begin anew', async () => {
    const server = await serve((_request, response) => void response.writeHead(503).end('busy'));
    const once = sinks(false);
    const first = await to(server, { retry }).send(get, { sink: once.sink });
    assert.deepEqual([first.statusCode, first.attempts, once.taken.length], [503, 1, 1]);
    const anew = sinks(true);
    const second = await to(server, { retry }).send(get, { sink: anew.sink });
    assert.deepEqual([second.attempts, anew.taken.length], [3, 3]);
    assert.ok(anew.taken.every(({ finished }) => finished));
  });

  it('a writable that fails is not tried again', async () => {
    const server = await serve((_request, response) => void response.end('x'));
    let opened = 0;
    const sink: Sink = {
      restartable: true,
      open: () => {
        opened++;
        const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return new Writable({ write: (_chunk, _encoding, done) => done(full) });
      },
    };
    await assert.rejects(to(server, { retry }).send(get, { sink }), code('FILE'));
    assert.equal(opened, 1);
  });

  describe('credentials that are renewed', () => {
    const renewing = (seen: string[], extra: Partial<Authenticator> = {}): Authenticator => {
      let key = 'old';
      return {
        authorize: ({ headers }) => void (headers['X-Key'] = key),
        renew: (answer) => {
          seen.push(answer.body.toString());
          const says = answer.statusCode === 401 || answer.body.includes('expired');
          key = 'new';
          return Promise.resolve(says);
        },
        secrets: () => [],
        ...extra,
      };
    };

    it('do not show their refusal to the sink', async () => {
      const server = await serve((request, response) => {
        const fresh = request.headers['x-key'] === 'new';
        response.writeHead(fresh ? 200 : 401).end(fresh ? 'welcome' : 'who are you?');
      });
      const seen: string[] = [];
      const { sink, taken } = sinks(false);
      await to(server, { authenticator: renewing(seen) }).send(get, { sink });
      assert.deepEqual(seen, ['who are you?']);
      assert.deepEqual(
        taken.map(({ body }) => body.toString()),
        ['welcome'],
      );
    });

    it('see the body of a good answer when they say that they look at it, and otherwise not', async () => {
      const server = await serve((request, response) => {
        response.end(request.headers['x-key'] === 'new' ? 'welcome' : 'expired');
      });
      const seen: string[] = [];
      const looking = sinks(false);
      const authenticator = renewing(seen, { readsBody: () => true });
      const answer = await to(server, { authenticator }).send(get, { sink: looking.sink });
      assert.deepEqual([seen, answer.size], [['expired'], 7]);
      assert.deepEqual(
        looking.taken.map(({ body }) => body.toString()),
        ['welcome'],
      );
      const blind = sinks(false);
      await to(server, { authenticator: renewing([]) }).send(get, { sink: blind.sink });
      assert.deepEqual(
        blind.taken.map(({ body }) => body.toString()),
        ['expired'],
      );
    });

    it('that fail to renew leave no answer on its way', async () => {
      const server = await serve((_request, response) => void response.write('without end'));
      const renew = () => Promise.reject(new Failure('AUTHENTICATION', 'no more'));
      const { sink, taken } = sinks(false);
      const connection = to(server, { authenticator: renewing([], { renew }) });
      await assert.rejects(connection.send(get, { sink }), code('AUTHENTICATION'));
      assert.equal(taken.length, 0);
      await server.empty();
    });

    it('send a body that can be read only once only once: what the server said stands', async () => {
      const sizes: number[] = [];
      const server = await serve((request, response) => {
        void buffer(request).then(({ length }) => {
          sizes.push(length);
          response.writeHead(request.headers['x-key'] === 'new' ? 200 : 401).end('said');
        });
      });
      const body = (repeatable: boolean): StreamBody => ({
        repeatable,
        open: () => Readable.from([Buffer.alloc(1000)]),
      });
      const send = (repeatable: boolean) =>
        to(server, { authenticator: renewing([]) }).send({ method: 'PUT', url: '', body: body(repeatable) });
      assert.equal((await send(true)).statusCode, 200);
      const single = await send(false);
      assert.deepEqual([single.statusCode, single.body.toString()], [401, 'said']);
      assert.deepEqual(sizes, [1000, 1000, 1000]);
    });
  });

  describe('NTLM', () => {
    const messages: NtlmMessages = {
      createType1Message: () => 'NTLM AAAA',
      parseType2Message: () => ({}),
      createType3Message: () => 'NTLM CCCC',
    };

    /** Logs in sockets and not requests, as the real ones do; answers with what it got. */
    const ntlmServer = (seen: string[]) => {
      const known = new WeakSet();
      return serve((request, response) => {
        void buffer(request).then((body) => {
          seen.push(`${request.headers.authorization ?? ''} ${body.length}`);
          if (request.headers.authorization === 'NTLM CCCC') known.add(request.socket);
          if (known.has(request.socket)) response.end(Buffer.alloc(300_000, 'x'));
          else response.writeHead(401, { 'www-authenticate': 'NTLM BBBB' }).end(Buffer.alloc(100_000));
        });
      });
    };

    it('streams answers, and its socket is used again when they have ended', async () => {
      const seen: string[] = [];
      const connection = to(await ntlmServer(seen), {
        authenticator: ntlm('u', 'p', () => Promise.resolve(messages)),
      });
      for (let i = 0; i < 3; i++) {
        const { sink, taken } = sinks(false);
        assert.equal((await connection.send(get, { sink })).size, 300_000);
        assert.ok(taken[0]!.finished);
      }
      const { sink } = sinks(false);
      await Promise.all([connection.send(get, { sink }), connection.send(get, { sink: sinks(false).sink })]);
      assert.deepEqual(seen.slice(0, 4), ['NTLM AAAA 0', 'NTLM CCCC 0', ' 0', ' 0']);
      assert.equal(seen.filter((line) => line === 'NTLM CCCC 0').length, 2);
    });

    it('sends a body that can be read only once only on a socket that is logged in for it', async () => {
      const seen: string[] = [];
      const connection = to(await ntlmServer(seen), {
        authenticator: ntlm('u', 'p', () => Promise.resolve(messages)),
      });
      for (let i = 0; i < 2; i++) {
        const body = { repeatable: false, open: () => Readable.from([Buffer.alloc(1000)]) };
        assert.equal((await connection.send({ method: 'PUT', url: '', body })).statusCode, 200);
      }
      assert.deepEqual(seen, ['NTLM AAAA 0', 'NTLM CCCC 1000', 'NTLM AAAA 0', 'NTLM CCCC 1000']);
    });
  });

  describe('AWS Signature Version 4', () => {
    const content = randomBytes(1000);
    const signed = async (url: string, service: string, body: StreamBody | Buffer) => {
      const sent = { ...hop({ method: 'PUT', url }), body };
      const keys = { accessKeyId: 'AKID', secretAccessKey: 's3cret' };
      const signer = aws(keys, { region: 'eu-central-1', service }, () => 1_700_000_000_000);
      await signer.authorize(sent, new AbortController().signal);
      return sent.headers;
    };
    const streamed = (repeatable: boolean): StreamBody => ({
      repeatable,
      open: () => Readable.from([content.subarray(0, 10), content.subarray(10)]),
    });

    it('covers a repeatable one as it does bytes', async () => {
      const s3 = 'https://b.s3.eu-central-1.amazonaws.com/k';
      assert.deepEqual(await signed(s3, 's3', streamed(true)), await signed(s3, 's3', content));
      const api = await signed(
        'https://x.execute-api.eu-central-1.amazonaws.com/',
        'execute-api',
        streamed(true),
      );
      const hash = (await signed(s3, 's3', content))['X-Amz-Content-Sha256'];
      assert.equal(api['X-Amz-Content-Sha256'], hash);
      assert.match(String(api.Authorization), /SignedHeaders=host;x-amz-content-sha256;x-amz-date/);
    });

    it('leaves one that can be read only once unsigned where S3 allows it, and refuses it elsewhere', async () => {
      const s3 = '//b.s3.eu-central-1.amazonaws.com/k';
      const headers = await signed(`https:${s3}`, 's3', streamed(false));
      assert.equal(headers['X-Amz-Content-Sha256'], 'UNSIGNED-PAYLOAD');
      await assert.rejects(signed(`http:${s3}`, 's3', streamed(false)), code('INVALID_REQUEST'));
      const api = 'https://x.execute-api.eu-central-1.amazonaws.com/';
      await assert.rejects(signed(api, 'execute-api', streamed(false)), code('INVALID_REQUEST'));
    });
  });

  it('hops are shown as they leave, credentials included', async () => {
    const server = await serve((request, response) => {
      request.resume();
      if (request.url === '/') response.writeHead(307, { location: '/new?a=1' }).end();
      else response.end();
    });
    const hops: SentHop[] = [];
    const authenticator = fields([{ in: 'header', name: 'X-Key', value: 'k1' }]);
    const body = Buffer.from('x');
    const request = { method: 'POST', url: '', body, headers: { 'X-A': 'b' } };
    await to(server, { authenticator }).send(request, { onHop: (hop) => hops.push(hop) });
    assert.deepEqual(
      hops.map(({ method, url }) => [method, url]),
      [
        ['POST', `${server.url}/`],
        ['POST', `${server.url}/new?a=1`],
      ],
    );
    for (const hop of hops) {
      assert.deepEqual([hop.headers['X-A'], hop.headers['X-Key'], hop.body], ['b', 'k1', body]);
    }
  });
});

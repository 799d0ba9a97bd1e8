import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import * as tls from 'node:tls';
import { Client } from 'undici';
import { classify, Failure, redactFailure } from '../../src/exchange/failure';
import { selfSigned } from '../support/certificate';

/** An error as Node.js and undici make them. */
const coded = (code: string, message = `${code} happened`): Error =>
  Object.assign(new Error(message), { code });

describe('exchange/failure', () => {
  const open: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close();
  });

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    open.push(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    return (server.address() as AddressInfo).port;
  }

  async function errorOf(socket: Socket): Promise<unknown> {
    open.push(() => socket.destroy());
    const [error] = (await once(socket, 'error')) as [unknown];
    return error;
  }

  function expect(error: unknown, code: string, says: RegExp, retryable: boolean): void {
    const failure = classify(error);
    assert.equal(failure.code, code, `${String(error)} → ${failure.toString()}`);
    assert.match(failure.message, says);
    assert.equal(failure.retryable, retryable);
    assert.ok(failure instanceof Error);
  }

  describe('real errors of sockets', () => {
    it('nothing listens', async () => {
      const server = createServer();
      const port = await listen(server);
      server.close();
      await once(server, 'close');
      const error = await errorOf(connectTcp(port, '127.0.0.1'));
      expect(error, 'CONNECTION_REFUSED', /nothing listens/, true);
    });

    it('the server resets the connection', async () => {
      const port = await listen(
        createServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
      );
      const socket = connectTcp(port, '127.0.0.1');
      socket.write('x');
      expect(await errorOf(socket), 'CONNECTION_RESET', /closed the connection/, true);
    });

    it('undici: a server that hangs up, talks nonsense, waits or stalls', async function () {
      // undici's timers tick in seconds
      this.timeout(10_000);
      const answers: Record<string, string | undefined> = {
        '/hangup': '',
        '/nonsense': 'SMTP ready\r\n\r\n',
        '/wait': undefined,
        '/stall': 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf',
      };
      const port = await listen(
        createServer((socket) =>
          socket.once('data', (data) => {
            const answer = answers[String(data).split(' ')[1]!];
            if (answer === '') socket.end();
            else if (answer !== undefined) socket.write(answer);
          }),
        ),
      );
      const ask = async (path: string): Promise<unknown> => {
        const client = new Client(`http://127.0.0.1:${port}`, { headersTimeout: 300, bodyTimeout: 300 });
        open.push(() => client.destroy());
        const response = client.request({ path, method: 'GET' }).then(({ body }) => body.text());
        return response.then(assert.fail, (error: unknown) => error);
      };
      expect(await ask('/hangup'), 'CONNECTION_RESET', /closed/, true);
      expect(await ask('/nonsense'), 'INVALID_RESPONSE', /not HTTP/, true);
      expect(await ask('/wait'), 'FIRST_BYTE_TIMEOUT', /first byte/, true);
      expect(await ask('/stall'), 'IDLE_TIMEOUT', /idle/, true);
    });

    describe('TLS', () => {
      const good = selfSigned(['localhost', '127.0.0.1']);
      const attempt = async (server: tls.TlsOptions, client: tls.ConnectionOptions): Promise<unknown> => {
        const port = await listen(tls.createServer(server).on('tlsClientError', () => undefined));
        return errorOf(tls.connect({ port, host: '127.0.0.1', ...client }));
      };

      it('a certificate that signed itself', async () => {
        expect(await attempt(good, {}), 'TLS', /self-signed.*CA/, false);
      });

      it('a certificate for another name', async () => {
        const other = selfSigned(['other.example']);
        expect(await attempt(other, { ca: other.cert }), 'TLS', /another host name/, false);
      });

      it('a certificate that has expired', async () => {
        const old = selfSigned(['127.0.0.1'], new Date(Date.now() - 86_400_000));
        expect(await attempt(old, { ca: old.cert }), 'TLS', /expired/, false);
      });

      it('a certificate that is not valid yet', async () => {
        const young = selfSigned(['127.0.0.1'], new Date(Date.now() + 30 * 86_400_000));
        expect(await attempt(young, { ca: young.cert }), 'TLS', /not valid yet/, false);
      });

      it('a certificate of somebody else', async () => {
        const other = selfSigned(['127.0.0.1']);
        const error = await attempt(good, { ca: other.cert });
        expect(error, 'TLS', /self-signed|unknown authority/, false);
      });

      it('no version of TLS in common', async () => {
        const error = await attempt(
          { ...good, maxVersion: 'TLSv1.2' },
          { ca: good.cert, minVersion: 'TLSv1.3' },
        );
        expect(error, 'TLS', /handshake/, false);
      });

      it('a server that does not speak TLS', async () => {
        const port = await listen(createServer((socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n')));
        expect(await errorOf(tls.connect({ port, host: '127.0.0.1' })), 'TLS', /handshake/, false);
      });

      it('a CA that is no certificate', () => {
        const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----';
        for (const options of [
          { cert: 'x', key: 'y' },
          { cert: pem, key: good.key },
        ]) {
          assert.throws(
            () => tls.createSecureContext(options),
            (error) => {
              expect(error, 'TLS', /certificates of the TLS configuration/, false);
              return true;
            },
          );
        }
      });
    });
  });

  describe('codes', () => {
    const cases: [string, string, boolean][] = [
      ['ENOTFOUND', 'DNS', true],
      ['EAI_AGAIN', 'DNS', true],
      ['EPIPE', 'CONNECTION_RESET', true],
      ['ETIMEDOUT', 'CONNECT_TIMEOUT', true],
      ['UND_ERR_CONNECT_TIMEOUT', 'CONNECT_TIMEOUT', true],
      ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'INVALID_RESPONSE', true],
      ['UND_ERR_HEADERS_OVERFLOW', 'INVALID_RESPONSE', true],
      ['UND_ERR_INVALID_ARG', 'INVALID_REQUEST', false],
      ['UND_ERR_DESTROYED', 'ABORTED', false],
      ['EHOSTUNREACH', 'NETWORK', true],
      ['EADDRNOTAVAIL', 'NETWORK', true],
      ['HPE_INVALID_CONSTANT', 'INVALID_RESPONSE', true],
      ['INVALID_PURPOSE', 'TLS', false],
      ['CERT_UNTRUSTED', 'TLS', false],
      ['UNABLE_TO_GET_CRL', 'TLS', false],
      ['ERR_INVALID_ARG_TYPE', 'INTERNAL', false],
      ['ERR_UNHANDLED_ERROR', 'INTERNAL', false],
      ['constructor', 'INTERNAL', false],
      ['', 'INTERNAL', false],
    ];
    for (const [code, expected, retryable] of cases) {
      it(`${code || 'none'} is ${expected}`, () => expect(coded(code), expected, /\w/, retryable));
    }

    it('are found below: in a cause, and in the first of several addresses', () => {
      expect(
        new TypeError('fetch failed', { cause: coded('ECONNREFUSED') }),
        'CONNECTION_REFUSED',
        /listens/,
        true,
      );
      const several = new AggregateError([new Error('no code'), coded('ENETUNREACH'), coded('ECONNREFUSED')]);
      expect(several, 'NETWORK', /network cannot be reached/, true);
    });

    it('a cause that goes round in circles ends', () => {
      const error = new Error('round') as Error & { cause?: unknown };
      error.cause = error;
      expect(error, 'INTERNAL', /round/, false);
    });

    it('a thing that is no error is one here', () => {
      for (const thrown of ['text', 42, null, undefined, { code: 'ECONNREFUSED' }]) {
        assert.equal(classify(thrown).code, 'INTERNAL');
      }
    });

    it('a Failure stays itself', () => {
      const failure = new Failure('HTTP_404', 'not there');
      assert.equal(classify(failure), failure);
    });

    it('which statuses may work later', () => {
      const retryable = Array.from({ length: 500 }, (_, index) => index + 100).filter(
        (status) => new Failure(`HTTP_${status}`, '').retryable,
      );
      assert.deepEqual(retryable, [408, 425, 429, 500, 502, 503, 504]);
    });
  });

  it('reads as code and sentence', () => {
    assert.equal(String(new Failure('TIMEOUT', 'too slow')), 'TIMEOUT: too slow');
  });

  it('loses its secrets and nothing else', () => {
    const redact = (text: string) => text.replaceAll('s3cret', '•••');
    const response = { statusCode: 400, statusText: '', headers: {}, body: 'x' };
    const failure = redactFailure(
      new Failure('HTTP_400', 'about s3cret', {
        cause: new Error('caused by s3cret'),
        request: { method: 'GET', url: 'http://h/?k=s3cret' },
        response,
        attempts: 3,
        elapsed: 7,
        retryable: true,
      }),
      redact,
    );
    assert.deepEqual(
      { ...failure, message: failure.message, cause: failure.cause },
      {
        name: 'Failure',
        code: 'HTTP_400',
        message: 'about •••',
        cause: 'caused by •••',
        request: { method: 'GET', url: 'http://h/?k=•••' },
        response,
        attempts: 3,
        elapsed: 7,
        retryable: true,
      },
    );
    assert.doesNotMatch(failure.stack!, /s3cret/);
    assert.equal(redactFailure(coded('EPIPE'), redact).code, 'CONNECTION_RESET');
  });
});

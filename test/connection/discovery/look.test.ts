/** A look at real servers: what is asked, what is found, and what is left alone. */
import assert from 'node:assert/strict';
import { look } from '../../../src/connection/discovery/look';
import { NetworkGuard } from '../../../src/connection/network-guard';
import { connect } from '../../support/connect';
import { sendJson, startServer, type TestServer } from '../../support/server';

describe('connection/discovery/look', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  /** Documents by path; everything else answers with the status and the headers. */
  async function serve(
    status: number,
    headers: (url: string) => Record<string, string | string[]> = () => ({}),
    documents: (url: string) => Record<string, unknown> = () => ({}),
    body = '',
  ): Promise<TestServer> {
    server = await startServer(({ url }, response) => {
      const document = documents(server!.url)[url];
      if (document !== undefined) return sendJson(response, document);
      if (url.includes('.well-known')) return sendJson(response, {}, 404);
      response.writeHead(status, headers(server!.url));
      response.end(body);
    });
    return server;
  }

  async function lookAt(path = '/v1', options: Parameters<typeof connect>[0] = {}, limit = 10_000) {
    const http = connect(options);
    const url = new URL(server!.url + path);
    try {
      return await look(http, url, url, AbortSignal.timeout(limit));
    } finally {
      await http.close();
    }
  }

  it('reads the challenges of several headers', async () => {
    await serve(401, () => ({ 'www-authenticate': ['NTLM', 'Basic realm="Shop"'] }));
    const { answer, suggestions } = await lookAt();
    assert.deepEqual(answer, { statusCode: 401, statusText: 'Unauthorized' });
    assert.deepEqual(
      suggestions.map(({ scheme }) => scheme),
      ['basic', 'ntlm'],
    );
    assert.ok(server!.received.every(({ headers, method }) => method === 'GET' && !headers.authorization));
  });

  it('takes a scheme of any name for one that it does not know', async () => {
    await serve(401, () => ({ 'www-authenticate': ['__proto__ realm="x"', 'constructor', 'toString'] }));
    const { suggestions } = await lookAt();
    assert.deepEqual(
      suggestions.map(({ scheme, reason }) => [scheme, reason.code, reason.values.asked]),
      [['headers', 'otherChallenge', '__proto__']],
    );
  });

  it('finds what is published beside the service, in each of the places', async () => {
    for (const place of [
      '/.well-known/openid-configuration',
      '/.well-known/oauth-authorization-server',
      '/.well-known/oauth-authorization-server/v1',
      '/v1/.well-known/openid-configuration',
    ]) {
      await server?.close();
      const path = place.includes('v1') ? '/v1' : '';
      await serve(
        404,
        () => ({}),
        (url) => ({
          [place]: {
            issuer: url + path,
            token_endpoint: `${url}/token`,
            authorization_endpoint: `${url}/authorize`,
            grant_types_supported: ['authorization_code'],
          },
        }),
      );
      const { suggestions } = await lookAt();
      assert.deepEqual(
        suggestions,
        [
          {
            scheme: 'oauth-code',
            reason: { code: 'wellKnown', values: { issuer: server!.url + path } },
            settings: { issuer: server!.url + path },
          },
        ],
        place,
      );
    }
  });

  it('follows the metadata that the challenge names to the authorization server', async () => {
    await serve(
      401,
      (url) => ({ 'www-authenticate': `Bearer resource_metadata="${url}/meta", scope="read"` }),
      (url) => ({
        '/meta': { resource: `${url}/v1`, authorization_servers: [`${url}/login`] },
        '/.well-known/oauth-authorization-server/login': {
          issuer: `${url}/login`,
          token_endpoint: `${url}/token`,
          grant_types_supported: ['client_credentials'],
        },
      }),
    );
    const { suggestions } = await lookAt();
    assert.deepEqual(suggestions[0], {
      scheme: 'oauth-client',
      reason: { code: 'resource', values: { issuer: `${server!.url}/login` } },
      settings: { issuer: `${server!.url}/login`, scope: 'read' },
    });
    assert.equal(suggestions[1]!.scheme, 'bearer');
  });

  it('is not led to another server in the clear', async () => {
    const inner = await startServer((_request, response) => sendJson(response, {}));
    await serve(401, () => ({ 'www-authenticate': `Bearer resource_metadata="${inner.url}/secret"` }));
    const { suggestions } = await lookAt();
    assert.deepEqual(
      suggestions.map(({ scheme }) => scheme),
      ['bearer'],
    );
    assert.equal(inner.received.length, 0);
    await inner.close();
  });

  it('says where the service sends us and does not go there', async () => {
    await serve(302, (url) => ({ location: `${url}/login-page` }));
    const { answer, suggestions } = await lookAt();
    assert.equal(answer!.location, `${server!.url}/login-page`);
    assert.deepEqual(suggestions, []);
    assert.ok(!server!.received.some(({ url }) => url === '/login-page'));
  });

  it('needs the head of an answer alone', async () => {
    await serve(
      200,
      () => ({ 'content-type': 'text/plain' }),
      () => ({}),
      'x'.repeat(2_000_000),
    );
    const { answer, suggestions } = await lookAt();
    assert.equal(answer!.statusCode, 200);
    assert.equal(suggestions[0]!.scheme, 'none');
  });

  it('goes on when a document is no document', async () => {
    server = await startServer(({ url }, response) => {
      if (url.endsWith('openid-configuration')) return void response.end('<html>');
      if (url.includes('.well-known')) return void response.destroy();
      response.writeHead(401, { 'www-authenticate': 'Digest realm="r", nonce="n"' }).end();
    });
    const { suggestions } = await lookAt();
    assert.deepEqual(
      suggestions.map(({ scheme }) => scheme),
      ['digest'],
    );
  });

  it('is not kept busy by names with many slashes', async () => {
    const slashes = `${'/'.repeat(60_000)}x`;
    await serve(
      404,
      () => ({}),
      (url) => ({
        '/.well-known/oauth-authorization-server': { issuer: url + slashes, token_endpoint: url },
        '/.well-known/oauth-protected-resource': { resource: url + slashes, authorization_servers: [url] },
      }),
    );
    const began = performance.now();
    assert.deepEqual((await lookAt()).suggestions, []);
    assert.ok(performance.now() - began < 1500);
  });

  it('says why nothing answers', async () => {
    await serve(200);
    await server!.close();
    const { problem, answer, suggestions } = await lookAt();
    assert.equal(problem!.code, 'CONNECTION_REFUSED');
    assert.equal(answer, undefined);
    assert.deepEqual(suggestions, []);
  });

  it('is held back by the network guard, documents included', async () => {
    await serve(401, () => ({ 'www-authenticate': 'Basic' }));
    const { problem, suggestions } = await lookAt('/v1', { guard: new NetworkGuard([]) });
    assert.equal(problem!.code, 'HOST_NOT_ALLOWED');
    assert.deepEqual(suggestions, []);
    assert.equal(server!.received.length, 0);
  });

  it('ends when it is told to', async () => {
    server = await startServer(() => undefined);
    const started = performance.now();
    await assert.rejects(lookAt('/v1', {}, 300));
    assert.ok(performance.now() - started < 5000);
  });
});

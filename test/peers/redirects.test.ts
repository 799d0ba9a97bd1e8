/**
 * No redirect to another origin carries a credential: whatever the scheme, what arrives there is what arrives from a
 * connection that has none.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { aws } from '../../src/connection/auth/aws';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import { digest } from '../../src/connection/auth/digest';
import { fields } from '../../src/connection/auth/fields';
import { sessionLogin } from '../../src/connection/auth/session-login';
import { signing, standardWebhooks } from '../../src/connection/auth/signing';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import type { HeaderFields } from '../../src/connection/headers';
import { connect } from '../support/connect';
import { sendJson, startServer, type TestServer } from '../support/server';
import { startPeer, type Peer } from './peer';

const hmac = {
  secret: 's1gn',
  secretFormat: 'text',
  text: '{timestamp}.{body}',
  algorithm: 'sha256',
  encoding: 'hex',
  header: 'X-Signature',
  value: '{signature}',
  idHeader: 'X-Id',
  timestampHeader: 'X-Timestamp',
  timestampFormat: 'seconds',
} as const;
const accessKey = { accessKeyId: 'AKIA', secretAccessKey: 'aws', sessionToken: 'aws-session' };

interface Case {
  authenticator?: (login: TestServer) => Authenticator;
  headers?: HeaderFields;
  options?: Partial<ConnectionOptions>;
}

const cases: Readonly<Record<string, Case>> = {
  basic: { authenticator: () => basic('user', 'passwd') },
  bearer: { authenticator: () => bearer('t0ken') },
  digest: { authenticator: () => digest('user', 'passwd') },
  'a header of any name': { authenticator: () => fields([{ in: 'header', name: 'X-Own', value: 'k1' }]) },
  'a parameter of the query': { authenticator: () => fields([{ in: 'query', name: 'own', value: 'k2' }]) },
  'a field of the body': { authenticator: () => fields([{ in: 'body', name: 'own', value: 'k3' }]) },
  'an access key of AWS': {
    authenticator: () => aws(accessKey, { region: 'eu-west-1', service: 'execute-api' }),
  },
  'a signature beside a token': { authenticator: () => signing(hmac, bearer('t0ken')) },
  'Standard Webhooks': { authenticator: () => standardWebhooks('whsec_c2VjcmV0IHNlY3JldCBzZWNyZXQ=') },
  'a token from a login': { authenticator: (login) => fromLogin(login) },
  'the cookie of a login': { authenticator: (login) => fromLogin(login, true) },
  'kept cookies': { options: { cookies: true } },
  'a header Authorization of the node': { headers: { authorization: 'Basic Zm9v' } },
  'a header Cookie of the node': { headers: { COOKIE: 'session=1' } },
  'an API key in a header of the node': { headers: { 'X-API-Key': 'k4' } },
  'a token in a default header': { options: { defaultHeaders: { 'X-Auth-Token': 'k5' } } },
  'a key in the default query': { options: { defaultQuery: [['api_key', 'k6']] } },
};

function fromLogin(login: TestServer, cookie = false): Authenticator {
  return sessionLogin(
    {
      request: { method: 'POST', url: login.url, headers: {} },
      secrets: [],
      token: cookie ? { in: 'cookie', name: '' } : { in: 'body', path: 'token' },
      lifetime: 0,
    },
    {
      http: connect({ maxRedirects: 0 }),
      now: Date.now,
      warn: assert.fail,
      place: cookie ? { in: 'header', name: 'Cookie', prefix: '' } : undefined,
    },
  );
}

describe('redirects to another origin carry no credential', () => {
  let httpbin: Peer;
  let nginx: Peer;
  let login: TestServer;
  const open: Connection[] = [];

  before(async () => {
    httpbin = await startPeer('httpbin', '/get');
    nginx = await startPeer('nginx', '/a.json', 9);
    login = await startServer((_request, response) => {
      response.setHeader('set-cookie', 'session=l0g1n');
      sendJson(response, { token: 'l0g1n' });
    });
  });
  after(async () => {
    await login?.close();
    await nginx?.stop();
    await httpbin?.stop();
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  const to = (baseUrl: string, options: Partial<ConnectionOptions> = {}): Connection => {
    const ca = readFileSync(path.join(nginx.folder, 'pki', 'ca.crt'));
    const connection = connect({ baseUrl, tls: { ca }, ...options });
    open.push(connection);
    return connection;
  };

  /** How httpbin's own redirect and nginx' are called. */
  const ways: Readonly<
    Record<string, () => { base: string; cookie: string; away: (to: string) => string; target: string }>
  > = {
    'another host': () => ({
      base: httpbin.url,
      cookie: 'cookies/set?session=s3ss10n',
      away: (url) => `redirect-to?status_code=307&url=${encodeURIComponent(url)}`,
      target: `http://localhost:${httpbin.port}`,
    }),
    'another port': () => ({
      base: nginx.url,
      cookie: 'cookie',
      away: (url) => `away307/${encodeURIComponent(url)}`,
      target: httpbin.url,
    }),
    'another scheme': () => ({
      base: `https://127.0.0.1:${nginx.ports[1]}`,
      cookie: 'cookie',
      away: (url) => `away307/${encodeURIComponent(url)}`,
      target: httpbin.url,
    }),
  };

  /** What arrives at the end of the redirect. */
  async function arriving(connection: Connection, url: string, headers: HeaderFields = {}): Promise<unknown> {
    const answer = await connection.send({
      method: 'POST',
      url,
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: Buffer.from('{"a":1}'),
    });
    assert.equal(answer.redirects.length, 1);
    return JSON.parse(answer.body.toString()) as unknown;
  }

  for (const [way, details] of Object.entries(ways)) {
    for (const [name, { authenticator, headers, options }] of Object.entries(cases)) {
      it(`${way}: ${name}`, async () => {
        const { base, cookie, away, target } = details();
        const plain = await arriving(to(base), away(`${target}/anything`));
        const connection = to(base, { authenticator: authenticator?.(login), ...options });
        if (options?.cookies) await connection.send({ method: 'GET', url: cookie });
        // twice: a scheme may only know after an answer what to send
        for (let i = 0; i < 2; i++) {
          assert.deepEqual(await arriving(connection, away(`${target}/anything`), headers), plain);
        }
        // nor is anything shown to a stranger that asks for it
        for (const challenge of ['basic-auth/user/passwd', 'digest-auth/auth/user/passwd', 'bearer']) {
          const asked = await connection.send({
            method: 'GET',
            url: away(`${target}/${challenge}`),
            headers,
          });
          assert.equal(asked.statusCode, 401, challenge);
        }
        if (way !== 'another host' || name === 'digest' || options?.defaultQuery) return;
        // the same redirect at home carries it
        assert.notDeepEqual(await arriving(connection, away(`${base}/anything`), headers), plain);
      });
    }
  }

  it('a cookie is kept for the stranger that set it, and for nobody else', async () => {
    const connection = to(nginx.url, { cookies: true });
    const answer = await connection.send({
      method: 'GET',
      url: `away/${encodeURIComponent(`${httpbin.url}/cookies/set?theirs=1`)}`,
    });
    assert.deepEqual(JSON.parse(answer.body.toString()), { cookies: { theirs: '1' } });
  });

  it('credentials for a listed host are not sent in clear by a redirect from https to http', async () => {
    const connection = connect({
      allowedHosts: ['localhost', `localhost:${nginx.ports[1]}`, `localhost:${httpbin.port}`],
      authenticator: bearer('t0ken'),
      tls: { ca: readFileSync(path.join(nginx.folder, 'pki', 'ca.crt')) },
    });
    open.push(connection);
    const home = `https://localhost:${nginx.ports[1]}`;
    const inClear = await connection.send({
      method: 'GET',
      url: `${home}/away/${encodeURIComponent(`http://localhost:${httpbin.port}/bearer`)}`,
    });
    assert.equal(inClear.statusCode, 401);
    const direct = await connection.send({ method: 'GET', url: `http://localhost:${httpbin.port}/bearer` });
    assert.equal(direct.statusCode, 200);
    const encrypted = await connection.send({
      method: 'GET',
      url: `${home}/away/${encodeURIComponent(`${home}/who`)}`,
    });
    assert.match(encrypted.body.toString(), /Bearer t0ken/);
  });
});

import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { jwtBearer, type JwtBearerSettings } from '../../../src/connection/auth/jwt-bearer';
import type { Connection } from '../../../src/connection/connection';
import type { Failure } from '../../../src/exchange/failure';
import { startAuthorizationServer, type AuthorizationServerDouble } from '../../support/authorization-server';
import { connect } from '../../support/connect';
import { sendJson } from '../../support/server';

describe('connection/auth/jwt-bearer', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
  const open: Connection[] = [];
  let server: AuthorizationServerDouble;

  const settings = (change: Partial<JwtBearerSettings> = {}): JwtBearerSettings => ({
    tokenEndpoint: `${server.url}/token`,
    issuer: 'robot@project',
    subject: 'person@example.com',
    audience: '',
    scope: 'read write',
    key: pem,
    algorithm: 'RS256',
    keyId: 'key-1',
    lifetime: 60,
    claims: { box_sub_type: 'enterprise' },
    parameters: [['client_id', 'c1']],
    ...change,
  });

  function api(change?: Partial<JwtBearerSettings>): Connection {
    const scheme = { http: connect({ maxRedirects: 0 }), now: Date.now, warn: assert.fail };
    const connection = connect({ baseUrl: server.url, authenticator: jwtBearer(settings(change), scheme) });
    open.push(connection);
    return connection;
  }

  const get = (connection: Connection) => connection.send({ method: 'GET', url: 'api' });

  beforeEach(async () => {
    server = await startAuthorizationServer();
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
    await server.close();
  });

  it('exchanges a signed assertion for a token: RFC 7523 section 3', async () => {
    assert.equal((await get(api())).statusCode, 200);
    const { form, authorization } = server.tokenRequests[0]!;
    assert.equal(authorization, undefined);
    assert.equal(form.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer');
    assert.equal(form.get('scope'), 'read write');
    assert.equal(form.get('client_id'), 'c1');
    const assertion = form.get('assertion')!;
    const { payload } = await jwtVerify(assertion, publicKey, {
      issuer: 'robot@project',
      subject: 'person@example.com',
      audience: `${server.url}/token`,
    });
    assert.equal(payload.exp! - payload.iat!, 60);
    assert.equal(payload.scope, 'read write');
    assert.equal(payload.box_sub_type, 'enterprise');
    assert.ok(payload.jti);
    assert.deepEqual(decodeProtectedHeader(assertion), { alg: 'RS256', typ: 'JWT', kid: 'key-1' });
  });

  it('leaves out what is empty, and signs with a shared secret for HS256', async () => {
    const key = 'a shared secret that is long enough for it';
    await get(api({ algorithm: 'HS256', key, subject: '', scope: '', keyId: '', audience: 'urn:them' }));
    const { form } = server.tokenRequests[0]!;
    const { payload, protectedHeader } = await jwtVerify(form.get('assertion')!, Buffer.from(key));
    assert.equal(payload.aud, 'urn:them');
    assert.deepEqual([form.has('scope'), 'scope' in payload, 'sub' in payload], [false, false, false]);
    assert.deepEqual(protectedHeader, { alg: 'HS256', typ: 'JWT' });
  });

  it('asks once for 200 requests at once with an expired token, with an assertion of its own each time', async () => {
    const connection = api();
    await get(connection);
    server.expire();
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(connection)));
    assert.equal(answers.filter((answer) => answer.statusCode === 200).length, 200);
    assert.equal(server.tokenRequests.length, 2);
    assert.equal(new Set(server.tokenRequests.map(({ form }) => form.get('assertion'))).size, 2);
  });

  it('says what to check when the assertion is refused, and shows neither it nor the key', async () => {
    server.answer = ({ form }, response) =>
      sendJson(response, { error: 'invalid_grant', error_description: `bad ${form.get('assertion')}` }, 400);
    const connection = api();
    await assert.rejects(get(connection), (error: Failure) => {
      assert.equal(error.code, 'AUTHENTICATION');
      assert.match(error.message, /check issuer, subject, audience, key.*clock.*bad •••/);
      return true;
    });
    assert.doesNotMatch(connection.redact(`key ${pem}`), /BEGIN/);
  });

  it('says what is missing or cannot be read', async () => {
    for (const [change, pattern] of [
      [{ tokenEndpoint: '' }, /token URL/],
      [{ issuer: '' }, /issuer/],
      [{ key: '' }, /key/],
      [{ algorithm: '' }, /algorithm/],
    ] as const) {
      assert.throws(() => api(change), pattern);
    }
    const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
    const key = elliptic.export({ type: 'pkcs8', format: 'pem' }) as string;
    await assert.rejects(get(api({ key })), (error: Failure) => {
      assert.equal(error.code, 'CONFIG');
      assert.match(error.message, /cannot be read for RS256/);
      return true;
    });
    assert.equal(server.received.length, 0);
  });
});

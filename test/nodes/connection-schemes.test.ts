import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { authSchemes } from '../../nodes/http-connection/config';
import httpConnection from '../../nodes/http-connection/http-connection';
import { openConnection, type ConnectionContext } from '../../nodes/http-connection/open';
import { readConfig } from '../../nodes/http-connection/read';
import sendRequest from '../../nodes/send-request/send-request';
import { startAuthorizationServer, type AuthorizationServerDouble } from '../support/authorization-server';
import { Flow, sink, tab, type Message } from '../support/flow';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

/** Each scheme from the fields of the dialog to the wire: what it does in full is tested with the scheme itself. */
describe('nodes/http-connection schemes', () => {
  let server: TestServer;
  let authorization: AuthorizationServerDouble;
  let flow: Flow | undefined;
  /** Answers in place of `{}`. */
  let answer: ((request: Received) => [status: number, body: unknown, headers?: object]) | undefined;

  beforeEach(async () => {
    answer = undefined;
    authorization = await startAuthorizationServer();
    server = await startServer((request, response) => {
      const [status, body, headers = {}] = answer?.(request) ?? [200, {}];
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value as string);
      sendJson(response, body, status);
    });
  });

  afterEach(async () => {
    await flow?.close();
    flow = undefined;
    await server.close();
    await authorization.close();
  });

  async function load(fields: object, credentials: object): Promise<void> {
    flow = await Flow.load(
      [httpConnection, sendRequest],
      [
        { id: 'the-api', type: 'http-connection', baseUrl: server.url, retryAttempts: 1, ...fields },
        {
          id: 'the-request',
          z: tab.id,
          type: 'send-request',
          connection: 'the-api',
          method: 'POST',
          url: 'things',
          bodyKind: 'payload',
          wires: [['answers']],
        },
        sink('answers'),
        sink('caught'),
        { id: 'catch-node', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
      ],
      { 'the-api': credentials },
    );
  }

  async function post(): Promise<Received> {
    const count = flow!.messages('answers').length;
    flow!.send('the-request', { payload: { a: 1 } });
    const msg: Message = await Promise.race([flow!.after('answers', count), flow!.after('caught', 0)]);
    assert.equal(msg.error, undefined, JSON.stringify(msg.failure));
    return server.received.at(-1)!;
  }

  it('digest', async () => {
    const md5 = (text: string) => createHash('md5').update(text).digest('hex');
    answer = ({ headers }) =>
      headers.authorization
        ? [200, {}]
        : [401, {}, { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' }];
    await load({ auth: 'digest' }, { username: 'u', password: 'p' });
    const sent = (await post()).headers.authorization!;
    const field = (name: string) => new RegExp(`\\b${name}="?([^",]+)`).exec(sent)![1];
    const expected = md5(
      [md5('u:r:p'), 'n', field('nc'), field('cnonce'), 'auth', md5('POST:/things')].join(':'),
    );
    assert.equal(field('response'), expected);
  });

  it('OAuth 2 client credentials, the token once for all requests', async () => {
    await load(
      {
        auth: 'oauth-client',
        oauth: {
          tokenEndpoint: `${authorization.url}/token`,
          clientId: 'the client',
          scope: 'read',
          parameters: [{ name: 'audience', value: 'shop' }],
        },
      },
      { clientSecret: 's:e/c+ret' },
    );
    const [one, two] = [await post(), await post()];
    assert.match(one.headers.authorization!, /^Bearer access-/);
    assert.equal(two.headers.authorization, one.headers.authorization);
    assert.equal(authorization.tokenRequests.length, 1);
    const [{ form, authorization: basic }] = authorization.tokenRequests as [
      (typeof authorization.tokenRequests)[0],
    ];
    assert.equal(basic, `Basic ${Buffer.from('the+client:s%3Ae%2Fc%2Bret').toString('base64')}`);
    assert.deepEqual([form.get('scope'), form.get('audience')], ['read', 'shop']);
  });

  it('JWT bearer', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    await load(
      {
        auth: 'jwt',
        jwt: {
          tokenEndpoint: `${authorization.url}/token`,
          issuer: 'me',
          algorithm: 'ES256',
          keyId: 'k1',
          lifetime: '120',
        },
      },
      { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) },
    );
    assert.match((await post()).headers.authorization!, /^Bearer access-/);
    const assertion = authorization.tokenRequests[0]!.form.get('assertion')!;
    assert.equal(decodeProtectedHeader(assertion).kid, 'k1');
    const { iss, exp, iat } = decodeJwt(assertion);
    assert.deepEqual([iss, exp! - iat!], ['me', 120]);
  });

  it('session login, renewed by a condition on the body', async () => {
    let logins = 0;
    let expired = false;
    answer = ({ url, headers, body }) => {
      if (url === '/login') {
        assert.deepEqual(JSON.parse(body.toString()), { user: 'u', key: 'p"w' });
        return [200, { data: { session: `session-${++logins}` } }];
      }
      if (expired && headers['x-session'] === 'session-1') return [200, { error: 'SESSION_EXPIRED' }];
      return [200, {}];
    };
    await load(
      {
        auth: 'login',
        login: {
          url: '/login',
          body: '{"user":"{{username}}","key":"{{password}}"}',
          tokenName: 'data.session',
        },
        tokenUse: {
          in: 'header',
          name: 'X-Session',
          prefix: '',
          expiredCondition: 'body.error = "SESSION_EXPIRED"',
        },
      },
      { username: 'u', password: 'p"w' },
    );
    assert.equal((await post()).headers['x-session'], 'session-1');
    assert.equal((await post()).headers['x-session'], 'session-1');
    expired = true;
    assert.equal((await post()).headers['x-session'], 'session-2');
    assert.equal(logins, 2);
  });

  it('AWS access key', async () => {
    await load(
      { auth: 'aws', aws: { region: 'eu-central-1', service: 'execute-api' } },
      { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret', sessionToken: 'session' },
    );
    const { headers } = await post();
    assert.match(
      headers.authorization!,
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-central-1\/execute-api\/aws4_request,/,
    );
    assert.equal(headers['x-amz-security-token'], 'session');
  });

  it('Standard Webhooks and a signature of one’s own', async () => {
    const key = Buffer.from('0123456789abcdef0123456789abcdef');
    await load({ auth: 'standard-webhooks' }, { signingSecret: `whsec_${key.toString('base64')}` });
    const standard = await post();
    const signed = (text: string, secret: Buffer | string, encoding: 'base64' | 'hex') =>
      createHmac('sha256', secret).update(text).digest(encoding);
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = standard.headers;
    assert.equal(signature, `v1,${signed(`${String(id)}.${String(at)}.{"a":1}`, key, 'base64')}`);
    await flow!.close();
    await load(
      { auth: 'signing', signing: { header: 'X-Hub', text: '{method}:{body}' } },
      { signingSecret: 's3' },
    );
    assert.equal((await post()).headers['x-hub'], `sha256=${signed('POST:{"a":1}', 's3', 'hex')}`);
  });

  it('each says what it misses', () => {
    const context = { tokenId: 'x', vault: { of: () => ({}) }, warn: () => undefined };
    const RED = { nodes: { getNode: () => null }, util: {} };
    const complete = ['none', 'basic', 'headers', 'query', 'custom'];
    for (const auth of ['unknown', ...authSchemes.filter((scheme) => !complete.includes(scheme))]) {
      assert.throws(
        () =>
          openConnection(
            RED as never,
            readConfig({ auth, baseUrl: server.url }),
            {},
            context as unknown as ConnectionContext,
          ),
        { code: 'CONFIG' },
        auth,
      );
    }
  });
});

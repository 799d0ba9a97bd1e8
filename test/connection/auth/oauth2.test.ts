import assert from 'node:assert/strict';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { azureEndpoints } from '../../../src/connection/auth/azure';
import { clientCredentials } from '../../../src/connection/auth/oauth2-client-credentials';
import {
  authorizationCode,
  authorizationCodeBinding,
  AuthorizationCodeLogin,
  type AuthorizationCodeSettings,
} from '../../../src/connection/auth/oauth2-code';
import type { ClientAuthentication } from '../../../src/connection/auth/oauth2-client';
import type { TokenAuthenticator, TokenScheme } from '../../../src/connection/auth/token-authenticator';
import type { TokenStore } from '../../../src/connection/auth/tokens';
import { TokenVault } from '../../../src/connection/auth/token-vault';
import type { Connection } from '../../../src/connection/connection';
import type { Failure } from '../../../src/exchange/failure';
import { openSqlite } from '../../../src/state/sqlite';
import type { Store } from '../../../src/state/store';
import { startAuthorizationServer, type AuthorizationServerDouble } from '../../support/authorization-server';
import { connect } from '../../support/connect';
import { sendJson, startServer } from '../../support/server';

const never = new AbortController().signal;
const secret = 'cl1ent:secret/+ %ü';
const callback = 'http://127.0.0.1:1880/callback';

const refusal =
  (code: string, ...patterns: RegExp[]) =>
  (error: Failure) => {
    assert.equal(error.code, code, error.message);
    for (const pattern of patterns) assert.match(error.message, pattern);
    assert.ok(!error.message.includes(secret), error.message);
    assert.ok(!error.message.includes(encodeURIComponent(secret)), error.message);
    return true;
  };

describe('connection/auth/oauth2', () => {
  let server: AuthorizationServerDouble;
  const open: { close(): unknown }[] = [];
  const warnings: string[] = [];
  let now: (() => number) | undefined;

  function track<T extends { close(): unknown }>(thing: T): T {
    open.push(thing);
    return thing;
  }

  const settings = (
    authentication: ClientAuthentication = { method: 'basic', secret, encoded: true },
  ): AuthorizationCodeSettings => ({
    issuer: '',
    authorizationEndpoint: `${server.url}/authorize`,
    tokenEndpoint: `${server.url}/token`,
    clientId: 'client 1',
    authentication,
    scope: 'read write',
    parameters: [],
    authorizationParameters: [],
  });

  const scheme = (more: Partial<TokenScheme> = {}): TokenScheme => ({
    http: connect({ maxRedirects: 0 }),
    now: () => now?.() ?? Date.now(),
    warn: (sentence) => void warnings.push(sentence),
    ...more,
  });

  /** A connection to the double's API with an authenticator. */
  const api = (authenticator: TokenAuthenticator): Connection =>
    track(connect({ baseUrl: server.url, authenticator }));

  const get = (connection: Connection) => connection.send({ method: 'GET', url: 'api' });

  beforeEach(async () => {
    server = await startAuthorizationServer();
    now = undefined;
    warnings.splice(0);
  });

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
    await server.close();
  });

  describe('client credentials', () => {
    it('get a token, once for 200 requests at once, and put it on each', async () => {
      const connection = api(clientCredentials(settings(), scheme()));
      const answers = await Promise.all(Array.from({ length: 200 }, () => get(connection)));
      assert.equal(answers.filter((answer) => answer.statusCode === 200).length, 200);
      assert.equal(server.tokenRequests.length, 1);
      const { form } = server.tokenRequests[0]!;
      assert.equal(form.get('grant_type'), 'client_credentials');
      assert.equal(form.get('scope'), 'read write');
    });

    it('renew an expired token exactly once for 200 requests at once, and all of them succeed', async () => {
      const connection = api(clientCredentials(settings(), scheme()));
      await get(connection);
      server.expire();
      const answers = await Promise.all(Array.from({ length: 200 }, () => get(connection)));
      assert.equal(answers.filter((answer) => answer.statusCode === 200).length, 200);
      assert.equal(server.tokenRequests.length, 2);
      assert.ok(server.api.refused >= 1);
    });

    it('renew on a condition on the answer, and on other statuses', async () => {
      const service = track(
        await startServer(({ headers }, response) => {
          const token = (headers.authorization ?? '').replace('Bearer ', '');
          const good = server.valid.has(token);
          sendJson(
            response,
            good ? {} : { error: 'session gone' },
            good || headers['x-as'] === 'body' ? 200 : 419,
          );
        }),
      );
      const authenticator = clientCredentials(
        settings(),
        scheme({
          expired: { statuses: [419], matches: ({ body }) => body.toString().includes('session gone') },
        }),
      );
      const connection = track(connect({ baseUrl: service.url, authenticator }));
      const send = (as: string) => connection.send({ method: 'GET', url: '', headers: { 'X-As': as } });
      await send('status');
      for (const as of ['status', 'body']) {
        server.expire();
        const answer = await send(as);
        assert.equal(answer.body.toString(), '{}');
      }
      assert.equal(server.tokenRequests.length, 3);
      assert.equal(service.received.length, 5);
    });

    it('repeat a refused request once and no more: a 401 for another reason reaches the user', async () => {
      const service = track(
        await startServer((_request, response) => sendJson(response, { why: 'not yours' }, 401)),
      );
      const authenticator = clientCredentials(settings(), scheme());
      const connection = track(connect({ baseUrl: service.url, authenticator }));
      const answer = await connection.send({ method: 'GET', url: '' });
      assert.equal(answer.statusCode, 401);
      assert.equal(answer.body.toString(), '{"why":"not yours"}');
      assert.equal(service.received.length, 2);
    });

    it('renew ahead of expiry, so that the service never sees an expired token', async () => {
      let clock = 1_000_000;
      now = () => clock;
      const connection = api(clientCredentials(settings(), scheme()));
      await get(connection);
      clock += 3539_000;
      await get(connection);
      assert.equal(server.tokenRequests.length, 1);
      clock += 1_000;
      await get(connection);
      assert.equal(server.tokenRequests.length, 2);
      assert.equal(server.api.refused, 0);
    });

    it('put the token where the service wants it', async () => {
      const service = track(await startServer((_request, response) => sendJson(response, {})));
      for (const place of [
        { in: 'header', name: 'X-Auth', prefix: 'Zoho-oauthtoken' },
        { in: 'header', name: 'X-Auth', prefix: 'token=' },
        { in: 'query', name: 'access token', prefix: '' },
        { in: 'cookie', name: 'sid', prefix: '' },
      ] as const) {
        const authenticator = clientCredentials(settings(), scheme({ place }));
        await track(connect({ baseUrl: service.url, authenticator })).send({
          method: 'GET',
          url: '?a=%2F',
          headers: { cookie: 'x=1; sid=old' },
        });
      }
      const [token] = server.valid;
      const [blank, equals, query, cookie] = service.received;
      assert.equal(blank!.headers['x-auth'], `Zoho-oauthtoken ${token}`);
      assert.match(equals!.headers['x-auth'] as string, /^token=access-\w+$/);
      assert.match(query!.url, /^\/\?a=%2F&access%20token=access-\w+$/);
      assert.match(cookie!.headers.cookie!, /^x=1; sid=access-\w+$/);
    });

    it('find the endpoint by discovery, at either place that is in use, and only once', async () => {
      for (const path of ['/.well-known/openid-configuration', '/.well-known/oauth-authorization-server']) {
        server.discovery = { path, document: { issuer: server.url, token_endpoint: `${server.url}/token` } };
        server.received.splice(0);
        const discovered = { ...settings(), issuer: server.url, tokenEndpoint: '' };
        const connection = api(clientCredentials(discovered, scheme()));
        await get(connection);
        server.expire();
        await get(connection);
        assert.equal(server.received.filter(({ url }) => url === path).length, 1, path);
      }
    });

    it('refuse a discovery document of somebody else, none, one that is no JSON, and one without the endpoint', async () => {
      const path = '/.well-known/openid-configuration';
      const discover = () =>
        get(api(clientCredentials({ ...settings(), issuer: server.url, tokenEndpoint: '' }, scheme())));
      await assert.rejects(discover(), refusal('CONFIG', /no discovery document.*404.*by hand/));
      server.discovery = {
        path,
        document: { issuer: 'https://evil.example', token_endpoint: `${server.url}/token` },
      };
      await assert.rejects(discover(), refusal('AUTHENTICATION', /issuer/));
      server.discovery = { path, document: { issuer: server.url } };
      await assert.rejects(discover(), refusal('CONFIG', /does not name the token URL/));
      const page = track(await startServer((_request, response) => void response.end('<html>')));
      const elsewhere = { ...settings(), issuer: page.url, tokenEndpoint: '' };
      await assert.rejects(get(api(clientCredentials(elsewhere, scheme()))), refusal('CONFIG', /not JSON/));
      assert.equal(server.tokenRequests.length, 0);
    });

    it('tell a failed token request from the user’s own', async () => {
      const closed = { ...settings(), tokenEndpoint: 'http://127.0.0.1:1/token?x=y' };
      await assert.rejects(
        get(api(clientCredentials(closed, scheme()))),
        refusal('CONNECTION_REFUSED', /^the token request to http:\/\/127\.0\.0\.1:1\/token failed/),
      );
    });

    it('say what is missing', () => {
      const make = (change: Partial<AuthorizationCodeSettings>) => () =>
        clientCredentials({ ...settings(), ...change }, scheme());
      for (const [change, pattern] of [
        [{ clientId: '' }, /client ID/],
        [{ tokenEndpoint: '' }, /token URL.*issuer/],
        [{ tokenEndpoint: '/token' }, /token URL is not an absolute/],
        [{ issuer: 'ftp://x' }, /issuer URL is not an absolute/],
        [{ authentication: { method: 'post', secret: '' } }, /secret/],
        [{ authentication: { method: 'private-key', key: '', algorithm: 'RS256' } }, /private key/],
        [{ authentication: { method: 'none' } }, /need a secret/],
      ] as const) {
        assert.throws(make(change), refusal('CONFIG', pattern));
      }
    });

    it('never show the secret, a token, or one replaced during the request', async () => {
      const echo = track(
        await startServer((request, response) => {
          server.expire();
          response.writeHead(302, {
            location: `/x?seen=${encodeURIComponent(request.headers.authorization ?? '')}`,
          });
          response.end();
        }),
      );
      const authenticator = clientCredentials(settings(), scheme({ expired: { statuses: [302] } }));
      const connection = track(connect({ baseUrl: echo.url, authenticator, maxRedirects: 1 }));
      await assert.rejects(connection.send({ method: 'GET', url: `a?${secret}` }), (error: Failure) => {
        assert.equal(error.code, 'TOO_MANY_REDIRECTS');
        assert.ok(!JSON.stringify([error.message, error.request]).includes('access-'));
        return true;
      });
      const texts = server.received.map(({ body }) => body.toString());
      assert.equal(texts.length, 3);
      const shown = connection.redact(
        [
          secret,
          encodeURIComponent(secret),
          ...echo.received.map(({ headers }) => headers.authorization),
        ].join(' '),
      );
      assert.doesNotMatch(shown, /access-|cl1ent/);
      assert.ok(echo.received.some(({ headers }) => headers.authorization?.startsWith('Bearer access-')));
    });
  });

  describe('the client', () => {
    const basic = (id: string, password: string) =>
      `Basic ${Buffer.from(`${id}:${password}`).toString('base64')}`;

    for (const [what, authentication, authorization, fields] of [
      [
        'in the header, form-encoded (RFC 6749 section 2.3.1)',
        { method: 'basic', secret, encoded: true },
        basic('client+1', 'cl1ent%3Asecret%2F%2B+%25%C3%BC'),
        {},
      ],
      ['in the header, raw', { method: 'basic', secret, encoded: false }, basic('client 1', secret), {}],
      [
        'in the body',
        { method: 'post', secret },
        undefined,
        { client_id: 'client 1', client_secret: secret },
      ],
      ['by certificate', { method: 'certificate' }, undefined, { client_id: 'client 1' }],
    ] as const) {
      it(`says who it is ${what}`, async () => {
        await get(api(clientCredentials(settings(authentication), scheme())));
        const { form, authorization: sent } = server.tokenRequests[0]!;
        assert.equal(sent, authorization);
        const own = Object.fromEntries([...form].filter(([name]) => name.startsWith('client_')));
        assert.deepEqual(own, fields);
      });
    }

    for (const [algorithm, pair, written] of [
      ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'pkcs8'],
      ['RS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'pkcs1'],
      ['PS256', generateKeyPairSync('rsa', { modulusLength: 2048 }), 'pkcs8'],
      ['ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' }), 'sec1'],
      ['EdDSA', generateKeyPairSync('ed25519'), 'pkcs8'],
    ] as const) {
      it(`signs for itself with ${algorithm}, the key in ${written}`, async () => {
        const pem = pair.privateKey.export({ type: written, format: 'pem' }) as string;
        const authentication: ClientAuthentication = {
          method: 'private-key',
          key: written === 'pkcs8' ? pem.replaceAll('\n', '\\n') : pem,
          algorithm,
          keyId: 'k1',
          thumbprint: 'dGh1bWI',
        };
        await get(api(clientCredentials(settings(authentication), scheme())));
        const { form, authorization } = server.tokenRequests[0]!;
        assert.equal(authorization, undefined);
        const assertion = form.get('client_assertion')!;
        const { payload } = await jwtVerify(assertion, pair.publicKey, {
          issuer: 'client 1',
          subject: 'client 1',
          audience: `${server.url}/token`,
        });
        assert.ok(payload.jti);
        const { alg, kid, x5t } = decodeProtectedHeader(assertion);
        assert.deepEqual({ alg, kid, x5t }, { alg: algorithm, kid: 'k1', x5t: 'dGh1bWI' });
      });
    }

    it('signs for the audience that is set', async () => {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
      const key = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
      const authentication = {
        method: 'private-key',
        key,
        algorithm: 'RS256',
        audience: 'urn:them',
      } as const;
      await get(api(clientCredentials(settings(authentication), scheme())));
      const assertion = server.tokenRequests[0]!.form.get('client_assertion')!;
      assert.equal((await jwtVerify(assertion, publicKey)).payload.aud, 'urn:them');
    });

    it('says so when its key cannot be read', async () => {
      const authentication = { method: 'private-key', key: 'no key', algorithm: 'RS256' } as const;
      const make = clientCredentials(settings(authentication), scheme());
      await assert.rejects(get(api(make)), refusal('CONFIG', /private key cannot be read for RS256/));
    });

    it('sends what the provider wants besides', async () => {
      const more = {
        ...settings(),
        parameters: [
          ['audience', 'https://api'],
          ['resource', 'r&1'],
        ] as const,
      };
      await get(api(clientCredentials(more, scheme())));
      const { form } = server.tokenRequests[0]!;
      assert.equal(form.get('audience'), 'https://api');
      assert.equal(form.get('resource'), 'r&1');
    });
  });

  describe('token answers that real providers send', () => {
    const token = 'access-odd';
    const send = (type: string, body: string, status = 200) => {
      server.answer = (_request, response) => {
        server.valid.add(token);
        response.writeHead(status, { 'content-type': type });
        response.end(body);
      };
    };
    const json = (value: unknown) => JSON.stringify(value);

    for (const [what, type, body] of [
      ['a form', 'application/x-www-form-urlencoded', `access_token=${token}&scope=&token_type=bearer`],
      ['a form that says it is text', 'text/plain', `access_token=${token}&expires_in=3600`],
      ['no token_type', 'application/json', json({ access_token: token })],
      ['token_type "bot"', 'application/json', json({ ok: true, access_token: token, token_type: 'bot' })],
      ['token_type that is no text', 'application/json', json({ access_token: token, token_type: null })],
      ['expires_in as text', 'application/json', json({ access_token: token, expires_in: '3600' })],
      ['expires_in as nonsense', 'application/json', json({ access_token: token, expires_in: 'soon' })],
      ['expires_in null', 'application/json', json({ access_token: token, expires_in: null })],
      ['JSON as text/html', 'text/html', json({ access_token: token })],
      ['a byte order mark', 'application/json', `\uFEFF${json({ access_token: token })}`],
      ['a list of scopes', 'application/json', json({ access_token: token, scope: ['a', 'b'] })],
      ['refresh_token null', 'application/json', json({ access_token: token, refresh_token: null })],
      ['everything under "data"', 'application/json', json({ code: 0, data: { access_token: token } })],
      [
        'the user’s token (Slack)',
        'application/json',
        json({ ok: true, authed_user: { access_token: token } }),
      ],
      ['an id_token alone', 'application/json', json({ id_token: token })],
      ['an id_token that is none', 'application/json', json({ access_token: token, id_token: 'x' })],
      ['error: null beside the token', 'application/json', json({ access_token: token, error: null })],
    ] as const) {
      it(`are read: ${what}`, async () => {
        send(type, body);
        assert.equal((await get(api(clientCredentials(settings(), scheme())))).statusCode, 200);
      });
    }

    it('with status 201 are read too', async () => {
      send('application/json', json({ access_token: token }), 201);
      assert.equal((await get(api(clientCredentials(settings(), scheme())))).statusCode, 200);
    });

    it('expires_in as text counts, and 0 means that the token does not expire', async () => {
      let clock = 0;
      now = () => clock;
      for (const [expires, requests] of [
        ['100', 2],
        ['0', 1],
      ] as const) {
        server.tokenRequests.splice(0);
        send('application/json', json({ access_token: token, expires_in: expires }));
        const connection = api(clientCredentials(settings(), scheme()));
        await get(connection);
        clock += 90_000;
        await get(connection);
        assert.equal(server.tokenRequests.length, requests, expires);
      }
    });

    for (const [what, status, type, body, ...patterns] of [
      ['an empty 403', 403, 'text/plain', '', /403 Forbidden without a reason/, /form-encoded/],
      ['an empty 401', 401, 'text/plain', '', /check the client ID/],
      [
        'invalid_client',
        401,
        'application/json',
        json({ error: 'invalid_client' }),
        /check the client ID and the secret/,
      ],
      [
        'invalid_client that repeats the secret',
        400,
        'application/json',
        json({ error: 'invalid_client', error_description: `no client with ${secret}` }),
        /no client with •••/,
      ],
      ['invalid_scope', 400, 'application/json', json({ error: 'invalid_scope' }), /scopes/],
      [
        'an error in a 200 (GitHub)',
        200,
        'application/json',
        json({ error: 'incorrect_client_credentials' }),
        /secret/,
      ],
      [
        'an error in a form',
        200,
        'application/x-www-form-urlencoded',
        'error=unauthorized_client',
        /may not use/,
      ],
      [
        'ok: false (Slack)',
        200,
        'application/json',
        json({ ok: false, error: 'bad_client_secret' }),
        /check the client/,
      ],
      [
        'an error object (Facebook)',
        400,
        'application/json',
        json({ error: { message: 'Bad app', type: 'OAuthException', code: 101 } }),
        /Bad app/,
      ],
      ['a message', 422, 'application/json', json({ message: 'tenant unknown' }), /tenant unknown/],
      ['control characters', 400, 'application/json', json({ error: 'x\u001b[31m\ny' }), /says x \[31m y$/],
      ['a page', 200, 'text/html', '<html>', /neither JSON nor a form: is it the token URL/],
      ['JSON of another kind', 200, 'application/json', '{"a":1}', /no access_token/],
      ['broken JSON', 200, 'application/json', '{"access_token":', /neither JSON/],
      ['a list', 200, 'application/json', '["access_token"]', /neither JSON/],
      ['an access_token that is no text', 200, 'application/json', '{"access_token":5}', /no access_token/],
    ] as const) {
      it(`are explained: ${what}`, async () => {
        send(type, body, status);
        const connection = api(clientCredentials(settings({ method: 'post', secret }), scheme()));
        await assert.rejects(get(connection), (error: Failure) => {
          assert.equal(error.retryable, false);
          return refusal('AUTHENTICATION', ...(patterns as RegExp[]))(error);
        });
        assert.equal(server.api.accepted + server.api.refused, 0);
      });
    }

    it('are explained: a redirect, which is not followed', async () => {
      server.answer = (_request, response) => {
        response.writeHead(302, { location: `${server.url}/login?token=hidden` });
        response.end();
      };
      await assert.rejects(get(api(clientCredentials(settings(), scheme()))), (error: Failure) => {
        assert.doesNotMatch(error.message, /hidden/);
        return refusal('AUTHENTICATION', /302 Found, to http.*\/login: is it the token URL/)(error);
      });
      assert.equal(server.received.length, 1);
    });

    for (const status of [429, 500, 503]) {
      it(`may be asked for again after ${status}`, async () => {
        send('text/plain', '', status);
        await assert.rejects(get(api(clientCredentials(settings(), scheme()))), (error: Failure) => {
          assert.equal(error.retryable, true);
          return refusal('AUTHENTICATION')(error);
        });
      });
    }
  });

  describe('authorization code', () => {
    let directory: string;
    let store: Store;
    const key = randomBytes(32);

    const vault = (): TokenStore =>
      new TokenVault({ use: (work) => work(store), key: () => key }).of(
        'node-1',
        authorizationCodeBinding(settings()),
      );

    const person = (more: Partial<TokenScheme> = {}) =>
      authorizationCode(settings(), { ...scheme(more), store: vault() });

    /** As the callback of the editor does it. */
    async function logIn(change: Partial<AuthorizationCodeSettings> = {}): Promise<URL> {
      const login = new AuthorizationCodeLogin(
        { ...settings(), ...change },
        track(connect({ maxRedirects: 0 })),
        Date.now,
      );
      const { url, pending } = await login.begin(callback, never);
      const redirect = await fetch(url, { redirect: 'manual' });
      const back = new URL(redirect.headers.get('location')!);
      const tokens = await login.complete(pending, back.searchParams, never);
      await vault().save(tokens);
      return new URL(url);
    }

    beforeEach(async () => {
      directory = mkdtempSync(join(tmpdir(), 'oauth2-'));
      store = await openSqlite({ file: join(directory, 's.sqlite'), now: Date.now, warn: () => undefined });
    });

    afterEach(async () => {
      for (const thing of open.splice(0).reverse()) await thing.close();
      await store.close();
      rmSync(directory, { recursive: true });
    });

    it('logs in with PKCE and a state, and the connection lives on what came of it', async () => {
      const url = await logIn({
        authorizationParameters: [
          ['prompt', 'consent'],
          ['access_type', 'offline'],
        ],
      });
      const asked = Object.fromEntries(url.searchParams);
      assert.equal(asked.response_type, 'code');
      assert.equal(asked.client_id, 'client 1');
      assert.equal(asked.redirect_uri, callback);
      assert.equal(asked.scope, 'read write');
      assert.equal(asked.prompt, 'consent');
      assert.equal(asked.access_type, 'offline');
      assert.equal(asked.code_challenge_method, 'S256');
      assert.match(asked.code_challenge!, /^[\w-]{43}$/);
      assert.match(asked.state!, /^[\w-]{43}$/);
      assert.equal((await get(api(person()))).statusCode, 200);
      assert.equal(server.tokenRequests.length, 1);
    });

    it('says who has to do what before the first login', async () => {
      await assert.rejects(get(api(person())), refusal('AUTHENTICATION', /press Connect/));
      assert.equal(server.received.length, 0);
    });

    it('takes up a login that was made while it ran', async () => {
      const connection = api(person());
      await assert.rejects(get(connection), refusal('AUTHENTICATION'));
      await logIn();
      assert.equal((await get(connection)).statusCode, 200);
    });

    it('refreshes once for 200 requests at once, also with a restart in the middle: none is reused', async () => {
      await logIn();
      const first = api(person());
      await get(first);
      server.expire();
      let release!: () => void;
      const held = new Promise<void>((resolve) => (release = resolve));
      let begun!: () => void;
      const refreshing = new Promise<void>((resolve) => (begun = resolve));
      server.answer = async ({ form }, response) => {
        begun();
        server.answer = undefined;
        const own = await fetch(`${server.url}/token`, { method: 'POST', body: form });
        await held;
        sendJson(response, await own.json());
      };
      const cut = Promise.allSettled(Array.from({ length: 200 }, () => get(first)));
      await refreshing;
      const closing = first.close();
      release();
      await closing;
      const outcomes = await cut;
      assert.ok(outcomes.some((outcome) => outcome.status === 'rejected'));
      const refreshes = () =>
        server.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token');
      // the double answers through itself: one request from outside, one from within
      assert.equal(refreshes().length, 2);
      const second = api(person());
      const answers = await Promise.all(Array.from({ length: 200 }, () => get(second)));
      assert.equal(answers.filter((answer) => answer.statusCode === 200).length, 200);
      assert.equal(refreshes().length, 2);
      server.expire();
      const again = await Promise.all(Array.from({ length: 200 }, () => get(second)));
      assert.equal(again.filter((answer) => answer.statusCode === 200).length, 200);
      assert.equal(refreshes().length, 3);
      assert.deepEqual(server.reused, []);
    });

    it('keeps the refresh token when the answer brings no new one', async () => {
      await logIn();
      const connection = api(person());
      await get(connection);
      const before = (await vault().load()).tokens!;
      server.answer = (_request, response) => {
        server.valid.add('access-fresh');
        sendJson(response, { access_token: 'access-fresh' });
      };
      server.expire();
      assert.equal((await get(connection)).statusCode, 200);
      const after = (await vault().load()).tokens!;
      assert.equal(after.accessToken, 'access-fresh');
      assert.equal(after.refreshToken, before.refreshToken);
    });

    it('says "connect again" when the login has ended', async () => {
      await logIn();
      const connection = api(person());
      await get(connection);
      server.expire();
      server.answer = ({ form }, response) =>
        sendJson(
          response,
          { error: 'invalid_grant', error_description: `revoked: ${form.get('refresh_token')}` },
          400,
        );
      await assert.rejects(get(connection), (error: Failure) => {
        assert.doesNotMatch(error.message, /refresh-\w/);
        return refusal('AUTHENTICATION', /the login has ended: connect again/, /revoked: •••/)(error);
      });
    });

    it('hands on a 401 when there is no refresh token, and says so once the token has expired', async () => {
      let clock = 0;
      now = () => clock;
      const { access_token: accessToken } = server.login();
      await vault().save({ accessToken, obtainedAt: 0, expiresAt: 1000 });
      const connection = api(person());
      assert.equal((await get(connection)).statusCode, 200);
      server.expire();
      assert.equal((await get(connection)).statusCode, 401);
      clock = 999;
      assert.equal((await get(connection)).statusCode, 401);
      clock = 1000;
      await assert.rejects(get(connection), refusal('AUTHENTICATION', /no refresh token: connect again/));
      assert.equal(server.tokenRequests.length, 0);
    });

    describe('the way back', () => {
      const begin = async (change: Partial<AuthorizationCodeSettings> = {}) => {
        const http = track(connect({ maxRedirects: 0 }));
        const login = new AuthorizationCodeLogin({ ...settings(), ...change }, http, Date.now);
        const { url, pending } = await login.begin(callback, never);
        const back = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location')!)
          .searchParams;
        return { login, pending, back };
      };

      it('refuses another state, before anything is sent', async () => {
        const { login, pending, back } = await begin();
        back.set('state', 'other');
        await assert.rejects(login.complete(pending, back, never), refusal('AUTHENTICATION', /state/));
        assert.equal(server.tokenRequests.length, 0);
      });

      it('refuses another issuer when it knows its own (RFC 9207)', async () => {
        const { login, pending, back } = await begin({ issuer: server.url });
        back.set('iss', 'https://evil.example');
        await assert.rejects(login.complete(pending, back, never), refusal('AUTHENTICATION', /iss/));
        assert.equal(server.tokenRequests.length, 0);
        const good = await begin({ issuer: server.url });
        good.back.set('iss', server.url);
        assert.ok(await good.login.complete(good.pending, good.back, never));
        const unknown = await begin();
        unknown.back.set('iss', 'https://unknown.example');
        assert.ok(await unknown.login.complete(unknown.pending, unknown.back, never));
      });

      it('refuses a code with another verifier', async () => {
        const { login, pending, back } = await begin();
        const other = { ...pending, verifier: 'x'.repeat(43) };
        await assert.rejects(login.complete(other, back, never), refusal('AUTHENTICATION', /connect again/));
      });

      it('explains what the provider said', async () => {
        const { login, pending } = await begin();
        const denied = new URLSearchParams({
          state: pending.state,
          error: 'access_denied',
          error_description: 'No.',
        });
        await assert.rejects(
          login.complete(pending, denied, never),
          refusal('AUTHENTICATION', /refused, by the person or by the provider.*access_denied: No\./),
        );
      });

      it('pushes the request to a server that insists (RFC 9126)', async () => {
        const pushed: URLSearchParams[] = [];
        const par = track(
          await startServer((request, response) => {
            pushed.push(new URLSearchParams(request.body.toString()));
            sendJson(response, { request_uri: 'urn:pushed:1', expires_in: 60 }, 201);
          }),
        );
        server.discovery = {
          path: '/.well-known/openid-configuration',
          document: {
            issuer: server.url,
            authorization_endpoint: `${server.url}/authorize`,
            token_endpoint: `${server.url}/token`,
            pushed_authorization_request_endpoint: `${par.url}/par`,
            require_pushed_authorization_requests: true,
          },
        };
        const discovered = {
          ...settings(),
          issuer: server.url,
          authorizationEndpoint: '',
          tokenEndpoint: '',
        };
        const login = new AuthorizationCodeLogin(discovered, track(connect({ maxRedirects: 0 })), Date.now);
        const { url, pending } = await login.begin(callback, never);
        assert.equal(new URL(url).searchParams.get('request_uri'), 'urn:pushed:1');
        assert.equal(new URL(url).searchParams.get('state'), null);
        assert.equal(pushed[0]!.get('state'), pending.state);
      });
    });
  });

  it('Azure: a tenant becomes its endpoints, in every cloud', () => {
    assert.deepEqual(azureEndpoints('contoso.onmicrosoft.com', 'government'), {
      issuer: '',
      authorizationEndpoint: 'https://login.microsoftonline.us/contoso.onmicrosoft.com/oauth2/v2.0/authorize',
      tokenEndpoint: 'https://login.microsoftonline.us/contoso.onmicrosoft.com/oauth2/v2.0/token',
    });
    for (const tenant of ['', 'a/b', 'evil.example/x?']) {
      assert.throws(() => azureEndpoints(tenant), refusal('CONFIG', /tenant/));
    }
  });
});

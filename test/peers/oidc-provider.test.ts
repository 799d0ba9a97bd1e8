import assert from 'node:assert/strict';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Browser, BrowserContext } from 'playwright-core';
import { clientCredentials } from '../../src/connection/auth/oauth2-client-credentials';
import { authorizationCode, type AuthorizationCodeSettings } from '../../src/connection/auth/oauth2-code';
import type { ClientAuthentication } from '../../src/connection/auth/oauth2-client';
import type { TokenConnection } from '../../src/connection/auth/token-request';
import type { Connection, Request, SendOptions } from '../../src/connection/connection';
import type { Failure } from '../../src/exchange/failure';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';
import { launch } from '../browser/editor';
import { connect } from '../support/connect';
import { startOAuthAdmin, type OAuthAdmin } from '../support/oauth-admin';
import { startPeer, type Peer } from './peer';

const secret = 'web:secret/+ %';
const dialog = { config: {}, credentials: {} };

describe('OAuth 2 against oidc-provider', () => {
  let provider: Peer;
  const open: Connection[] = [];
  const warnings: string[] = [];
  let clock: number | undefined;

  before(async () => (provider = await startPeer('oidc-provider', '/.well-known/openid-configuration')));
  after(() => provider?.stop());
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
    clock = undefined;
    assert.deepEqual(warnings.splice(0), []);
  });

  const settings = (clientId: string, authentication: ClientAuthentication): AuthorizationCodeSettings => ({
    issuer: provider.url,
    authorizationEndpoint: '',
    tokenEndpoint: '',
    clientId,
    authentication,
    scope: 'openid offline_access read',
    parameters: [],
    authorizationParameters: [['prompt', 'consent']],
  });

  /** A connection for token calls that shows what was sent to the token endpoint, and can be told to hold an answer. */
  function tokenCalls() {
    const http = connect({ maxRedirects: 0 });
    const calls = {
      grants: [] as string[],
      hold: undefined as Promise<void> | undefined,
      http: {
        close: () => http.close(),
        async send(request: Request, options?: SendOptions) {
          const answer = await http.send(request, options);
          const grant = new URLSearchParams((request.body as Buffer | undefined)?.toString()).get(
            'grant_type',
          );
          if (grant) {
            calls.grants.push(grant);
            await calls.hold;
          }
          return answer;
        },
      },
    };
    return calls;
  }

  const scheme = (http: TokenConnection) => ({
    http,
    now: () => clock ?? Date.now(),
    warn: (sentence: string) => void warnings.push(sentence),
  });

  const form = (url: string, fields: Record<string, string>) =>
    fetch(provider.url + url, { method: 'POST', body: new URLSearchParams(fields) });

  describe('client credentials', () => {
    /** What the provider itself says about the token that a connection sent. */
    async function introspected(clientId: string, authentication: ClientAuthentication): Promise<unknown> {
      let sent: string;
      const authenticator = clientCredentials(
        { ...settings(clientId, authentication), scope: 'read' },
        scheme(connect({ maxRedirects: 0 })),
      );
      const hop = { method: 'GET', url: new URL(provider.url), headers: {} as Record<string, string> };
      try {
        await authenticator.authorize(hop, new AbortController().signal);
        sent = hop.headers.Authorization!.replace('Bearer ', '');
      } finally {
        await authenticator.close!();
      }
      const asked = { token: sent, client_id: 'service-post', client_secret: secret };
      const answer = (await (await form('/token/introspection', asked)).json()) as Record<string, unknown>;
      return { active: answer.active, client_id: answer.client_id, scope: answer.scope };
    }

    const refused = (error: Failure) => {
      assert.equal(error.code, 'AUTHENTICATION');
      assert.match(error.message, /invalid_client|invalid_request/);
      assert.ok(!error.message.includes(secret));
      return true;
    };

    it('with an odd secret in the header, form-encoded; raw it is refused', async () => {
      const basic = { method: 'basic', secret, encoded: true } as const;
      assert.deepEqual(await introspected('service', basic), {
        active: true,
        client_id: 'service',
        scope: 'read',
      });
      await assert.rejects(introspected('service', { ...basic, encoded: false }), refused);
      await assert.rejects(introspected('service', { ...basic, secret: 'wrong' }), refused);
    });

    it('with the secret in the body', async () => {
      const result = await introspected('service-post', { method: 'post', secret });
      assert.deepEqual(result, { active: true, client_id: 'service-post', scope: 'read' });
      await assert.rejects(introspected('service-post', { method: 'post', secret: 'wrong' }), refused);
    });

    for (const [algorithm, make] of [
      ['RS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['PS256', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['ES256', () => generateKeyPairSync('ec', { namedCurve: 'P-256' })],
      ['EdDSA', () => generateKeyPairSync('ed25519')],
    ] as const) {
      it(`with a key (private_key_jwt, ${algorithm}); with another key it is refused`, async () => {
        const { privateKey, publicKey } = make();
        const registered = await fetch(`${provider.url}/reg`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            redirect_uris: [],
            response_types: [],
            grant_types: ['client_credentials'],
            token_endpoint_auth_method: 'private_key_jwt',
            token_endpoint_auth_signing_alg: algorithm,
            jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' }] },
          }),
        });
        const { client_id: id } = (await registered.json()) as { client_id: string };
        assert.equal(registered.status, 201);
        const pem = (key: KeyObject) => key.export({ type: 'pkcs8', format: 'pem' }) as string;
        const signing = { method: 'private-key', key: pem(privateKey), algorithm, keyId: 'k1' } as const;
        assert.deepEqual(await introspected(id, signing), { active: true, client_id: id, scope: 'read' });
        await assert.rejects(introspected(id, { ...signing, key: pem(make().privateKey) }), refused);
      });
    }
  });

  describe('authorization code, in a browser', () => {
    let browser: Browser;
    let context: BrowserContext;
    let directory: string;
    let store: Store;
    let admin: OAuthAdmin;

    const openStore = () =>
      openSqlite({
        file: path.join(directory, 's.sqlite'),
        now: Date.now,
        warn: (text) => warnings.push(text),
      });

    before(async () => (browser = await launch()));
    after(() => browser?.close());

    beforeEach(async () => {
      directory = mkdtempSync(path.join(tmpdir(), 'oidc-'));
      store = await openStore();
      admin = await startOAuthAdmin(
        {
          get: (scope, name) => store.get(scope, name),
          commit: (changes) => store.commit(changes),
        },
        settings('web', { method: 'basic', secret, encoded: true }),
      );
      context = await browser.newContext();
      // the provider's pages name a font elsewhere
      await context.route(
        (url) => url.hostname !== '127.0.0.1',
        (route) => route.abort(),
      );
    });

    afterEach(async () => {
      await context.close();
      await admin.close();
      await store.close();
      rmSync(directory, { recursive: true });
    });

    /** Connect, the provider's log-in and consent, and the window that closes. */
    async function logIn(): Promise<void> {
      const editor = await context.newPage();
      await editor.goto(`${admin.url}/`);
      const popup = editor.waitForEvent('popup');
      const heard = editor.evaluate(
        async ([url, body]) => {
          const result = new Promise((resolve) =>
            window.addEventListener('message', (event) => resolve(event.data), { once: true }),
          );
          const headers = { 'content-type': 'application/json' };
          const answer = (await (await fetch(url!, { method: 'POST', headers, body })).json()) as {
            url: string;
          };
          window.open(answer.url);
          return result;
        },
        [
          `${admin.url}/http-connection/oauth/node-1/start`,
          JSON.stringify({ ...dialog, callbackUrl: admin.callbackUrl }),
        ],
      );
      const login = await popup;
      await login.waitForSelector('button[type=submit]');
      // not asked for where the browser has logged in before
      if ((await login.locator('input[name=login]').count()) > 0) {
        await login.fill('input[name=login]', 'jane');
        await login.fill('input[name=password]', 'any');
        await login.click('button[type=submit]');
        await login.waitForSelector('input[name=login]', { state: 'detached' });
      }
      await login.click('button[type=submit]');
      const result = (await heard) as { ok: boolean; message: string };
      assert.equal(result.ok, true, result.message);
      if (!login.isClosed()) await login.waitForEvent('close');
      await editor.close();
    }

    /** A connection to the provider's own protected resource, as after a deploy. */
    function deploy() {
      const calls = tokenCalls();
      const authenticator = authorizationCode(admin.settings, {
        ...scheme(calls.http),
        store: admin.stored('node-1'),
      });
      const connection = connect({ baseUrl: provider.url, authenticator });
      open.push(connection);
      const get = () => connection.send({ method: 'GET', url: 'me' });
      const many = async () => (await Promise.all(Array.from({ length: 200 }, get))).map((a) => a.statusCode);
      return { connection, calls, get, many };
    }

    /** Until the provider refuses the stored access token: tokens of this client live for four seconds. */
    async function accessHasEnded(): Promise<void> {
      const { tokens } = await admin.stored('node-1').load();
      const headers = { authorization: `Bearer ${tokens!.accessToken}` };
      for (;;) {
        const answer = await fetch(`${provider.url}/me`, { headers });
        await answer.arrayBuffer();
        if (answer.status === 401) return;
        await delay(50);
      }
    }

    for (const [clientId, authentication] of [
      ['web', { method: 'basic', secret, encoded: true }],
      ['web-post', { method: 'post', secret }],
      ['public', { method: 'none' }],
    ] as const) {
      it(`Connect logs in with ${authentication.method}, and the connection is served`, async () => {
        admin.settings = settings(clientId, authentication);
        await assert.rejects(deploy().get(), /press Connect/);
        await logIn();
        const answer = await deploy().get();
        assert.equal(answer.statusCode, 200);
        assert.deepEqual(JSON.parse(answer.body.toString()), { sub: 'jane' });
        const state = await (await admin.post('node-1/state', dialog)).json();
        assert.equal((state as { connected: boolean }).connected, true);
      });
    }

    /** Its tokens end soon; a clock that stands still keeps them from being renewed ahead. */
    async function logInShortly() {
      admin.settings = settings('short-lived', { method: 'post', secret });
      clock = Date.now();
      await logIn();
    }

    it('200 requests at once with an ended token: one renewal, 200 successes, also over a restart; none is reused', async () => {
      await logInShortly();
      const first = deploy();
      assert.equal((await first.get()).statusCode, 200);
      for (let round = 1; round <= 2; round++) {
        await accessHasEnded();
        assert.deepEqual([...new Set(await first.many())], [200]);
        assert.equal(first.calls.grants.length, round);
      }

      // the restart: the provider has rotated, its answer is not here yet
      await accessHasEnded();
      let release!: () => void;
      first.calls.hold = new Promise<void>((resolve) => (release = resolve));
      const cut = first.many().catch((error: Failure) => error.code);
      await waitFor(() => first.calls.grants.length === 3);
      const closing = first.connection.close();
      release();
      await closing;
      assert.equal(await cut, 'ABORTED');
      await store.close();
      store = await openStore();
      const second = deploy();
      assert.deepEqual([...new Set(await second.many())], [200]);
      assert.deepEqual(second.calls.grants, []);
      await accessHasEnded();
      assert.deepEqual([...new Set(await second.many())], [200]);
      assert.deepEqual(second.calls.grants, ['refresh_token']);
      assert.equal(first.calls.grants.length, 3);
    });

    it('the reuse detection is on: a refresh token that is used twice ends the login, and the user is told', async () => {
      await logInShortly();
      const { tokens } = await admin.stored('node-1').load();
      const connection = deploy();
      await connection.get();
      await accessHasEnded();
      await connection.get();
      const replayed = await form('/token', {
        grant_type: 'refresh_token',
        refresh_token: tokens!.refreshToken!,
        client_id: 'short-lived',
        client_secret: secret,
      });
      assert.equal(replayed.status, 400);
      await assert.rejects(connection.get(), (error: Failure) => {
        assert.equal(error.code, 'AUTHENTICATION');
        assert.match(error.message, /the login has ended: connect again/);
        return true;
      });
      await logIn();
      assert.equal((await connection.get()).statusCode, 200);
    });
  });
});

/** Until the condition holds; mocha's own limit ends it otherwise. */
async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

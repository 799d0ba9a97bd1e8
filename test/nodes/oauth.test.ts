import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { PendingLogins } from '../../nodes/admin/pending-logins';
import { openSqlite } from '../../src/state/sqlite';
import type { Store } from '../../src/state/store';
import { launch } from '../browser/editor';
import { startAuthorizationServer, type AuthorizationServerDouble } from '../support/authorization-server';
import { startOAuthAdmin, type OAuthAdmin } from '../support/oauth-admin';
import { sendJson } from '../support/server';

const secret = 'the-client-secret';
const dialog = { config: { auth: 'oauth2' }, credentials: { clientSecret: '__PWRD__' } };

describe('nodes/admin/oauth', () => {
  let directory: string;
  let store: Store;
  let provider: AuthorizationServerDouble;
  let admin: OAuthAdmin;

  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'oauth-'));
    store = await openSqlite({ file: join(directory, 's.sqlite'), now: Date.now, warn: () => undefined });
    provider = await startAuthorizationServer();
    admin = await startOAuthAdmin(store, {
      issuer: '',
      authorizationEndpoint: `${provider.url}/authorize`,
      tokenEndpoint: `${provider.url}/token`,
      clientId: 'editor',
      authentication: { method: 'post', secret },
      scope: 'read',
      parameters: [],
      authorizationParameters: [],
    });
  });

  afterEach(async () => {
    await admin.close();
    await provider.close();
    await store.close();
    rmSync(directory, { recursive: true });
  });

  /** As the editor begins a login; the cookie is what its browser would keep. */
  async function start(id = 'node-1', callbackUrl = admin.callbackUrl) {
    const response = await admin.post(`${id}/start`, { ...dialog, callbackUrl });
    assert.equal(response.status, 200, await response.clone().text());
    const { url } = (await response.json()) as { url: string };
    const [setCookie] = response.headers.getSetCookie();
    return { url, setCookie: setCookie!, cookie: setCookie!.split(';')[0]! };
  }

  /** As the provider sends the browser back. */
  async function backFrom(url: string): Promise<string> {
    return (await fetch(url, { redirect: 'manual' })).headers.get('location')!;
  }

  const come = (url: string, cookie = '', method = 'GET') => fetch(url, { method, headers: { cookie } });
  const stateOf = async (id = 'node-1') => (await admin.post(`${id}/state`, dialog)).json();

  it('logs a connection in that was never deployed, and stores its tokens under a key of its own', async () => {
    assert.deepEqual(await stateOf(), { connected: false });
    const { url, cookie, setCookie } = await start();
    assert.match(
      setCookie,
      /; Path=\/red\/http-connection\/oauth\/callback; Max-Age=600; HttpOnly; SameSite=Lax$/,
    );
    const page = await come(await backFrom(url), cookie);
    const html = await page.text();
    assert.equal(page.status, 200, html);
    assert.match(page.headers.getSetCookie()[0]!, /=; .*Max-Age=0/);
    assert.equal(page.headers.get('referrer-policy'), 'no-referrer');
    assert.equal(page.headers.get('cache-control'), 'no-store');
    assert.match(page.headers.get('content-security-policy')!, /^default-src 'none'/);
    const { tokens } = await admin.stored('node-1').load();
    assert.ok(provider.valid.has(tokens!.accessToken));
    assert.equal(Buffer.from(admin.credentials.get('node-1')!.tokenKey!, 'base64').length, 32);
    assert.deepEqual(admin.changed, ['node-1']);
    const state = (await stateOf()) as Record<string, unknown>;
    assert.equal(state.connected, true);
    assert.equal(state.renewable, true);
    assert.ok((state.expiresAt as number) > Date.now());
    const shown = html + JSON.stringify(state);
    for (const value of [tokens!.accessToken, tokens!.refreshToken!, secret])
      assert.ok(!shown.includes(value));
    assert.deepEqual(admin.dialogs[0], dialog);
    assert.deepEqual(admin.asked, ['http-connection.read', 'http-connection.write', 'http-connection.read']);
  });

  it('keeps the key that a connection has, and its other credentials', async () => {
    const tokenKey = Buffer.alloc(32, 7).toString('base64');
    admin.credentials.set('node-1', { clientSecret: 's', tokenKey });
    await start();
    assert.deepEqual(admin.credentials.get('node-1'), { clientSecret: 's', tokenKey });
    admin.credentials.set('node-2', { clientSecret: 's' });
    await start('node-2');
    assert.equal(admin.credentials.get('node-2')!.clientSecret, 's');
    assert.notEqual(admin.credentials.get('node-2')!.tokenKey, tokenKey);
  });

  it('asks for permission, except at the callback', async () => {
    admin.allowed = false;
    for (const path of ['start', 'disconnect', 'state']) {
      assert.equal((await admin.post(`node-1/${path}`, dialog)).status, 401, path);
    }
    assert.deepEqual(admin.asked, ['http-connection.write', 'http-connection.write', 'http-connection.read']);
    assert.equal((await come(`${admin.callbackUrl}?state=x&code=y`)).status, 400);
    assert.equal(admin.asked.length, 3);
    assert.equal(provider.received.length, 0);
  });

  it('takes a state once', async () => {
    const { url, cookie } = await start();
    const back = await backFrom(url);
    assert.equal((await come(back, cookie)).status, 200);
    const again = await come(back, cookie);
    assert.equal(again.status, 400);
    assert.match(await again.text(), /not known here/);
    assert.equal(provider.tokenRequests.length, 1);
  });

  it('takes a state from the browser that began it only, and then not at all', async () => {
    const { url, cookie } = await start();
    const other = await start();
    const back = await backFrom(url);
    for (const foreign of [other.cookie, `${cookie.split('=')[0]}=guess`]) {
      const answer = await come(back, foreign);
      assert.equal(answer.status, 400);
      assert.match(await answer.text(), /another browser|not known/);
    }
    assert.equal((await come(back, cookie)).status, 400);
    assert.equal(provider.tokenRequests.length, 0);
    assert.deepEqual(await stateOf(), { connected: false });
    assert.equal((await come(await backFrom(other.url), `${cookie}; ${other.cookie}`)).status, 200);
  });

  it('is not used up by a look', async () => {
    const { url, cookie } = await start();
    const back = await backFrom(url);
    assert.equal((await come(back, cookie, 'HEAD')).status, 405);
    assert.equal((await come(back, cookie)).status, 200);
  });

  it('shows what the provider said as text, whatever is in it', async () => {
    const { url, cookie } = await start();
    const { searchParams } = new URL(url);
    const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'\u2028`;
    const back = new URL(admin.callbackUrl);
    back.searchParams.set('state', searchParams.get('state')!);
    back.searchParams.set('error', 'access_denied');
    back.searchParams.set('error_description', evil);
    const page = await come(back.href, cookie);
    const html = await page.text();
    assert.equal(page.status, 400);
    assert.match(html, /refused, by the person or by the provider/);
    assert.equal(html.match(/<script/g)!.length, 1);
    assert.equal(html.match(/<\/script/g)!.length, 1);
    assert.doesNotMatch(html, /<img/);
    assert.deepEqual(admin.changed, []);
  });

  it('shows no secret when the provider repeats it', async () => {
    provider.answer = ({ form }, response) =>
      sendJson(
        response,
        { error: 'invalid_client', error_description: `[${form.get('client_secret')}]` },
        401,
      );
    const { url, cookie } = await start();
    const html = await (await come(await backFrom(url), cookie)).text();
    assert.match(html, /check the client ID.*\[•••\]/);
    assert.ok(!html.includes(secret));
  });

  it('forgets the login', async () => {
    const { url, cookie } = await start();
    await come(await backFrom(url), cookie);
    assert.equal(((await stateOf()) as { connected: boolean }).connected, true);
    assert.deepEqual(await (await admin.post('node-1/disconnect', {})).json(), { connected: false });
    assert.deepEqual(await stateOf(), { connected: false });
    assert.deepEqual(admin.changed, ['node-1', 'node-1']);
  });

  it('says why a login that was there cannot be used', async () => {
    const { url, cookie } = await start();
    await come(await backFrom(url), cookie);
    admin.settings = { ...admin.settings, clientId: 'another' };
    const state = (await stateOf()) as { connected: boolean; problem: string };
    assert.equal(state.connected, false);
    assert.match(state.problem, /another authorization server or client/);
  });

  for (const [what, change] of [
    ['of another path', () => `${admin.url}/elsewhere`],
    ['with a query', () => `${admin.callbackUrl}?x=1`],
    ['that is no URL', () => '/http-connection/oauth/callback'],
    ['of another scheme', () => 'javascript://x/http-connection/oauth/callback'],
    ['that is missing', () => undefined],
  ] as const) {
    it(`refuses a callback URL ${what}`, async () => {
      const response = await admin.post('node-1/start', { ...dialog, callbackUrl: change() });
      assert.equal(response.status, 400);
      assert.match(((await response.json()) as { message: string }).message, /callback URL/);
      assert.equal(response.headers.getSetCookie().length, 0);
    });
  }

  it('refuses to begin where the cookie would not come back', async () => {
    const body = JSON.stringify({ ...dialog, callbackUrl: admin.callbackUrl });
    const text = await new Promise<string>((resolve, reject) => {
      const headers = { 'content-type': 'application/json', origin: 'http://localhost:1880' };
      const sent = request(
        `${admin.url}/http-connection/oauth/node-1/start`,
        { method: 'POST', headers },
        (answer) => {
          let all = '';
          answer.setEncoding('utf8').on('data', (part: string) => (all += part));
          answer.on('end', () => resolve(`${answer.statusCode} ${all}`));
        },
      );
      sent.on('error', reject).end(body);
    });
    assert.match(text, /^400 .*open the editor at http:\/\/127\.0\.0\.1/);
  });

  it('touches no credentials of another kind of node', async () => {
    admin.nodes.push({ id: 'broker', type: 'mqtt-broker' });
    admin.credentials.set('broker', { password: 'p' });
    for (const path of ['broker/start', 'broker/disconnect', 'broker/state', '..%2fx/start']) {
      const response = await admin.post(path, { ...dialog, callbackUrl: admin.callbackUrl });
      assert.equal(response.status, 400, path);
    }
    assert.deepEqual(admin.credentials.get('broker'), { password: 'p' });
  });

  it('explains settings that cannot work, and bodies that are none', async () => {
    admin.settings = { ...admin.settings, clientId: '' };
    const response = await admin.post('node-1/start', { ...dialog, callbackUrl: admin.callbackUrl });
    assert.deepEqual(await response.json(), { code: 'CONFIG', message: 'the client ID is empty' });
    for (const body of [[], { config: 1, credentials: ['x'] }]) {
      assert.equal((await admin.post('node-1/start', body)).status, 400);
    }
  });

  it('remembers a hundred logins at most, the youngest', () => {
    const logins = new PendingLogins<number>();
    const pending = (state: string) => ({ state, verifier: 'v', redirectUri: 'r' });
    const tickets = Array.from({ length: 101 }, (_, index) => logins.add(pending(`s${index}`), index));
    assert.equal(logins.size, 100);
    assert.equal(logins.take('s0', tickets[0]!), 'unknown');
    assert.equal((logins.take('s1', tickets[1]!) as { details: number }).details, 1);
    assert.equal((logins.take('s100', tickets[100]!) as { details: number }).details, 100);
    for (let index = 2; index < 100; index++) logins.take(`s${index}`, tickets[index]!);
    assert.equal(logins.size, 0);
  });

  describe('in a browser', () => {
    let browser: Browser;
    let page: Page;

    before(async function () {
      this.timeout(30_000);
      browser = await launch();
    });

    after(() => browser.close());

    beforeEach(async () => {
      page = await browser.newPage();
      // stands in for the editor: a page of the same origin
      await page.goto(`${admin.url}/`);
    });

    afterEach(() => page.close());

    /** Presses Connect: the start call with the browser's own cookies, a window, and what is heard of it. */
    const connectIn = () =>
      page.evaluate(
        async ([startUrl, body]) => {
          // no function with a name in here: tsx would mark it with a helper that the page does not have
          const posted = new Promise((resolve) =>
            window.addEventListener('message', (event) => resolve(event.data), { once: true }),
          );
          const broadcast = new Promise((resolve) => {
            new BroadcastChannel('http-connection-login').onmessage = (event) => resolve(event.data);
          });
          const headers = { 'content-type': 'application/json' };
          const answer = await fetch(startUrl!, { method: 'POST', headers, body });
          const { url } = (await answer.json()) as { url: string };
          window.open(url);
          return Promise.all([posted, broadcast]);
        },
        [
          `${admin.url}/http-connection/oauth/node-1/start`,
          JSON.stringify({ ...dialog, callbackUrl: admin.callbackUrl }),
        ],
      );

    it('the window tells the editor on both ways, and closes', async function () {
      this.timeout(20_000);
      const popup = page.waitForEvent('popup');
      const messages = await connectIn();
      const result = {
        type: 'http-connection-login',
        connection: 'node-1',
        ok: true,
        message: 'The connection is logged in.',
      };
      assert.deepEqual(messages, [result, result]);
      const opened = await popup;
      if (!opened.isClosed()) await opened.waitForEvent('close');
      assert.equal(((await stateOf()) as { connected: boolean }).connected, true);
    });

    it('the window stays when it went wrong, and runs no script of the provider', async function () {
      this.timeout(20_000);
      provider.answer = (_request, response) =>
        sendJson(
          response,
          { error: 'invalid_client', error_description: '</script><script>top.x=1</script>' },
          400,
        );
      const popup = page.waitForEvent('popup');
      const messages = await connectIn();
      assert.equal((messages[0] as { ok: boolean }).ok, false);
      const opened = await popup;
      assert.match((await opened.textContent('p'))!, /check the client ID.*<script>top\.x=1<\/script>/);
      assert.equal(await opened.evaluate('window.x'), undefined);
      assert.equal(new URL(opened.url()).search, '');
      await opened.close();
    });
  });
});

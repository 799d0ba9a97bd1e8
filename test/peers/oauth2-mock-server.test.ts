import assert from 'node:assert/strict';
import { clientCredentials } from '../../src/connection/auth/oauth2-client-credentials';
import {
  authorizationCode,
  AuthorizationCodeLogin,
  type AuthorizationCodeSettings,
} from '../../src/connection/auth/oauth2-code';
import type { TokenSet, TokenStore } from '../../src/connection/auth/tokens';
import type { Failure } from '../../src/exchange/failure';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

const never = new AbortController().signal;

describe('OAuth 2 against oauth2-mock-server', () => {
  let server: Peer;
  let settings: AuthorizationCodeSettings;

  before(async () => {
    server = await startPeer('oauth2-mock-server', '/.well-known/openid-configuration');
    const document = await fetch(`${server.url}/.well-known/openid-configuration`);
    const { issuer } = (await document.json()) as { issuer: string };
    settings = {
      issuer,
      authorizationEndpoint: '',
      tokenEndpoint: '',
      clientId: 'anyone',
      authentication: { method: 'basic', secret: 'any secret', encoded: false },
      scope: 'read',
      parameters: [],
      authorizationParameters: [],
    };
  });
  after(() => server?.stop());

  const scheme = () => ({ http: connect({ maxRedirects: 0 }), now: Date.now, warn: assert.fail });

  /** The token that an authenticator puts on a request. */
  async function tokenOf(authenticator: ReturnType<typeof clientCredentials>): Promise<string> {
    const headers: Record<string, string> = {};
    try {
      await authenticator.authorize({ method: 'GET', url: new URL(server.url), headers }, never);
    } finally {
      await authenticator.close!();
    }
    return headers.Authorization!;
  }

  const claims = (bearer: string) =>
    JSON.parse(Buffer.from(bearer.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>;

  it('discovery and client credentials', async () => {
    const bearer = await tokenOf(clientCredentials(settings, scheme()));
    assert.match(bearer, /^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal(claims(bearer).iss, settings.issuer);
    assert.equal(claims(bearer).scope, 'read');
  });

  it('discovery at its own place is refused when it names another issuer', async () => {
    const other = settings.issuer.includes('127.0.0.1') ? 'localhost' : '127.0.0.1';
    const issuer = settings.issuer.replace(/127\.0\.0\.1|localhost/, other);
    await assert.rejects(tokenOf(clientCredentials({ ...settings, issuer }, scheme())), (error: Failure) => {
      assert.match(error.message, /issuer/);
      return true;
    });
  });

  it('code with PKCE, and refresh', async () => {
    const http = connect({ maxRedirects: 0 });
    try {
      const login = new AuthorizationCodeLogin(
        { ...settings, scope: 'openid offline_access' },
        http,
        Date.now,
      );
      const { url, pending } = await login.begin('http://127.0.0.1:1/callback', never);
      const back = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location')!);
      const wrong = { ...pending, verifier: 'x'.repeat(43) };
      await assert.rejects(login.complete(wrong, back.searchParams, never), /code|verifier/i);
      const again = new URL((await fetch(url, { redirect: 'manual' })).headers.get('location')!);
      const tokens = await login.complete(pending, again.searchParams, never);
      assert.ok(tokens.refreshToken);
      const saved: TokenSet[] = [];
      const store: TokenStore = {
        load: () => Promise.resolve({ tokens: { ...tokens, expiresAt: 1 }, version: 1 }),
        save: (set) => Promise.resolve(saved.push(set) + 1),
        exclusive: (work) => work(),
      };
      const bearer = await tokenOf(authorizationCode(settings, { ...scheme(), store }));
      assert.equal(saved.length, 1);
      assert.equal(bearer, `Bearer ${saved[0]!.accessToken}`);
      assert.ok(saved[0]!.expiresAt! > Date.now());
    } finally {
      await http.close();
    }
  });
});

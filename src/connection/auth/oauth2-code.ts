/**
 * OAuth 2 authorization code (RFC 6749 section 4.1) with PKCE (RFC 7636): a person logs in once in a browser, the
 * connection lives on the refresh token. The log-in has two halves, `begin` and `complete`, because a browser goes
 * elsewhere in between.
 */
import { Failure } from '../../exchange/failure';
import {
  AuthorizationServer,
  bindingOf,
  tokenParameters,
  type ExtraParameters,
  type OAuth2Settings,
} from './oauth2';
import { clientSecrets } from './oauth2-client';
import { tokenSet } from './token-answer';
import { tokenAuthenticator, type TokenAuthenticator, type TokenScheme } from './token-authenticator';
import type { TokenConnection } from './token-request';
import { Tokens, type TokenSet } from './tokens';

export interface AuthorizationCodeSettings extends OAuth2Settings {
  /** More for the authorization request: `prompt`, `access_type`, whatever the provider wants for a refresh token. */
  authorizationParameters: ExtraParameters;
}

/** What has to be remembered while a person logs in. Secret. */
export interface PendingLogin {
  /** Comes back with the browser (RFC 6749 section 10.12); the key to this login, to be used once. */
  state: string;
  /** RFC 7636 section 4.1. */
  verifier: string;
  redirectUri: string;
}

/** The log-in of a person. */
export class AuthorizationCodeLogin {
  readonly #settings: AuthorizationCodeSettings;
  readonly #server: AuthorizationServer;
  readonly #now: () => number;

  /** @throws Failure CONFIG when the settings cannot work */
  constructor(settings: AuthorizationCodeSettings, http: TokenConnection, now: () => number) {
    this.#settings = settings;
    this.#server = new AuthorizationServer(settings, http, ['authorizationEndpoint', 'tokenEndpoint']);
    this.#now = now;
  }

  /**
   * Where to send the browser. Pushed to the server first when it insists (RFC 9126).
   *
   * @throws Failure when the endpoints cannot be found
   */
  begin(redirectUri: string, signal: AbortSignal): Promise<{ url: string; pending: PendingLogin }> {
    return this.#server.call('code', signal, async (library, config) => {
      const pending = {
        state: library.randomState(),
        verifier: library.randomPKCECodeVerifier(),
        redirectUri,
      };
      const { scope, authorizationParameters } = this.#settings;
      const parameters = new URLSearchParams(authorizationParameters.map(([name, value]) => [name, value]));
      if (scope) parameters.set('scope', scope);
      parameters.set('redirect_uri', redirectUri);
      parameters.set('state', pending.state);
      parameters.set('code_challenge', await library.calculatePKCECodeChallenge(pending.verifier));
      parameters.set('code_challenge_method', 'S256');
      const pushed = config.serverMetadata().require_pushed_authorization_requests === true;
      const url = pushed
        ? await library.buildAuthorizationUrlWithPAR(config, parameters)
        : library.buildAuthorizationUrl(config, parameters);
      return { url: url.href, pending };
    });
  }

  /**
   * Exchanges the code that the browser came back with. State and issuer (RFC 9207) are checked first.
   *
   * @param query of the redirect, as it came
   * @throws Failure AUTHENTICATION when the person or the server refused
   */
  async complete(pending: PendingLogin, query: URLSearchParams, signal: AbortSignal): Promise<TokenSet> {
    const asked = this.#now();
    const back = new URL(pending.redirectUri);
    for (const [name, value] of query) {
      // without a known issuer there is nothing to compare with
      if (name !== 'iss' || this.#settings.issuer) back.searchParams.append(name, value);
    }
    const answer = await this.#server.call('code', signal, (library, config) =>
      library.authorizationCodeGrant(
        config,
        back,
        { expectedState: pending.state, pkceCodeVerifier: pending.verifier },
        new URLSearchParams(this.#settings.parameters.map(([name, value]) => [name, value])),
      ),
    );
    return tokenSet(answer, asked);
  }
}

/**
 * The connection's side: lives on the stored tokens, refreshes them (RFC 6749 section 6), and says so when a person has to
 * connect again.
 *
 * @throws Failure CONFIG when the settings cannot work
 */
export function authorizationCode(
  settings: AuthorizationCodeSettings,
  scheme: TokenScheme & Required<Pick<TokenScheme, 'store'>>,
): TokenAuthenticator {
  const server = new AuthorizationServer(settings, scheme.http);
  const tokens = new Tokens({
    ...scheme,
    secrets: clientSecrets(settings.clientId, settings.authentication),
    source: {
      renewable: (current) => current?.refreshToken !== undefined,
      async obtain(current, signal) {
        if (!current) {
          throw new Failure(
            'AUTHENTICATION',
            'nobody has logged in: press Connect in the connection’s dialog',
          );
        }
        const { refreshToken } = current;
        if (!refreshToken) {
          throw new Failure(
            'AUTHENTICATION',
            'the access token has expired, and the provider gave no refresh token: connect again in the connection’s dialog',
          );
        }
        const asked = scheme.now();
        const answer = await server.call('refresh', signal, (library, config) =>
          library.refreshTokenGrant(config, refreshToken, refreshParameters(settings)),
        );
        return tokenSet(answer, asked);
      },
    },
  });
  return tokenAuthenticator(tokens, { ...scheme, close: () => scheme.http.close() });
}

/** Which stored tokens such a connection may use: those of this server and client, whatever else was changed since. */
export const authorizationCodeBinding = bindingOf;

/** Without a scope a refresh keeps the one that was granted (RFC 6749 section 6). */
function refreshParameters(settings: OAuth2Settings): URLSearchParams {
  const parameters = tokenParameters(settings);
  parameters.delete('scope');
  return parameters;
}

import { Failure } from '../../exchange/failure';
import { AuthorizationServer, tokenParameters, type OAuth2Settings } from './oauth2';
import { clientSecrets } from './oauth2-client';
import { tokenSet } from './token-answer';
import { tokenAuthenticator, type TokenAuthenticator, type TokenScheme } from './token-authenticator';
import { Tokens } from './tokens';

/**
 * OAuth 2 client credentials (RFC 6749 section 4.4). A new token is a new grant: a refresh token, which the section
 * advises against, is not used.
 *
 * @throws Failure CONFIG when the settings cannot work
 */
export function clientCredentials(settings: OAuth2Settings, scheme: TokenScheme): TokenAuthenticator {
  if (settings.authentication.method === 'none') {
    throw new Failure('CONFIG', 'client credentials need a secret, a key or a client certificate');
  }
  const server = new AuthorizationServer(settings, scheme.http);
  const tokens = new Tokens({
    ...scheme,
    secrets: clientSecrets(settings.clientId, settings.authentication),
    source: {
      renewable: () => true,
      async obtain(_current, signal) {
        const asked = scheme.now();
        const answer = await server.call('client', signal, (library, config) =>
          library.clientCredentialsGrant(config, tokenParameters(settings)),
        );
        return tokenSet({ ...answer, refresh_token: undefined }, asked);
      },
    },
  });
  return tokenAuthenticator(tokens, { ...scheme, close: () => scheme.http.close() });
}

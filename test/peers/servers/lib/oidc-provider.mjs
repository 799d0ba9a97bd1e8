// node oidc-provider.mjs FOLDER PORT: the provider that is installed in FOLDER, on 127.0.0.1:PORT. Configuration only.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const entry = createRequire(`${folder}/package.json`).resolve('oidc-provider');
const { default: Provider } = await import(pathToFileURL(entry));
const issuer = `http://127.0.0.1:${port}`;

/** For a native client the port of a loopback address is free (RFC 8252 section 7.3). */
const person = {
  application_type: 'native',
  redirect_uris: ['http://127.0.0.1/red/http-connection/oauth/callback'],
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
};
const service = { redirect_uris: [], grant_types: ['client_credentials'], response_types: [] };
const odd = 'web:secret/+ %';

const provider = new Provider(issuer, {
  clients: [
    {
      ...person,
      client_id: 'short-lived',
      client_secret: odd,
      token_endpoint_auth_method: 'client_secret_post',
    },
    { ...person, client_id: 'web', client_secret: odd, token_endpoint_auth_method: 'client_secret_basic' },
    {
      ...person,
      client_id: 'web-post',
      client_secret: odd,
      token_endpoint_auth_method: 'client_secret_post',
    },
    { ...person, client_id: 'public', token_endpoint_auth_method: 'none' },
    {
      ...service,
      client_id: 'service',
      client_secret: odd,
      token_endpoint_auth_method: 'client_secret_basic',
    },
    {
      ...service,
      client_id: 'service-post',
      client_secret: odd,
      token_endpoint_auth_method: 'client_secret_post',
    },
  ],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt', 'none'],
  enabledJWA: { clientAuthSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'] },
  scopes: ['openid', 'offline_access', 'read', 'write'],
  pkce: { required: () => true },
  rotateRefreshToken: true,
  clockTolerance: 0,
  issueRefreshToken: (_context, client) => client.grantTypeAllowed('refresh_token'),
  ttl: {
    AccessToken: (_context, token) => (token.clientId === 'short-lived' ? 4 : 3600),
    ClientCredentials: 3600,
    RefreshToken: 86400,
    Interaction: 3600,
    Session: 86400,
    Grant: 86400,
  },
  cookies: { keys: ['test'] },
  findAccount: (_context, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  features: {
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    registration: { enabled: true },
  },
});
provider.on('server_error', (_context, error) => console.error(error));
createServer(provider.callback()).listen(Number(port), '127.0.0.1');

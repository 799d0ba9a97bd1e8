import { noAuthentication, type Authenticator } from '../../src/connection/auth/authenticator';
import { aws, type AwsCredentials } from '../../src/connection/auth/aws';
import { awsRole } from '../../src/connection/auth/aws-roles';
import { azureEndpoints } from '../../src/connection/auth/azure';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import { digest } from '../../src/connection/auth/digest';
import { fields, type SecretField } from '../../src/connection/auth/fields';
import { jwtBearer } from '../../src/connection/auth/jwt-bearer';
import { ntlm } from '../../src/connection/auth/ntlm';
import type { OAuth2Settings } from '../../src/connection/auth/oauth2';
import type { ClientAuthentication } from '../../src/connection/auth/oauth2-client';
import { clientCredentials } from '../../src/connection/auth/oauth2-client-credentials';
import { authorizationCode, type AuthorizationCodeSettings } from '../../src/connection/auth/oauth2-code';
import { sessionLogin, type LoginToken } from '../../src/connection/auth/session-login';
import { signing, standardWebhooks } from '../../src/connection/auth/signing';
import type { TokenScheme } from '../../src/connection/auth/token-authenticator';
import type { TokenStore } from '../../src/connection/auth/tokens';
import { Scope } from '../../src/connection/scope';
import { Failure } from '../../src/exchange/failure';
import { Template, type Place } from '../../src/exchange/template';
import { numberOf } from '../runtime/settings';
import type { LoginFields, NamedText } from './auth-config';
import type { AuthScheme, HttpConnectionConfig, HttpConnectionCredentials } from './config';

type Config = HttpConnectionConfig;
type Credentials = HttpConnectionCredentials;

/** What schemes with tokens need from the runtime. */
export interface SchemeParts {
  tokens(): Omit<TokenScheme, 'store'>;
  /** Where a login by a person is kept. */
  store(settings: AuthorizationCodeSettings): TokenStore;
}

type Make = (config: Config, credentials: Credentials, parts: SchemeParts) => Authenticator;

/** One line a scheme: the fields of the dialog become an authenticator of the engine. */
const schemes: Record<AuthScheme, Make> = {
  none: () => noAuthentication,
  basic: (_config, { username = '', password = '' }) => basic(username, password),
  bearer: (_config, { token = '' }) => bearer(token),
  headers: (config, credentials) => fields(secretFields(config, credentials)),
  query: (config, credentials) => fields(secretFields(config, credentials)),
  custom: (config, credentials) => {
    const { username = '', password = '' } = credentials;
    const first = username || password ? basic(username, password) : undefined;
    return fields(secretFields(config, credentials), first);
  },
  digest: (_config, { username = '', password = '' }) => digest(username, password),
  ntlm: (_config, { username = '', password = '' }) => ntlm(username, password),
  'oauth-code': (config, credentials, parts) => {
    const settings = authorizationCodeSettings(config, credentials);
    return authorizationCode(settings, { ...parts.tokens(), store: parts.store(settings) });
  },
  'oauth-client': (config, credentials, parts) =>
    clientCredentials(oauthSettings(config, credentials), parts.tokens()),
  jwt: ({ jwt }, { privateKey = '' }, parts) =>
    jwtBearer(
      {
        ...jwt,
        key: privateKey,
        lifetime: numberOf(jwt.lifetime, 'the lifetime of the assertion', 1),
        claims: {},
        parameters: [],
      },
      parts.tokens(),
    ),
  login: (config, credentials, parts) => {
    const { username = '', password = '' } = credentials;
    return sessionLogin(
      {
        request: loginRequest(config, { username, password }),
        secrets: [password].filter(Boolean),
        token: loginToken(config.login),
        lifetime: numberOf(config.login.lifetime, 'the lifetime of the session'),
      },
      parts.tokens(),
    );
  },
  aws: ({ aws: target }, credentials) => aws(awsKey(credentials), target),
  'aws-role': ({ aws: { role: kind, ...rest } }, credentials) =>
    awsRole({ ...rest, kind, key: credentials.accessKeyId ? awsKey(credentials) : undefined }, rest),
  'standard-webhooks': (_config, { signingSecret = '' }) => standardWebhooks(signingSecret),
  signing: ({ signing: scheme }, { signingSecret = '' }) => signing({ ...scheme, secret: signingSecret }),
};

/** @throws Failure CONFIG when the scheme is not known or its settings cannot work */
export function authenticatorOf(config: Config, credentials: Credentials, parts: SchemeParts): Authenticator {
  const make = schemes[config.auth] as Make | undefined;
  if (!make) throw new Failure('CONFIG', `the authentication "${String(config.auth)}" is not known here`);
  return make(config, credentials, parts);
}

/** For the code grant; also for the dialog's *Connect*, before everything is filled in. */
export function authorizationCodeSettings(
  config: Config,
  credentials: Credentials,
): AuthorizationCodeSettings {
  return {
    ...oauthSettings(config, credentials),
    authorizationParameters: pairsOf(config.oauth.authorizationParameters),
  };
}

function oauthSettings({ oauth }: Config, credentials: Credentials): OAuth2Settings {
  const { issuer, authorizationEndpoint, tokenEndpoint } = oauth;
  const endpoints = oauth.azureTenant
    ? azureEndpoints(oauth.azureTenant, oauth.azureCloud)
    : { issuer, authorizationEndpoint, tokenEndpoint };
  return {
    ...endpoints,
    clientId: oauth.clientId,
    authentication: clientAuthentication(oauth, credentials),
    scope: oauth.scope,
    parameters: pairsOf(oauth.parameters),
  };
}

function clientAuthentication(
  { clientAuthentication: method, keyAlgorithm, keyId, thumbprint }: Config['oauth'],
  { clientSecret: secret = '', privateKey: key = '' }: Credentials,
): ClientAuthentication {
  switch (method) {
    case 'basic':
      return { method, secret, encoded: true };
    case 'basic-raw':
      return { method: 'basic', secret, encoded: false };
    case 'post':
      return { method, secret };
    case 'private-key':
      return {
        method,
        key,
        algorithm: keyAlgorithm,
        keyId: keyId || undefined,
        thumbprint: thumbprint || undefined,
      };
    case 'certificate':
    case 'none':
      return { method };
  }
}

const loginBodies: Readonly<Record<Exclude<LoginFields['bodyKind'], 'none'>, [Place, string]>> = {
  json: ['json', 'application/json'],
  form: ['url', 'application/x-www-form-urlencoded'],
  text: ['text', 'text/plain; charset=utf-8'],
};

function loginRequest({ login, baseUrl }: Config, secrets: { username: string; password: string }) {
  const render = (text: string, place: Place) => new Template(text, place).render({ message: secrets });
  const given = Object.fromEntries(
    pairsOf(login.headers).map(([name, text]) => [name, render(text, 'text')]),
  );
  const request = {
    method: login.method,
    url: login.url && new Scope(baseUrl).resolve(login.url).href,
    headers: given,
  };
  if (login.bodyKind === 'none') return request;
  const [place, contentType] = loginBodies[login.bodyKind];
  return {
    ...request,
    headers: { 'Content-Type': contentType, ...given },
    body: render(login.body, place),
  };
}

function loginToken({ tokenIn, tokenName }: LoginFields): LoginToken {
  return tokenIn === 'body' ? { in: tokenIn, path: tokenName } : { in: tokenIn, name: tokenName };
}

function awsKey({ accessKeyId = '', secretAccessKey = '', sessionToken }: Credentials): AwsCredentials {
  return { accessKeyId, secretAccessKey, sessionToken: sessionToken || undefined };
}

function secretFields({ authFields }: Config, credentials: Credentials): SecretField[] {
  return authFields.map(({ in: place, name, slot }) => ({
    in: place,
    name: name.trim(),
    value: credentials[slot] ?? '',
  }));
}

function pairsOf(rows: readonly NamedText[]): [string, string][] {
  return rows.filter(({ name }) => name).map(({ name, value }) => [name, value]);
}

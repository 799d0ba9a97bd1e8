import type { AwsRoleKind } from '../../src/connection/auth/aws-roles';
import type { HmacAlgorithm, SecretFormat, SignatureEncoding } from '../../src/connection/auth/signed-text';

/** A name and a text: of a header, a parameter. */
export interface NamedText {
  name: string;
  value: string;
}

/** OAuth 2, both grants. What is secret is a credential: `clientSecret`, `privateKey`. */
export interface OAuthFields {
  /** Discovered from here, unless the endpoints are given. */
  issuer: string;
  authorizationEndpoint: string;
  tokenEndpoint: string;
  /** With a tenant the endpoints are those of Microsoft Entra ID (Azure). */
  azureTenant: string;
  azureCloud: 'public' | 'government' | 'china';
  clientId: string;
  /** `basic` is form-encoded as RFC 6749 has it, `basic-raw` is not: servers differ. */
  clientAuthentication: 'basic' | 'basic-raw' | 'post' | 'private-key' | 'certificate' | 'none';
  keyAlgorithm: string;
  keyId: string;
  /** SHA-1 of the certificate, base64url: Azure asks for it. */
  thumbprint: string;
  scope: string;
  /** More for the token request: audience, resource. */
  parameters: NamedText[];
  /** More for the authorization request: prompt, access_type. */
  authorizationParameters: NamedText[];
}

/** JWT bearer (RFC 7523); the key is the credential `privateKey`. */
export interface JwtFields {
  tokenEndpoint: string;
  issuer: string;
  subject: string;
  audience: string;
  scope: string;
  algorithm: string;
  keyId: string;
  /** Seconds. */
  lifetime: number | string;
}

/** Session login; the templates of headers and body see `username` and `password`, which are credentials. */
export interface LoginFields {
  method: string;
  /** Absolute, or relative to the base URL. */
  url: string;
  headers: NamedText[];
  /** How the body's template is escaped. */
  bodyKind: 'none' | 'json' | 'form' | 'text';
  body: string;
  tokenIn: 'body' | 'header' | 'cookie';
  /** Property path, header or cookie; '' is the whole body, or all cookies. */
  tokenName: string;
  /** Seconds; 0 when not known. */
  lifetime: number | string;
}

/** For every scheme with a token: where it goes, and which answers say that it has expired. */
export interface TokenFields {
  in: 'header' | 'query' | 'cookie';
  name: string;
  prefix: string;
  /** Statuses, as a list. */
  expiredStatuses: string;
  /** JSONata over `{ statusCode, headers, body }`; '' for none. */
  expiredCondition: string;
}

/** AWS; the credentials are `accessKeyId`, `secretAccessKey`, `sessionToken`. */
export interface AwsFields {
  /** '' for what the host name says. */
  region: string;
  service: string;
  role: AwsRoleKind;
  roleArn: string;
  externalId: string;
  sessionName: string;
  tokenFile: string;
}

/** Outbound signing; the secret is the credential `signingSecret`. */
export interface SigningFields {
  secretFormat: SecretFormat;
  text: string;
  algorithm: HmacAlgorithm;
  encoding: SignatureEncoding;
  header: string;
  value: string;
  idHeader: string;
  timestampHeader: string;
  timestampFormat: 'seconds' | 'milliseconds' | 'iso';
}

export interface AuthConfig {
  oauth: OAuthFields;
  jwt: JwtFields;
  login: LoginFields;
  /** Not `token`: that is a credential, and Node-RED's editor finds both by the name alone. */
  tokenUse: TokenFields;
  aws: AwsFields;
  signing: SigningFields;
}

export const authDefaults: AuthConfig = {
  oauth: {
    issuer: '',
    authorizationEndpoint: '',
    tokenEndpoint: '',
    azureTenant: '',
    azureCloud: 'public',
    clientId: '',
    clientAuthentication: 'basic',
    keyAlgorithm: 'RS256',
    keyId: '',
    thumbprint: '',
    scope: '',
    parameters: [],
    authorizationParameters: [],
  },
  jwt: {
    tokenEndpoint: '',
    issuer: '',
    subject: '',
    audience: '',
    scope: '',
    algorithm: 'RS256',
    keyId: '',
    lifetime: 300,
  },
  login: {
    method: 'POST',
    url: '',
    headers: [],
    bodyKind: 'json',
    body: '{"username":"{{username}}","password":"{{password}}"}',
    tokenIn: 'body',
    tokenName: 'token',
    lifetime: 0,
  },
  tokenUse: {
    in: 'header',
    name: 'Authorization',
    prefix: 'Bearer',
    expiredStatuses: '401',
    expiredCondition: '',
  },
  aws: {
    region: '',
    service: '',
    role: 'assume-role',
    roleArn: '',
    externalId: '',
    sessionName: '',
    tokenFile: '',
  },
  signing: {
    secretFormat: 'text',
    text: '{timestamp}.{body}',
    algorithm: 'sha256',
    encoding: 'hex',
    header: 'X-Signature',
    value: 'sha256={signature}',
    idHeader: '',
    timestampHeader: 'X-Timestamp',
    timestampFormat: 'seconds',
  },
};

/** Fills in what a flow written by hand leaves out of a group. */
export function completeAuth(config: Partial<{ [Group in keyof AuthConfig]: object }>): AuthConfig {
  const groups = Object.entries(authDefaults).map(([group, fields]) => [
    group,
    { ...fields, ...config[group as keyof AuthConfig] },
  ]);
  return Object.fromEntries(groups) as AuthConfig;
}

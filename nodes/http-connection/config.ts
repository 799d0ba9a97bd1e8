import type { ConfigBase } from '../runtime/migrate';
import { authDefaults, type AuthConfig, type NamedText } from './auth-config';

export type { NamedText };

export const authSchemes = [
  'none',
  'basic',
  'bearer',
  'headers',
  'query',
  'custom',
  'digest',
  'ntlm',
  'oauth-code',
  'oauth-client',
  'jwt',
  'login',
  'aws',
  'aws-role',
  'standard-webhooks',
  'signing',
] as const;
export type AuthScheme = (typeof authSchemes)[number];

/** One header, query parameter or body field that carries a secret. The value is the credential named `slot`. */
export interface AuthField {
  in: 'header' | 'query' | 'body';
  name: string;
  slot: SecretSlot;
}

/**
 * Node-RED keeps credentials as flat texts and never sends a password back to the browser. A fixed set of slots lets a
 * table of secrets be edited row by row: an untouched slot stays as it is, an emptied one is deleted.
 */
export const secretSlots = [
  'secret1',
  'secret2',
  'secret3',
  'secret4',
  'secret5',
  'secret6',
  'secret7',
  'secret8',
] as const;
export type SecretSlot = (typeof secretSlots)[number];

/** What the dialog saves. Durations are seconds, sizes are MiB; both may come as text when set to `${ENV}`. */
export interface HttpConnectionConfig extends ConfigBase, AuthConfig {
  baseUrl: string;
  /** Hosts (`host`, `host:port`, `*.domain`), separated by commas or blanks: where credentials may go without a base URL. */
  allowedHosts: string;
  auth: AuthScheme;
  authFields: AuthField[];
  /** Id of a core `tls-config` node, or ''. */
  tls: string;
  /** Id of a core `http proxy` node; '' goes by the environment (`HTTPS_PROXY`, `NO_PROXY` …). */
  proxy: string;
  connectTimeout: number | string;
  firstByteTimeout: number | string;
  idleTimeout: number | string;
  totalTimeout: number | string;
  keepAlive: boolean;
  maxResponseSize: number | string;
  /** Most requests that start within `rateInterval` seconds; 0 for no limit. */
  rateRequests: number | string;
  rateInterval: number | string;
  /** Most requests under way at once; 0 for no limit. */
  concurrency: number | string;
  /** Attempts in all; 1 means that nothing is repeated. */
  retryAttempts: number | string;
  /** Statuses that are worth another attempt: `408, 429, 5xx`. */
  retryStatuses: string;
  /** Longest wait before another attempt, in seconds, the server's own wish included. */
  retryMaxDelay: number | string;
  /** No wait begins that would end later than this after the first attempt, in seconds; nor does one for the server. */
  retryMaxTotal: number | string;
  /** How many redirects are followed; 0 for none. */
  maxRedirects: number | string;
  cookies: boolean;
  idempotencyKeys: boolean;
  /** Refuse private, loopback, link-local and metadata addresses. */
  guard: boolean;
  /** Addresses and CIDR ranges that are allowed all the same, separated by commas or blanks. */
  guardExceptions: string;
  /** For every request that does not set them itself. */
  headers: NamedText[];
  query: NamedText[];
}

export interface HttpConnectionCredentials extends Partial<Record<SecretSlot, string>> {
  username?: string;
  password?: string;
  token?: string;
  clientSecret?: string;
  /** PEM, or the shared secret of an HMAC algorithm. */
  privateKey?: string;
  accessKeyId?: string;
  secretAccessKey?: string;
  sessionToken?: string;
  signingSecret?: string;
  /** 32 bytes in base64: what the stored tokens of this connection are encrypted with. Made by Connect. */
  tokenKey?: string;
}

export const configVersion = 1;

export const defaults: Omit<HttpConnectionConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  baseUrl: '',
  allowedHosts: '',
  auth: 'none',
  authFields: [],
  tls: '',
  proxy: '',
  connectTimeout: 10,
  firstByteTimeout: 60,
  idleTimeout: 60,
  totalTimeout: 120,
  keepAlive: true,
  maxResponseSize: 50,
  rateRequests: 0,
  rateInterval: 1,
  concurrency: 0,
  retryAttempts: 3,
  retryStatuses: '408, 425, 429, 500, 502, 503, 504',
  retryMaxDelay: 30,
  retryMaxTotal: 300,
  maxRedirects: 10,
  cookies: false,
  idempotencyKeys: false,
  guard: false,
  guardExceptions: '',
  headers: [],
  query: [],
  ...authDefaults,
};

import type { ConfigBase } from '../runtime/migrate';

export type AuthScheme = 'none' | 'basic' | 'bearer' | 'headers' | 'query' | 'custom';

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
export interface HttpConnectionConfig extends ConfigBase {
  baseUrl: string;
  /** Hosts (`host`, `host:port`, `*.domain`), separated by commas or blanks: where credentials may go without a base URL. */
  allowedHosts: string;
  auth: AuthScheme;
  authFields: AuthField[];
  /** Id of a core `tls-config` node, or ''. */
  tls: string;
  connectTimeout: number | string;
  firstByteTimeout: number | string;
  idleTimeout: number | string;
  totalTimeout: number | string;
  keepAlive: boolean;
  maxResponseSize: number | string;
}

export interface HttpConnectionCredentials extends Partial<Record<SecretSlot, string>> {
  username?: string;
  password?: string;
  token?: string;
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
  connectTimeout: 10,
  firstByteTimeout: 60,
  idleTimeout: 60,
  totalTimeout: 120,
  keepAlive: true,
  maxResponseSize: 50,
};

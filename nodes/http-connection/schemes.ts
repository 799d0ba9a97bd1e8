import { noAuthentication, type Authenticator } from '../../src/connection/auth/authenticator';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import { fields, type SecretField } from '../../src/connection/auth/fields';
import { Failure } from '../../src/exchange/failure';
import type { AuthScheme, HttpConnectionConfig, HttpConnectionCredentials } from './config';

type Config = HttpConnectionConfig;
type Credentials = HttpConnectionCredentials;

/** One line a scheme: the fields of the dialog become an authenticator of the engine. */
const schemes: Record<AuthScheme, (config: Config, credentials: Credentials) => Authenticator> = {
  none: () => noAuthentication,
  basic: (_config, { username = '', password = '' }) => basic(username, password),
  bearer: (_config, { token = '' }) => bearer(token),
  headers: (config, credentials) => fields(secretFields(config, credentials)),
  query: (config, credentials) => fields(secretFields(config, credentials)),
  custom: (config, credentials) => {
    const { username = '', password = '' } = credentials;
    return fields(
      secretFields(config, credentials),
      username || password ? basic(username, password) : undefined,
    );
  },
};

/** @throws Failure CONFIG when the scheme is not known or its settings cannot work */
export function authenticatorOf(config: Config, credentials: Credentials): Authenticator {
  const make = schemes[config.auth] as (typeof schemes)[AuthScheme] | undefined;
  if (!make) throw new Failure('CONFIG', `the authentication "${String(config.auth)}" is not known here`);
  return make(config, credentials);
}

function secretFields({ authFields }: Config, credentials: Credentials): SecretField[] {
  return authFields.map(({ in: place, name, slot }) => ({
    in: place,
    name: name.trim(),
    value: credentials[slot] ?? '',
  }));
}

import { Failure } from '../../src/exchange/failure';
import { checkAddress } from '../../src/state/redis';

/** Where the state lives. */
export type StateSetting =
  /** A file below the user directory. */
  { type: 'sqlite' } | { type: 'redis'; url: string; prefix: string };

/** The environment variable. It wins over the settings file: that one is often part of an image. */
const variable = 'HTTP_CONNECTOR_STATE';
const property = 'httpConnector.state';
const defaultPrefix = 'nrhc:';

/**
 * Reads `httpConnector: { state: … }` of settings.js and `HTTP_CONNECTOR_STATE`. Both take `sqlite` (the default) and the
 * address of a Redis; the settings file also `{ type: 'redis', url, prefix }`.
 *
 * @throws Failure CONFIG that names what is wrong; never with the value, which may hold a password
 */
export function stateSetting(
  settings: object,
  environment: Readonly<Record<string, string | undefined>>,
): StateSetting {
  const own = (settings as { httpConnector?: unknown }).httpConnector;
  if (environment[variable]) return ofText(environment[variable], variable);
  if (own === undefined || own === null) return { type: 'sqlite' };
  if (typeof own !== 'object') throw wrong('httpConnector', 'an object such as { state: "sqlite" }');
  const { state } = own as { state?: unknown };
  if (state === undefined) return { type: 'sqlite' };
  if (typeof state === 'string') return ofText(state, property);
  if (typeof state !== 'object' || state === null) {
    throw wrong(property, '"sqlite", the address of a Redis, or { type: "redis", url, prefix }');
  }
  const { type, url, prefix = defaultPrefix } = state as Record<string, unknown>;
  if (type === 'sqlite') return { type };
  if (type !== 'redis') throw wrong(`${property}.type`, '"sqlite" or "redis"');
  if (typeof url !== 'string') throw wrong(`${property}.url`, 'the address of a Redis');
  if (typeof prefix !== 'string' || prefix === '')
    throw wrong(`${property}.prefix`, 'a text that is not empty');
  return redis(url, `${property}.url`, prefix);
}

function ofText(text: string, name: string): StateSetting {
  if (text === 'sqlite') return { type: 'sqlite' };
  return redis(text, name, defaultPrefix);
}

function redis(url: string, name: string, prefix: string): StateSetting {
  try {
    checkAddress(url);
  } catch (error) {
    throw new Failure('CONFIG', `${name} in ${sourceOf(name)} is wrong: ${(error as Failure).message}`);
  }
  return { type: 'redis', url, prefix };
}

function wrong(name: string, wanted: string): Failure {
  return new Failure('CONFIG', `${name} in ${sourceOf(name)} must be ${wanted}`);
}

function sourceOf(name: string): string {
  return name === variable ? 'the environment' : 'settings.js';
}

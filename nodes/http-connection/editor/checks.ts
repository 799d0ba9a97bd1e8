/** What the fields of a connection are checked for. Each answers `undefined` when the value is fine. */
import { entriesOf, wrongAddress } from '../../editor/addresses';
import { isEnvironment, isToken } from '../../editor/checks';
import * as expressions from '../../editor/expression-checks';
import { textsOf } from '../../editor/texts';

export const t = textsOf('http-connection');

function parsed(value: string): URL | undefined {
  try {
    return new URL(value.trim());
  } catch {
    return undefined;
  }
}

export function baseUrlProblem(value: string): string | undefined {
  const problem = urlProblem(value);
  if (problem) return problem;
  const { search, hash } = parsed(value)!;
  return search || hash ? t('error.urlQuery') : undefined;
}

/** A complete URL without credentials; '' is fine. */
export function urlProblem(value: string): string | undefined {
  if (value === '') return undefined;
  if (value.includes('${')) return t('error.environmentInUrl');
  const url = parsed(value);
  if (!url) return t('error.url');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return t('error.protocol');
  return url.username || url.password ? t('error.urlCredentials') : undefined;
}

/** `host`, `host:port` or `*.domain`. */
export function hostsProblem(value: string): string | undefined {
  if (isEnvironment(value.trim())) return undefined;
  const wrong = entriesOf(value).find(
    (host) => !/^(\*\.)?[a-z0-9_-]+(\.[a-z0-9_-]+)*(:\d+)?$|^\[[0-9a-f:.]+\](:\d+)?$/i.test(host),
  );
  return wrong === undefined ? undefined : t('error.host', { host: wrong });
}

/** Addresses and CIDR ranges; whether they exist is the runtime's to say. */
export function addressesProblem(value: string): string | undefined {
  const address = wrongAddress(value);
  return address === undefined ? undefined : t('error.address', { address });
}

export const statusesProblem = (value: string): string | undefined => expressions.statusesProblem(value, t);

export const conditionProblem = (value: string): string | undefined => expressions.jsonataProblem(value, t);

export function headerProblem(value: string): string | undefined {
  return value === '' || isToken(value) ? undefined : t('error.headerName', { name: value });
}

const signedParts = ['id', 'timestamp', 'method', 'url', 'path', 'body'];

/** A template over the parts of a request that can be signed. */
export function signedTextProblem(value: string): string | undefined {
  if (value === '') return t('error.signedTextMissing');
  const unknown = [...value.matchAll(/\{(\w+)\}/g)].find(([, part]) => !signedParts.includes(part!));
  return unknown ? t('error.signedPart', { part: unknown[0] }) : undefined;
}

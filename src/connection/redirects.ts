import { Failure } from '../exchange/failure';
import { getHeader, removeHeader } from './headers';
import type { Head, Hop, HopAnswer } from './transport';

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * Headers that a node sets itself, and that are not for another origin: `Host`, and what by its name is a credential
 * (`Authorization`, `Cookie`, `X-API-Key`, `X-Auth-Token`, `X-Signature`).
 */
const belongsToOrigin =
  /^host$|authorization|cookie|(?:^|-)(?:api)?key$|token|secret|passw|signature|credential|(?:^|-)(?:auth|session)(?:$|-)/i;

/** Whether an answer leads elsewhere. */
export function isRedirect({ statusCode, headers }: Head): boolean {
  return redirects.has(statusCode) && Boolean(getHeader(headers, 'location'));
}

/**
 * The request that a redirect asks for, or undefined when the answer is not one. Method and body follow RFC 9110
 * section 15.4: 303 becomes GET, 301 and 302 turn POST into GET as every client does, 307 and 308 repeat the request.
 *
 * @throws Failure INVALID_RESPONSE when the target is not an http(s) URL
 */
export function redirectOf(hop: Hop, answer: HopAnswer): Hop | undefined {
  if (!isRedirect(answer)) return undefined;
  const url = targetOf(getHeader(answer.headers, 'location')!, hop.url);
  const headers = { ...hop.headers };
  if (url.origin !== hop.url.origin) {
    for (const name of Object.keys(headers)) {
      if (belongsToOrigin.test(name) && !/^idempotency-key$/i.test(name)) delete headers[name];
    }
  }
  const { statusCode } = answer;
  const toGet =
    (statusCode === 303 && hop.method !== 'HEAD') ||
    ((statusCode === 301 || statusCode === 302) && hop.method === 'POST');
  if (!toGet) return { ...hop, url, headers };
  for (const name of ['content-type', 'content-length', 'content-encoding', 'content-language'])
    removeHeader(headers, name);
  return { method: 'GET', url, headers };
}

function targetOf(location: string, from: URL): URL {
  let url: URL;
  try {
    url = new URL(location, from);
  } catch (cause) {
    throw new Failure('INVALID_RESPONSE', 'the redirect points to something that is not a URL', { cause });
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw new Failure('INVALID_RESPONSE', `the redirect points to ${url.protocol}, which is not followed`);
  }
  url.username = '';
  url.password = '';
  return url;
}

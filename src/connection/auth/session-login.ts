/** A login request of the provider's own kind, whose answer brings a token or a cookie for the requests that follow. */
import { Failure } from '../../exchange/failure';
import { getHeader, type HeaderFields } from '../headers';
import { tokenAuthenticator, type TokenAuthenticator, type TokenScheme } from './token-authenticator';
import { send } from './token-request';
import { Tokens } from './tokens';

/** Where the answer to the login has the token. */
export type LoginToken =
  /** `data.token`, `items[0].key`, `["odd name"]`; '' for the whole body as text. */
  | { in: 'body'; path: string }
  | { in: 'header'; name: string }
  /** '' for all cookies of the answer, as one line. */
  | { in: 'cookie'; name: string };

export interface SessionLoginSettings {
  /** Complete, credentials included. */
  request: { method: string; url: string; headers: Record<string, string>; body?: string };
  /** The values in the request that must not be shown. */
  secrets: readonly string[];
  token: LoginToken;
  /** Seconds; 0 when it is not known: then what the cookie says holds, or the "expired" condition alone. */
  lifetime: number;
}

/** @throws Failure CONFIG when something is missing */
export function sessionLogin(settings: SessionLoginSettings, scheme: TokenScheme): TokenAuthenticator {
  const { request, token, lifetime } = settings;
  if (!request.url) throw new Failure('CONFIG', 'the URL of the login request is empty');
  if (token.in === 'header' && !token.name) {
    throw new Failure('CONFIG', 'the header of the login answer that holds the token has no name');
  }
  const tokens = new Tokens({
    ...scheme,
    secrets: settings.secrets,
    source: {
      renewable: () => true,
      async obtain(_current, signal) {
        const asked = scheme.now();
        const answer = await send(scheme.http, request, 'the login', signal);
        const found = tokenIn(answer, token, asked);
        const expiresAt = lifetime > 0 ? asked + lifetime * 1000 : found.expiresAt;
        return { accessToken: found.value, obtainedAt: asked, expiresAt };
      },
    },
  });
  return tokenAuthenticator(tokens, { ...scheme, close: () => scheme.http.close() });
}

interface LoginAnswer {
  statusCode: number;
  statusText: string;
  headers: HeaderFields;
  body: Buffer;
}

/** @throws Failure AUTHENTICATION when there is none; retryable when the server is busy or broken */
function tokenIn(answer: LoginAnswer, token: LoginToken, now: number): { value: string; expiresAt?: number } {
  const { statusCode, statusText, headers, body } = answer;
  const status = `${statusCode}${statusText ? ` ${statusText}` : ''}`;
  // a form login answers with a redirect, and the cookie is on it
  const accepted = statusCode < 300 || (statusCode < 400 && token.in !== 'body');
  if (!accepted) {
    const busy = statusCode >= 500 || statusCode === 429 || statusCode === 408;
    const hint = statusCode === 401 || statusCode === 403 ? ': check user name and password' : '';
    throw new Failure('AUTHENTICATION', `the login was answered with status ${status}${hint}`, {
      retryable: busy,
    });
  }
  const missing = (where: string) =>
    new Failure('AUTHENTICATION', `the login was answered with status ${status}, but ${where}`);
  switch (token.in) {
    case 'header': {
      const value = getHeader(headers, token.name);
      if (!value) throw missing(`without the header "${token.name}"`);
      return { value };
    }
    case 'cookie': {
      const cookies = [headers['set-cookie'] ?? []].flat().map(parseCookie);
      const wanted = cookies.filter(({ name, value }) => value && (!token.name || name === token.name));
      if (wanted.length === 0)
        throw missing(token.name ? `without the cookie "${token.name}"` : 'without a cookie');
      const ends = wanted.map((cookie) => cookieEnd(cookie, now)).filter((end) => end !== undefined);
      const value = token.name
        ? wanted.at(-1)!.value
        : wanted.map((cookie) => `${cookie.name}=${cookie.value}`).join('; ');
      return { value, expiresAt: ends.length > 0 ? Math.min(...ends) : undefined };
    }
    case 'body': {
      const text = body
        .toString('utf8')
        .replace(/^\uFEFF/, '')
        .trim();
      const value = token.path ? valueAt(parseJson(text), token.path) : (parseJson(text) ?? text);
      if (typeof value === 'number') return { value: String(value) };
      if (typeof value === 'string' && value) return { value };
      throw missing(token.path ? `there is no text at "${token.path}" in it` : 'its body is not a text');
    }
  }
}

interface Cookie {
  name: string;
  value: string;
  attributes: Map<string, string>;
}

/** RFC 6265 section 5.2. */
function parseCookie(line: string): Cookie {
  const [pair = '', ...rest] = line.split(';');
  const [name, value] = halves(pair);
  return {
    name,
    value,
    attributes: new Map(rest.map(halves).map(([key, text]) => [key.toLowerCase(), text])),
  };
}

function halves(text: string): [string, string] {
  const at = text.indexOf('=');
  return at < 0 ? [text.trim(), ''] : [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** RFC 6265 section 5.3: `Max-Age` before `Expires`. */
function cookieEnd({ attributes }: Cookie, now: number): number | undefined {
  const age = Number(attributes.get('max-age') || Number.NaN);
  if (age > 0) return now + age * 1000;
  const expires = Date.parse(attributes.get('expires') ?? '');
  return expires > now ? expires : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** The value at a path of names, `[0]` and `["name"]`; undefined when something on the way is missing. */
function valueAt(root: unknown, path: string): unknown {
  const steps = [...path.matchAll(/\[(\d+)\]|\["([^"]*)"\]|\['([^']*)'\]|([^.[\]]+)/g)];
  return steps.reduce<unknown>((value, [, index, double, single, name]) => {
    const key = index ?? double ?? single ?? name!;
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return undefined;
    return (value as Record<string, unknown>)[key];
  }, root);
}

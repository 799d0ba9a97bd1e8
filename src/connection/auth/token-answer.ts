/**
 * Reads what a token endpoint answers: RFC 6749 section 5 as it is written, and as real providers do it. What comes out
 * is what the RFC says, or a failure in a sentence that a user can act on.
 */
import { Failure } from '../../exchange/failure';
import { getHeader, type HeaderFields } from '../headers';
import { withoutQuery } from './token-request';
import type { TokenSet } from './tokens';

/** What was asked for: the same error means something else for each. */
export type Grant = 'code' | 'refresh' | 'client' | 'assertion';

/** RFC 6749 section 5.1, the parts that are used. */
export interface TokenAnswer {
  access_token: string;
  token_type: 'bearer';
  expires_in?: number;
  refresh_token?: string;
  scope?: string;
}

type Fields = Record<string, unknown>;
type Redact = (text: string) => string;

/**
 * @param redact removes what was sent: servers repeat it in their errors
 * @throws Failure AUTHENTICATION; retryable when the server is busy or broken
 */
export function readTokenAnswer(
  answer: { statusCode: number; statusText: string; headers: HeaderFields; body: Buffer },
  grant: Grant,
  redact: Redact,
): TokenAnswer {
  const fields = parse(answer.body.toString('utf8'));
  const ok = answer.statusCode >= 200 && answer.statusCode < 300;
  const found = ok && fields && !textOf(fields.error) ? tokensIn(fields) : undefined;
  if (found) return found;
  const busy = answer.statusCode >= 500 || answer.statusCode === 429 || answer.statusCode === 408;
  throw new Failure('AUTHENTICATION', explain(answer, fields, grant, redact), { retryable: busy });
}

/** JSON under any content type, else a form (GitHub without `Accept`, Facebook once). */
function parse(body: string): Fields | undefined {
  const text = body.replace(/^\uFEFF/, '').trim();
  if (text.startsWith('{')) {
    try {
      return JSON.parse(text) as Fields;
    } catch {
      return undefined;
    }
  }
  if (!/^[\w.~%+-]+=/.test(text)) return undefined;
  const form = Object.fromEntries(new URLSearchParams(text));
  return 'access_token' in form || 'error' in form ? form : undefined;
}

function tokensIn(fields: Fields): TokenAnswer | undefined {
  // `authed_user`: Slack's user tokens; `data`: providers that wrap every answer; `id_token` alone: Google's service
  // accounts with a target audience
  const places = [fields, fields.authed_user, fields.data].filter(isFields);
  const holder = places.find((place) => textOf(place.access_token));
  const accessToken = holder ? textOf(holder.access_token) : textOf(fields.id_token);
  if (!accessToken) return undefined;
  const from = holder ?? fields;
  return {
    access_token: accessToken,
    token_type: 'bearer',
    expires_in: seconds(from.expires_in),
    refresh_token: textOf(from.refresh_token),
    scope: Array.isArray(from.scope) ? from.scope.join(' ') : textOf(from.scope),
  };
}

/** Seconds, sometimes as text; 0 is how some say that a token does not expire. */
function seconds(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number > 0 ? number : undefined;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** The set that an answer brings. @param asked when the request began: an expiry counted from there is never late */
export function tokenSet(answer: Omit<TokenAnswer, 'token_type'>, asked: number): TokenSet {
  return {
    accessToken: answer.access_token,
    tokenType: 'bearer',
    refreshToken: answer.refresh_token,
    obtainedAt: asked,
    expiresAt: answer.expires_in === undefined ? undefined : asked + answer.expires_in * 1000,
    scope: answer.scope,
  };
}

/** Provider's own names for the errors of RFC 6749 section 5.2. */
const synonyms: Readonly<Record<string, string>> = {
  invalid_code: 'invalid_grant',
  bad_verification_code: 'invalid_grant',
  bad_refresh_token: 'invalid_grant',
  invalid_refresh_token: 'invalid_grant',
  token_expired: 'invalid_grant',
  interaction_required: 'invalid_grant',
  incorrect_client_credentials: 'invalid_client',
  bad_client_secret: 'invalid_client',
  invalid_client_id: 'invalid_client',
  redirect_uri_mismatch: 'redirect_uri',
  bad_redirect_uri: 'redirect_uri',
};

const checkClient =
  'check the client ID and the secret, and how the secret is sent: in the header form-encoded, in the header raw, or in the body';

/** What to do about an error; by grant where it differs. */
const advice: Readonly<Record<string, string | Partial<Record<Grant, string>>>> = {
  invalid_grant: {
    code: 'the code has expired, was used before, or was made for another callback URL: connect again',
    refresh: 'the login has ended: connect again in the connection’s dialog',
    assertion:
      'the signed assertion was refused: check issuer, subject, audience, key and this computer’s clock',
  },
  invalid_client: { client: checkClient, code: checkClient, refresh: checkClient },
  invalid_scope: 'one of the scopes does not exist there or is not allowed for this client',
  invalid_target: 'the audience or resource does not exist there or is not allowed for this client',
  unauthorized_client: 'this client may not use this way to log in: allow it at the provider',
  unsupported_grant_type: 'the server does not offer this way to log in',
  access_denied: 'the login was refused, by the person or by the provider',
  redirect_uri: 'the callback URL is not registered for this client: register it at the provider',
};

/** The sentence for an error code (RFC 6749 sections 4.1.2.1 and 5.2), the provider's words after it. */
export function describeError(
  error: string,
  description: string | undefined,
  grant: Grant,
  redact: Redact = (text) => text,
): string {
  const entry = advice[synonyms[error] ?? error];
  const what = typeof entry === 'string' ? entry : entry?.[grant];
  const words = [error, description ?? '']
    .filter(Boolean)
    .map((text) => printable(text, redact))
    .join(': ');
  return what ? `${what} (${words})` : `the authorization server says ${words}`;
}

function explain(
  { statusCode, statusText, headers }: Parameters<typeof readTokenAnswer>[0],
  fields: Fields | undefined,
  grant: Grant,
  redact: Redact,
): string {
  const status = `${statusCode}${statusText ? ` ${statusText}` : ''}`;
  const inner = isFields(fields?.error) ? fields.error : fields;
  const error = textOf(inner?.error) ?? textOf(inner?.code) ?? textOf(inner?.type);
  const description = ['error_description', 'message', 'error_message', 'detail', 'title']
    .map((name) => textOf(inner?.[name]))
    .find(Boolean);
  if (error) return `no token (status ${status}): ${describeError(error, description, grant, redact)}`;
  if (description)
    return `no token (status ${status}): the authorization server says ${printable(description, redact)}`;
  if (statusCode >= 500) return `no token: the authorization server failed with status ${status}`;
  if (statusCode === 429) return 'no token: the authorization server wants fewer requests (status 429)';
  if (statusCode === 401 || statusCode === 403) {
    const hint = grant === 'assertion' ? 'check issuer, subject and key' : checkClient;
    return `no token: the authorization server answered ${status} without a reason: ${hint}`;
  }
  if (statusCode >= 300 && statusCode < 400) {
    const to = getHeader(headers, 'location');
    return `no token: the token URL answered ${status}${to ? `, to ${printable(withoutQuery(to), redact)}` : ''}: is it the token URL?`;
  }
  if (fields) return `no token: the answer with status ${status} holds no access_token: is it the token URL?`;
  return `no token: the answer with status ${status} is neither JSON nor a form: is it the token URL?`;
}

/** One line without control characters, of a length that fits a log. Half a secret is not recognised: redact, then cut. */
function printable(text: string, redact: Redact): string {
  const line = redact(text)
    .replace(/[\p{C}\s]+/gu, ' ')
    .trim();
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
}

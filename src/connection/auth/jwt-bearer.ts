import { Failure } from '../../exchange/failure';
import { redactor } from '../redact';
import type { ExtraParameters } from './oauth2';
import { importKey } from './oauth2-client';
import { readTokenAnswer, tokenSet } from './token-answer';
import { tokenAuthenticator, type TokenAuthenticator, type TokenScheme } from './token-authenticator';
import { send } from './token-request';
import { Tokens } from './tokens';

export interface JwtBearerSettings {
  tokenEndpoint: string;
  issuer: string;
  /** For whom; '' leaves it out. */
  subject: string;
  /** '' for the token URL. */
  audience: string;
  /** As a claim, and as a parameter of the request: some servers look here, some there; or ''. */
  scope: string;
  /** PEM; for HS256 and its kind the shared secret. */
  key: string;
  /** JWS algorithm (RFC 7518 section 3.1), for example RS256. */
  algorithm: string;
  /** '' leaves it out. */
  keyId: string;
  /** Seconds that the assertion is valid. */
  lifetime: number;
  /** More claims. */
  claims: Readonly<Record<string, unknown>>;
  /** More for the token request. */
  parameters: ExtraParameters;
}

/**
 * A signed assertion is exchanged for a token (RFC 7523 section 2.1): service accounts.
 *
 * @throws Failure CONFIG when something is missing
 */
export function jwtBearer(settings: JwtBearerSettings, scheme: TokenScheme): TokenAuthenticator {
  for (const [name, value] of [
    ['the token URL', settings.tokenEndpoint],
    ['the issuer', settings.issuer],
    ['the key', settings.key],
    ['the algorithm', settings.algorithm],
  ] as const) {
    if (!value) throw new Failure('CONFIG', `${name} of the JWT bearer is empty`);
  }
  const tokens = new Tokens({
    ...scheme,
    secrets: [settings.key],
    source: {
      renewable: () => true,
      async obtain(_current, signal) {
        const asked = scheme.now();
        const assertion = await sign(settings, asked);
        const form = new URLSearchParams(settings.parameters.map(([name, value]) => [name, value]));
        if (settings.scope) form.set('scope', settings.scope);
        form.set('grant_type', 'urn:ietf:params:oauth:grant-type:jwt-bearer');
        form.set('assertion', assertion);
        const headers = {
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
          accept: 'application/json',
        };
        const request = { method: 'POST', url: settings.tokenEndpoint, headers, body: form.toString() };
        const answer = await send(scheme.http, request, 'the token request', signal);
        const fields = readTokenAnswer(answer, 'assertion', redactor([assertion]));
        return tokenSet({ ...fields, refresh_token: undefined }, asked);
      },
    },
  });
  return tokenAuthenticator(tokens, { ...scheme, close: () => scheme.http.close() });
}

/** RFC 7523 section 3: issuer, subject, audience, expiry; a `jti` so that a server may refuse a replay. */
async function sign(settings: JwtBearerSettings, now: number): Promise<string> {
  const { SignJWT } = await import('jose');
  const { algorithm, key, keyId } = settings;
  const seconds = Math.floor(now / 1000);
  const jwt = new SignJWT({ ...(settings.scope && { scope: settings.scope }), ...settings.claims })
    .setProtectedHeader({ alg: algorithm, typ: 'JWT', ...(keyId && { kid: keyId }) })
    .setIssuer(settings.issuer)
    .setAudience(settings.audience || settings.tokenEndpoint)
    .setIssuedAt(seconds)
    .setExpirationTime(seconds + settings.lifetime)
    .setJti(crypto.randomUUID());
  if (settings.subject) jwt.setSubject(settings.subject);
  const shared = algorithm.startsWith('HS');
  return jwt.sign(shared ? Buffer.from(key, 'utf8') : await importKey(key, algorithm));
}

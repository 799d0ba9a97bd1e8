import { createHmac, randomBytes } from 'node:crypto';
import { Failure } from '../../exchange/failure';
import { isStreamed, readThrough, type Body } from '../body';
import { getHeader, setHeader } from '../headers';
import { noAuthentication, type Authenticator } from './authenticator';
import {
  covers,
  hmac,
  parseSignedText,
  renderSignedText,
  signingKey,
  type HmacAlgorithm,
  type SecretFormat,
  type SignatureEncoding,
  type SignedParts,
  type SignedText,
} from './signed-text';

/** How an outbound webhook is signed. */
export interface SigningScheme {
  secret: string;
  secretFormat: SecretFormat;
  /** What is signed, over `{id} {timestamp} {method} {url} {path} {body}`. */
  text: string;
  algorithm: HmacAlgorithm;
  encoding: SignatureEncoding;
  /** Where the signature goes. */
  header: string;
  /** Around the signature: `sha256={signature}`, `t={timestamp},v1={signature}`. */
  value: string;
  /** Where the id and the timestamp go; '' for nowhere. */
  idHeader: string;
  timestampHeader: string;
  timestampFormat: 'seconds' | 'milliseconds' | 'iso';
}

type Values = Omit<SignedParts, 'body'> & { body: Body };

/** What comes from outside: milliseconds since the epoch, and a new id. */
export interface SigningSources {
  now?: () => number;
  newId?: () => string;
}

/**
 * Signs each request with an HMAC. The id is the one in the request's own id header, else its `Idempotency-Key`, which
 * stays the same over the attempts of a request, else a new one.
 *
 * @param inner the authentication that the request carries beside its signature
 * @throws Failure CONFIG when a setting is missing, or signs an id or a timestamp that the receiver is never told
 */
export function signing(
  scheme: SigningScheme,
  inner: Authenticator = noAuthentication,
  { now = Date.now, newId = randomId }: SigningSources = {},
): Authenticator {
  const text = parseSignedText(scheme.text);
  const key = signingKey(scheme.secret, scheme.secretFormat);
  if (!scheme.header) throw new Failure('CONFIG', 'the signature has no header to go to');
  if (!scheme.value.includes('{signature}')) {
    throw new Failure('CONFIG', `the value of the header "${scheme.header}" does not hold {signature}`);
  }
  for (const part of ['id', 'timestamp'] as const) {
    if (covers(text, part) && !scheme[`${part}Header`] && !scheme.value.includes(`{${part}}`)) {
      throw new Failure(
        'CONFIG',
        `the signature covers the ${part}, which no header carries to the receiver`,
      );
    }
  }
  const mine = [scheme.secret, key.toString('base64')];
  let secrets: readonly string[] = mine;
  let ofInner: readonly string[] | undefined;

  /** A body that is streamed is read through, not held. */
  async function hmacOf(signed: SignedText, values: Values, signal: AbortSignal): Promise<string> {
    const { body } = values;
    if (!isStreamed(body)) {
      return hmac(scheme.algorithm, scheme.encoding, key, renderSignedText(signed, { ...values, body }));
    }
    const mac = createHmac(scheme.algorithm, key);
    for (const piece of signed) {
      if (typeof piece === 'string') mac.update(piece, 'utf8');
      else if (piece.part !== 'body') mac.update(values[piece.part], 'utf8');
      else await readThrough(body, (chunk) => mac.update(chunk), signal);
    }
    return mac.digest(scheme.encoding);
  }

  return {
    async authorize(hop, signal) {
      await inner.authorize(hop, signal);
      const { idHeader, timestampHeader } = scheme;
      const own = idHeader && getHeader(hop.headers, idHeader);
      const id = own || getHeader(hop.headers, 'idempotency-key') || newId();
      const timestamp = formatTimestamp(now(), scheme.timestampFormat);
      const signature = await hmacOf(
        text,
        {
          id,
          timestamp,
          method: hop.method,
          url: hop.url.href,
          path: hop.url.pathname + hop.url.search,
          body: hop.body ?? Buffer.alloc(0),
        },
        signal,
      );
      if (idHeader) setHeader(hop.headers, idHeader, id);
      if (timestampHeader) setHeader(hop.headers, timestampHeader, timestamp);
      const values = { id, timestamp, signature };
      const value = scheme.value.replace(
        /\{(id|timestamp|signature)\}/g,
        (_, name: keyof typeof values) => values[name],
      );
      setHeader(hop.headers, scheme.header, value);
    },
    async renew(answer, hop, signal) {
      return (await inner.renew?.(answer, hop, signal)) ?? false;
    },
    readsBody: (head) => inner.readsBody?.(head) ?? false,
    secrets() {
      const now = inner.secrets();
      if (now !== ofInner) {
        ofInner = now;
        secrets = now.length > 0 ? [...mine, ...now] : mine;
      }
      return secrets;
    },
    async close() {
      await inner.close?.();
    },
  };
}

/**
 * Standard Webhooks (github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md): HMAC-SHA256 over
 * `id.timestamp.body`, the secret base64 after `whsec_`.
 */
export function standardWebhooks(
  secret: string,
  inner: Authenticator = noAuthentication,
  sources: SigningSources = {},
): Authenticator {
  return signing({ ...standardScheme, secret }, inner, sources);
}

const standardScheme: Omit<SigningScheme, 'secret'> = {
  secretFormat: 'base64',
  text: '{id}.{timestamp}.{body}',
  algorithm: 'sha256',
  encoding: 'base64',
  header: 'webhook-signature',
  value: 'v1,{signature}',
  idHeader: 'webhook-id',
  timestampHeader: 'webhook-timestamp',
  timestampFormat: 'seconds',
};

function formatTimestamp(milliseconds: number, format: SigningScheme['timestampFormat']): string {
  if (format === 'iso') return new Date(milliseconds).toISOString();
  return String(format === 'seconds' ? Math.floor(milliseconds / 1000) : milliseconds);
}

function randomId(): string {
  return `msg_${randomBytes(18).toString('base64url')}`;
}

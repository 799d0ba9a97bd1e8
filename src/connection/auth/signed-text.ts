import { createHmac } from 'node:crypto';
import { Failure } from '../../exchange/failure';

/**
 * What a signature covers, as a template: `{timestamp}.{body}`. The same template signs a request that leaves and
 * verifies a delivery that comes in, so nothing here knows which of the two it is.
 */
export interface SignedParts {
  id: string;
  /** As it stands in its header: the digits that were sent, not a number. */
  timestamp: string;
  /** As it is sent, which is in upper case for every method that HTTP knows. */
  method: string;
  /** The whole URL. */
  url: string;
  /** The URL's path with its query. */
  path: string;
  /** The raw bytes. */
  body: Buffer;
}

/** Literal texts, and the names of parts between them. */
export type SignedText = readonly (string | { part: keyof SignedParts })[];

export const hmacAlgorithms = ['sha1', 'sha256', 'sha384', 'sha512'] as const;
export const signatureEncodings = ['hex', 'base64', 'base64url'] as const;
export const secretFormats = ['text', 'base64', 'hex'] as const;
export type HmacAlgorithm = (typeof hmacAlgorithms)[number];
export type SignatureEncoding = (typeof signatureEncodings)[number];
/** How the secret is written: used as it is, or decoded first. A `whsec_` in front of base64 is left out. */
export type SecretFormat = (typeof secretFormats)[number];

const parts: readonly string[] = [
  'id',
  'timestamp',
  'method',
  'url',
  'path',
  'body',
] satisfies (keyof SignedParts)[];

/**
 * Reads a template. `\n` is a line break, `\\` a backslash; braces around anything that is not a word are literal.
 *
 * @throws Failure CONFIG when it is empty or names a part that there is not
 */
export function parseSignedText(template: string): SignedText {
  const text: (string | { part: keyof SignedParts })[] = [];
  for (const [match, name, escaped] of template.matchAll(/\{(\w+)\}|\\([n\\])|[^{\\]+|[{\\]/g)) {
    if (name === undefined) text.push(escaped === 'n' ? '\n' : (escaped ?? match));
    else if (parts.includes(name)) text.push({ part: name as keyof SignedParts });
    else throw new Failure('CONFIG', `a signature cannot cover {${name}}: there are ${listed()}`);
  }
  if (text.length === 0) throw new Failure('CONFIG', 'the text to sign is empty');
  return text;
}

/** Whether the template covers a part. */
export function covers(text: SignedText, part: keyof SignedParts): boolean {
  return text.some((piece) => typeof piece !== 'string' && piece.part === part);
}

/** The bytes to sign. */
export function renderSignedText(text: SignedText, values: SignedParts): Buffer {
  return Buffer.concat(
    text.map((piece) => {
      const value = typeof piece === 'string' ? piece : values[piece.part];
      return typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
    }),
  );
}

const writtenAs = {
  base64: /^(?:[a-z0-9+/_-]{4})*(?:[a-z0-9+/_-]{2}(?:==)?|[a-z0-9+/_-]{3}=?|[a-z0-9+/_-]{4})$/i,
  hex: /^(?:[0-9a-f]{2})+$/i,
};

/**
 * The key that a secret stands for.
 *
 * @throws Failure CONFIG when the secret is empty or not written in the format; the message does not show it
 */
export function signingKey(secret: string, format: SecretFormat): Buffer {
  const written = format === 'base64' ? secret.replace(/^whsec_/, '') : secret;
  if (!written) throw new Failure('CONFIG', 'the signing secret is empty');
  if (format === 'text') return Buffer.from(written, 'utf8');
  if (!writtenAs[format].test(written)) {
    throw new Failure('CONFIG', `the signing secret is not valid ${format}`);
  }
  return Buffer.from(written, format);
}

/** The HMAC (RFC 2104) of a text in the encoding in which it is sent. */
export function hmac(
  algorithm: HmacAlgorithm,
  encoding: SignatureEncoding,
  key: Buffer,
  text: Buffer,
): string {
  return createHmac(algorithm, key).update(text).digest(encoding);
}

function listed(): string {
  return `${parts
    .slice(0, -1)
    .map((part) => `{${part}}`)
    .join(', ')} and {${parts.at(-1)}}`;
}

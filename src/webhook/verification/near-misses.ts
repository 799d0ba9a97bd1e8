import { secretFormats, signatureEncodings, type SecretFormat } from '../../connection/auth/signed-text';
import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { algorithms, decodeSignature, type Key, type SignatureAlgorithm } from './algorithms';
import { otherUrls } from './public-url';
import type { SignatureScheme } from './scheme';
import {
  coversUrl,
  missingHeaders,
  parseSignedContent,
  renderSignedContent,
  type Known,
} from './signed-content';

/** A delivery whose signature does not match. */
export interface Evidence {
  scheme: SignatureScheme;
  secrets: readonly string[];
  publicUrl: string;
  delivery: Delivery;
  known: Known;
  signatures: readonly string[];
}

/** What might have been meant: one thing different from what is set. */
interface Guess {
  says: string;
  algorithm?: SignatureAlgorithm;
  text?: string;
  /** The secret as it would have to be read; undefined from a guess that does not apply to a secret. */
  secret?: (secret: string) => { secret: string; format: SecretFormat } | undefined;
  url?: string;
  body?: Buffer;
}

/** Some thirty digests for each secret: of 64 kB at the most that is a few milliseconds. */
const longestBody = 64 * 1024;
const mostSecrets = 2;

/**
 * Why a signature does not match, when one setting explains it; undefined when none does. Only ever the words of a log:
 * the delivery is refused already.
 */
export function nearMiss(evidence: Evidence): string | undefined {
  if (evidence.delivery.body.length > longestBody) return undefined;
  for (const kind of kinds) {
    for (const guess of kind(evidence)) {
      const encoding = fits(evidence, guess);
      if (!encoding) continue;
      const { scheme } = evidence;
      const other =
        encoding === scheme.encoding ? '' : `the signature is in ${encoding}, but ${scheme.encoding} is set`;
      return [guess.says, other].filter(Boolean).join('; ');
    }
  }
  return undefined;
}

const kinds: readonly ((evidence: Evidence) => Guess[])[] = [
  () => [{ says: '' }],
  otherSecrets,
  otherSigned,
  otherBodies,
  otherTexts,
  otherAlgorithms,
];

/** The encoding in which a guess matches. */
function fits({ scheme, secrets, delivery, known, signatures }: Evidence, guess: Guess) {
  const algorithm = algorithms[guess.algorithm ?? scheme.algorithm];
  const content = parseSignedContent(guess.text ?? scheme.text);
  if (missingHeaders(content, delivery).length > 0) return undefined;
  const url = guess.url ?? known.url;
  const sent = guess.body ? { ...delivery, body: guess.body } : delivery;
  const text = renderSignedContent(content, sent, { ...known, url });
  const [signature = ''] = signatures;
  const encodings = signatureEncodings.filter((name) => decodeSignature(signature, name));
  for (const secret of secrets.slice(0, mostSecrets)) {
    const read = guess.secret ? guess.secret(secret) : { secret, format: scheme.secretFormat };
    const key = read && readKey(algorithm, read.secret, read.format);
    if (!key) continue;
    const encoding = encodings.find((name) => algorithm.verify(key, text, signature, name));
    if (encoding) return encoding;
  }
  return undefined;
}

function readKey(
  algorithm: (typeof algorithms)[SignatureAlgorithm],
  secret: string,
  format: SecretFormat,
): Key | undefined {
  try {
    return algorithm.readKey(secret, format);
  } catch (error) {
    if (error instanceof Failure) return undefined;
    throw error;
  }
}

const written: Readonly<Record<SecretFormat, string>> = {
  text: 'the raw secret',
  base64: 'the secret decoded from base64',
  hex: 'the secret decoded from hex',
};

function otherSecrets({ scheme: { secretFormat: set, algorithm } }: Evidence): Guess[] {
  if (!algorithm.startsWith('hmac-')) return [];
  const formats = secretFormats.filter((format) => format !== set);
  const whsec = /^whsec_/;
  return [
    ...formats.map((format) => ({
      says: `signed with ${written[format]}, not with ${written[set]}`,
      secret: (secret: string) => ({ secret: secret.trim(), format }),
    })),
    {
      says: 'signed with the secret without the blanks around it',
      secret: (secret) => (secret === secret.trim() ? undefined : { secret: secret.trim(), format: set }),
    },
    {
      says: 'signed with what follows "whsec_", as text',
      secret: (secret) =>
        whsec.test(secret) ? { secret: secret.replace(whsec, ''), format: 'text' } : undefined,
    },
  ];
}

function otherSigned({ scheme, delivery, publicUrl }: Evidence): Guess[] {
  if (!coversUrl(parseSignedContent(scheme.text))) return [];
  return otherUrls(delivery, publicUrl).map((url) => ({
    // the query may hold what is nobody's business
    says: `signed another URL: set the public URL to what the sender has, ${url.replace(/\?.*$/s, '')}`,
    url,
  }));
}

function otherBodies({ delivery: { body } }: Evidence): Guess[] {
  const text = body.toString('latin1');
  const compact = compactJson(body);
  const guesses: Guess[] = [
    { says: 'signed without a body: the body is not part of it', body: Buffer.alloc(0) },
    {
      says: 'signed with a line break at the end of the body, which did not arrive',
      body: Buffer.concat([body, Buffer.from('\n')]),
    },
    {
      says: 'signed without the blanks at the end of the body, which something added',
      body: Buffer.from(text.trimEnd(), 'latin1'),
    },
  ];
  if (compact) {
    guesses.push({ says: 'signed the same JSON without blanks: something wrote it anew', body: compact });
  }
  return guesses.filter((guess) => !guess.body!.equals(body));
}

function compactJson(body: Buffer): Buffer | undefined {
  try {
    return Buffer.from(JSON.stringify(JSON.parse(body.toString('utf8'))), 'utf8');
  } catch {
    return undefined;
  }
}

/** What senders sign most. */
export const nearMissTexts: readonly string[] = [
  '{body}',
  '{timestamp}.{body}',
  '{timestamp}{body}',
  '{timestamp}:{body}',
  'v0:{timestamp}:{body}',
  '{body}{timestamp}',
  '{id}.{timestamp}.{body}',
];

function otherTexts({ scheme, known }: Evidence): Guess[] {
  return nearMissTexts
    .filter((text) => text !== scheme.text)
    .filter(
      (text) => (known.timestamp || !text.includes('{timestamp}')) && (known.id || !text.includes('{id}')),
    )
    .map((text) => ({ says: `signed is "${text}", but "${scheme.text}" is set`, text }));
}

function otherAlgorithms({ scheme }: Evidence): Guess[] {
  const family = scheme.algorithm.split('-', 1)[0]!;
  const names = Object.keys(algorithms) as SignatureAlgorithm[];
  return names
    .filter((name) => name !== scheme.algorithm && name.split('-', 1)[0] === family)
    .map((name) => ({
      says: `signed with ${algorithms[name].label}, but ${algorithms[scheme.algorithm].label} is set`,
      algorithm: name,
    }));
}

/** Given the secret: how a delivery was signed. For a person who sets it up; a delivery is never accepted by it. */
import { secretFormats, type SecretFormat } from '../connection/auth/signed-text';
import type { Reason } from '../sample/reason';
import type { Delivery } from './delivery';
import { algorithmsOf, idHeader, shapeOf, timestampHeader } from './signature-shape';
import { algorithms } from './verification/algorithms';
import { nearMissTexts } from './verification/near-misses';
import type { SignatureScheme, TimestampSource } from './verification/scheme';
import { SignatureVerifier } from './verification/signature';
import { headerOf } from './verification/signed-content';

export interface FoundScheme {
  /** With the tolerance of the scheme that was looked from. */
  scheme: SignatureScheme;
  /** What is different in it; none when the scheme is right as it is. */
  differs: Reason<SchemeDifference>[];
}

/** `text`, `algorithm`, `encoding` and `prefix` with `name`: what it is in the delivery. */
export type SchemeDifference =
  | 'text'
  | 'algorithm'
  | 'secretText'
  | 'secretBase64'
  | 'secretHex'
  | 'encoding'
  | 'prefix'
  | 'noPrefix'
  | 'entries';

export interface FindOptions {
  secrets: readonly string[];
  publicUrl: string;
}

/** Above that it takes too long: some hundred digests. */
const longestBody = 256 * 1024;

/** What senders sign, beside what `near-misses.ts` has. */
const otherTexts = [
  '{url}{body}',
  '{url}',
  '{method}{url}{body}{timestamp}',
  '{id}{timestamp}{body}',
  '{url}{form}',
];

/**
 * The scheme that the delivery is right by, the given one or one that differs from it in what is signed, the algorithm, how
 * the secret is read, or how the header is written. Undefined when there is none: then the secret is another.
 *
 * How old the delivery is does not count.
 */
export function findScheme(
  given: SignatureScheme,
  delivery: Delivery,
  options: FindOptions,
): FoundScheme | undefined {
  if (isRight(given, delivery, options)) return { scheme: given, differs: [] };
  if (delivery.body.length > longestBody || options.secrets.length === 0) return undefined;
  const written = asWritten(given, delivery);
  for (const scheme of [given, ...(written ? [written] : [])].flatMap((base) => variants(base, delivery))) {
    if (isRight(scheme, delivery, options)) return { scheme, differs: differences(given, scheme) };
  }
  return undefined;
}

function isRight(scheme: SignatureScheme, delivery: Delivery, { secrets, publicUrl }: FindOptions): boolean {
  const { timestamp } = scheme;
  const ageless = timestamp ? { ...scheme, timestamp: { ...timestamp, tolerance: 0 } } : scheme;
  try {
    // without a reason: that would look for near misses each time
    new SignatureVerifier(ageless, { secrets, publicUrl, reasons: false }).verify(delivery);
    return true;
  } catch {
    return false;
  }
}

/** The scheme with its header read as it came. */
function asWritten(scheme: SignatureScheme, delivery: Delivery): SignatureScheme | undefined {
  const shape = shapeOf(headerOf(delivery, scheme.header.toLowerCase()) ?? '');
  if (!shape) return undefined;
  const { separator, prefix, encoding } = shape;
  const timestamp = shape.timestamp ?? scheme.timestamp ?? timestampHeader(delivery);
  return { ...scheme, separator, prefix, encoding, ...(timestamp ? { timestamp } : {}) };
}

function variants(base: SignatureScheme, delivery: Delivery): SignatureScheme[] {
  const shape = shapeOf(headerOf(delivery, base.header.toLowerCase()) ?? '');
  const id = base.idHeader || idHeader(delivery, base.header.toLowerCase());
  const timestamp = base.timestamp ?? timestampHeader(delivery);
  const hasTime = timestamp !== undefined && timestamp.from !== 'body';
  const texts = [base.text, ...nearMissTexts, ...otherTexts].filter(
    (text) => (hasTime || !text.includes('{timestamp}')) && (id !== '' || !text.includes('{id}')),
  );
  const names = shape ? algorithmsOf(shape.bytes).filter((name) => name !== base.algorithm) : [];
  return [base.algorithm, ...names].flatMap((algorithm) =>
    formatsOf(base.secretFormat).flatMap((secretFormat) =>
      [...new Set(texts)].map((text): SignatureScheme => {
        return { ...base, algorithm, secretFormat, text, ...needed(text, id, timestamp) };
      }),
    ),
  );
}

/** A scheme names only what it signs. */
function needed(
  text: string,
  idHeader: string,
  timestamp: TimestampSource | undefined,
): Partial<SignatureScheme> {
  return { idHeader: text.includes('{id}') ? idHeader : '', ...(timestamp ? { timestamp } : {}) };
}

function formatsOf(set: SecretFormat): SecretFormat[] {
  return [set, ...secretFormats.filter((format) => format !== set)];
}

const secretCodes = { text: 'secretText', base64: 'secretBase64', hex: 'secretHex' } as const;

function differences(from: SignatureScheme, to: SignatureScheme): Reason<SchemeDifference>[] {
  const found: (Reason<SchemeDifference> | undefined)[] = [
    from.text === to.text ? undefined : { code: 'text', values: { name: to.text } },
    from.algorithm === to.algorithm
      ? undefined
      : { code: 'algorithm', values: { name: algorithms[to.algorithm].label } },
    from.secretFormat === to.secretFormat ? undefined : { code: secretCodes[to.secretFormat] },
    from.encoding === to.encoding ? undefined : { code: 'encoding', values: { name: to.encoding } },
    from.prefix === to.prefix
      ? undefined
      : to.prefix === ''
        ? { code: 'noPrefix' }
        : { code: 'prefix', values: { name: to.prefix } },
    from.separator === to.separator ? undefined : { code: 'entries' },
  ];
  return found.filter((one) => one !== undefined);
}

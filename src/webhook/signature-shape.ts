/** What a header's value looks like, when it may be a signature. Pure. */
import { signatureEncodings, type SignatureEncoding } from '../connection/auth/signed-text';
import type { Delivery } from './delivery';
import { decodeSignature, type SignatureAlgorithm } from './verification/algorithms';
import type { SignatureScheme, TimestampSource } from './verification/scheme';
import { signatureScheme } from './verification/scheme';
import { readTimestamp, timestampUnits } from './verification/timestamp';

/** Bytes of the signatures of each algorithm that has a length of its own. */
const lengths: Readonly<Partial<Record<SignatureAlgorithm, number>>> = {
  'hmac-sha1': 20,
  'hmac-sha256': 32,
  'hmac-sha384': 48,
  'hmac-sha512': 64,
  ed25519: 64,
  'ecdsa-p256-sha256': 64,
  'ecdsa-p384-sha384': 96,
};

/** Whether bytes can be a signature of the algorithm. */
export function fitsAlgorithm(bytes: Buffer, algorithm: SignatureAlgorithm): boolean {
  const length = lengths[algorithm];
  if (length !== undefined) return bytes.length === length;
  if (algorithm.endsWith('-der')) return bytes[0] === 0x30 && bytes[1] === bytes.length - 2;
  // RSA: the length of its key, which begins at 2048 bits
  return bytes.length >= 256 && bytes.length <= 1024;
}

/** Algorithms that a signature can be of, the likeliest first. */
export function algorithmsOf(bytes: Buffer): SignatureAlgorithm[] {
  const known: readonly SignatureAlgorithm[] = [
    'hmac-sha1',
    'hmac-sha256',
    'hmac-sha384',
    'hmac-sha512',
    'ed25519',
    'ecdsa-p256-sha256',
    'ecdsa-p384-sha384',
    'ecdsa-p256-sha256-der',
    'rsa-sha256',
  ];
  return known.filter((algorithm) => fitsAlgorithm(bytes, algorithm));
}

/** One signature as it is written. */
interface Written {
  encoding: SignatureEncoding;
  bytes: Buffer;
}

/** Longer is no signature header. */
const longest = 4096;

/** A text as the signature that it can be; undefined for any other text. */
export function readSignature(text: string): Written | undefined {
  for (const encoding of signatureEncodings) {
    const bytes = decodeSignature(text, encoding);
    if (bytes && algorithmsOf(bytes).length > 0) return { encoding, bytes };
  }
  return undefined;
}

/** How a header's value is built: its signature, what is in front of it, and the timestamp beside it. */
export interface SignatureShape extends Written {
  separator: SignatureScheme['separator'];
  prefix: string;
  /** What is in front of the timestamp; undefined without one. */
  timestamp?: TimestampSource;
}

/** The shape of a value; undefined when it does not look like signatures. */
export function shapeOf(value: string): SignatureShape | undefined {
  if (value.length > longest) return undefined;
  const whole = entryOf(value.trim());
  if (whole) return { ...whole, separator: '' };
  for (const separator of [',', ';', ' '] as const) {
    const entries = value.split(separator).map((entry) => entry.trim());
    if (entries.length < 2 || entries.length > 16) continue;
    const signed = entries.flatMap((entry) => entryOf(entry) ?? [])[0];
    if (!signed) continue;
    const timestamp = entries.flatMap((entry) => timeOf(entry) ?? [])[0];
    return { ...signed, separator, ...(timestamp ? { timestamp } : {}) };
  }
  return undefined;
}

/** `sha256=…`, `v1=…`, `v1,…`, `HMAC-SHA256 …` or the signature alone. */
function entryOf(entry: string): (Written & { prefix: string }) | undefined {
  const alone = readSignature(entry);
  if (alone) return { ...alone, prefix: '' };
  const [prefix = ''] = /^[A-Za-z][\w-]{0,23}[=:, ]\s*/.exec(entry) ?? [];
  const rest = prefix === '' ? undefined : readSignature(entry.slice(prefix.length));
  return rest && { ...rest, prefix };
}

function timeOf(entry: string): TimestampSource | undefined {
  const [, name, text = ''] = /^([A-Za-z]{1,12}=)(\d{9,14})$/.exec(entry) ?? [];
  const unit = unitOf(text);
  return name === undefined || unit === undefined ? undefined : { from: 'entry', name, unit, tolerance: 300 };
}

/** Seconds, milliseconds or ISO 8601 of this century. */
export function unitOf(text: string): TimestampSource['unit'] | undefined {
  return timestampUnits.find((unit) => {
    const time = readTimestamp(text, unit);
    return time !== undefined && time > 946_684_800_000 && time < 4_102_444_800_000;
  });
}

/** A header beside the signature's with a timestamp that may be signed too. */
export function timestampHeader({ headers }: Delivery): TimestampSource | undefined {
  for (const [name, value] of Object.entries(headers)) {
    if (typeof value !== 'string' || !/(?:timestamp|-time|-ts|sent-at|-date)$/.test(name)) continue;
    const unit = unitOf(value.trim());
    if (unit) return { from: 'header', name, unit, tolerance: 300 };
  }
  return undefined;
}

/** A header with the id of the message, beside a signature's of the same family; '' for none. */
export function idHeader({ headers }: Delivery, signature: string): string {
  const family = signature.replace(/-?(?:signature|hmac|sign).*$/, '');
  const names = Object.keys(headers).filter((name) => /-id$/.test(name) && name !== 'x-request-id');
  return names.find((name) => family !== '' && name.startsWith(`${family}-`)) ?? '';
}

/** The scheme of a shape, with what such senders mostly sign. */
export function schemeOf(header: string, shape: SignatureShape, delivery: Delivery): SignatureScheme {
  const [algorithm = 'hmac-sha256'] = named(header, shape) ?? algorithmsOf(shape.bytes);
  const timestamp = shape.timestamp ?? timestampHeader(delivery);
  const id = timestamp?.from === 'header' ? idHeader(delivery, header) : '';
  const text = id ? '{id}.{timestamp}.{body}' : timestamp ? '{timestamp}.{body}' : '{body}';
  const { encoding, separator, prefix } = shape;
  return signatureScheme({
    header,
    text,
    algorithm,
    encoding,
    separator,
    prefix,
    idHeader: id,
    secretFormat: algorithm.startsWith('hmac-') ? 'text' : encoding === 'hex' ? 'hex' : 'base64',
    ...(timestamp ? { timestamp } : {}),
  });
}

/** What the header's name or the prefix say of the algorithm. */
function named(header: string, { prefix, bytes }: SignatureShape): SignatureAlgorithm[] | undefined {
  const text = `${header} ${prefix}`.toLowerCase();
  const found = algorithmsOf(bytes).filter((algorithm) =>
    text.includes(algorithm.replace(/^.*?-/, '').split('-')[0]!),
  );
  return found.length > 0 ? found : undefined;
}

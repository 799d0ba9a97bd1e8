import { parseSignedText, type SignedParts, type SignedText } from '../../connection/auth/signed-text';
import { mediaType } from '../../exchange/decode';
import { queryOf, readFields, type Delivery } from '../delivery';
import type { SignatureScheme } from './scheme';

/** What only a receiver signs over, beside the parts that both sides know. */
type ReceivedPart = 'host' | 'query' | 'form';
type Piece = SignedText[number] | { received: ReceivedPart } | { header: string };

/** A parsed template. */
export interface SignedContent {
  pieces: readonly Piece[];
  /** Parts and, in lower case, headers that it covers. */
  covered: ReadonlySet<string>;
}

/** What of a delivery the caller has found out. */
export interface Known {
  id: string;
  timestamp: string;
  /** The whole URL as the sender signed it. */
  url: string;
}

/** @throws Failure CONFIG when it is empty or names a part that there is not */
export function parseSignedContent(template: string): SignedContent {
  const pieces: Piece[] = [];
  // between the receiver's own parts, a template is what it is for a sender
  let from = 0;
  for (const match of template.matchAll(/\{(host|query|form|header:([!#$%&'*+.^`|~\w-]+))\}/g)) {
    if (match.index > from) pieces.push(...parseSignedText(template.slice(from, match.index)));
    const [whole, name, header] = match;
    pieces.push(header === undefined ? { received: name as ReceivedPart } : { header: header.toLowerCase() });
    from = match.index + whole.length;
  }
  if (from < template.length || pieces.length === 0) pieces.push(...parseSignedText(template.slice(from)));
  return { pieces, covered: new Set(pieces.flatMap(coveredBy)) };
}

/** Whether the URL is in any way part of it. */
export function coversUrl({ covered }: SignedContent): boolean {
  return ['url', 'path', 'host', 'query'].some((part) => covered.has(part));
}

/** Headers that it covers and that the delivery does not have. */
export function missingHeaders({ pieces }: SignedContent, { headers }: Delivery): string[] {
  return pieces.flatMap((piece) =>
    typeof piece === 'object' && 'header' in piece && typeof headers[piece.header] !== 'string'
      ? [piece.header]
      : [],
  );
}

/** The bytes that are signed. Headers are taken byte for byte, as Node.js reads them as latin1. */
export function renderSignedContent({ pieces }: SignedContent, delivery: Delivery, known: Known): Buffer {
  const [only] = pieces;
  if (pieces.length === 1 && typeof only === 'object' && 'part' in only && only.part === 'body') {
    return delivery.body;
  }
  const values: SignedParts = {
    ...known,
    method: delivery.method,
    path: known.url.replace(/^[a-z]+:\/\/[^/?#]*/i, ''),
    body: delivery.body,
  };
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece, 'utf8');
      if ('header' in piece) return Buffer.from(headerOf(delivery, piece.header) ?? '', 'latin1');
      if ('received' in piece) return Buffer.from(received[piece.received](delivery, known.url), 'utf8');
      const value = values[piece.part];
      if (typeof value !== 'string') return value;
      return Buffer.from(value, piece.part === 'id' || piece.part === 'timestamp' ? 'latin1' : 'utf8');
    }),
  );
}

/** A header that came with one value. */
export function headerOf({ headers }: Delivery, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return typeof value === 'string' ? value : undefined;
}

/** Whether `{form}` is the body. */
export function isForm({ headers }: Delivery): boolean {
  return mediaType(headers['content-type'] ?? '') === 'application/x-www-form-urlencoded';
}

/** The digest of the body that the URL carries for a scheme; undefined when there is none. */
export function bodyDigestOf({ bodyDigest }: SignatureScheme, { url }: Delivery): string | undefined {
  return bodyDigest === '' ? undefined : (new URLSearchParams(queryOf(url)).get(bodyDigest) ?? undefined);
}

const received: Readonly<Record<ReceivedPart, (delivery: Delivery, url: string) => string>> = {
  host: (_, url) => /^[a-z]+:\/\/([^/?#]*)/i.exec(url)?.[1] ?? '',
  query: (_, url) => queryOf(url),
  form: (delivery) => (isForm(delivery) ? sortedForm(delivery.body) : ''),
};

/** Names in the order of their UTF-16 units; the values of a repeated name once each and sorted (twilio-node, webhooks.ts). */
function sortedForm(body: Buffer): string {
  const fields = readFields(body.toString('utf8'));
  return Object.keys(fields)
    .sort()
    .flatMap((name) => [...new Set([fields[name]!].flat())].sort().map((value) => name + value))
    .join('');
}

function coveredBy(piece: Piece): string[] {
  if (typeof piece === 'string') return [];
  if ('header' in piece) return [piece.header];
  return ['received' in piece ? piece.received : piece.part];
}

import { MIMEType } from 'node:util';

/** undefined when there is none or it cannot be read. */
export function parseType(contentType: string): MIMEType | undefined {
  try {
    return contentType ? new MIMEType(contentType) : undefined;
  } catch {
    return undefined;
  }
}

/** The charset that a content type names, if any. */
export function charsetOf(contentType: string): string | undefined {
  return parseType(contentType)?.params.get('charset') ?? undefined;
}

/** The media type without parameters, in lower case; '' when there is none or it cannot be read. */
export function mediaType(contentType: string): string {
  return parseType(contentType)?.essence ?? '';
}

export function isJsonType(media: string): boolean {
  return media === 'application/json' || media === 'text/json' || media.endsWith('+json');
}

/** XML that is data. A page or a drawing in XML is text. */
export function isXmlType(media: string): boolean {
  if (media === 'application/xhtml+xml' || media === 'image/svg+xml') return false;
  return media === 'application/xml' || media === 'text/xml' || media.endsWith('+xml');
}

/** JSON texts one after another, a line each. */
export function isJsonLinesType(media: string): boolean {
  return /^(?:application|text)\/(?:x-)?(?:ndjson|jsonl|jsonlines|json-lines|json-seq)$/.test(media);
}

/** JSON texts behind record separators (RFC 7464). */
export function isJsonSequenceType(media: string): boolean {
  return media === 'application/json-seq';
}

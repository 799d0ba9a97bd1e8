/**
 * Text in a charset by its label (WHATWG Encoding); an unknown label is read as UTF-8. A byte order mark says more than
 * the label does, and is dropped. Bytes that the charset does not have become U+FFFD.
 */
export function decodeText(body: Buffer, charset?: string | null): string {
  const label = byteOrderMark(body) ?? charset ?? 'utf-8';
  return (label === 'utf-8' ? utf8 : decoderFor(label)).decode(body);
}

/** It decodes whole bodies, so that nothing of one is left for the next. */
const utf8 = new TextDecoder();

export function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

export function isUtf8(body: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(body);
    return true;
  } catch {
    return false;
  }
}

function byteOrderMark(body: Buffer): string | undefined {
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) return 'utf-8';
  if (body[0] === 0xff && body[1] === 0xfe) return 'utf-16le';
  if (body[0] === 0xfe && body[1] === 0xff) return 'utf-16be';
  return undefined;
}

/**
 * The charset of an XML document whose content type names none (XML 1.0, appendix F): by its first bytes, then by its
 * declaration.
 */
export function xmlCharset(body: Buffer): string | undefined {
  const start = body.toString('latin1', 0, 4);
  if (start === '<\0?\0' || start === '<\0!\0') return 'utf-16le';
  if (start === '\0<\0?' || start === '\0<\0!') return 'utf-16be';
  const declared = declaredEncoding(body.toString('latin1', 0, 256));
  // it was read as single bytes, so it is none of these
  return declared && /^(?:utf-?16|ucs-?2|utf-?32|iso-10646-ucs)/i.test(declared) ? undefined : declared;
}

/** The encoding that an XML declaration names. */
export function declaredEncoding(text: string): string | undefined {
  return /^\s*<\?xml\s[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']/.exec(
    text.replace(/^\ufeff/, ''),
  )?.[1];
}

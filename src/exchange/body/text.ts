import { charsetOf } from '../decode/media-type';
import { Failure } from '../failure';
import type { EncodedBody } from './encoded';

/**
 * A text in the charset that the content type asks for; UTF-8 when it names none.
 *
 * @throws Failure INVALID_REQUEST for a charset that is not written here, or a character that it does not have
 */
export function textBody(rendered: string, contentType = ''): EncodedBody<Buffer> {
  return {
    body: encodeText(rendered, charsetOf(contentType)),
    contentType: 'text/plain; charset=utf-8',
  };
}

type Encode = (text: string) => Buffer;

/** The labels under which each charset is known (WHATWG Encoding, "Names and labels"). */
const charsets: readonly (readonly [labels: RegExp, encode: Encode])[] = [
  [/^(?:utf-?8|unicode-1-1-utf-8)$/, (text) => Buffer.from(text, 'utf8')],
  [/^(?:iso-?8859-1|iso_8859-1|latin1|l1)$/, singleBytes(0xff, 'ISO-8859-1')],
  [/^(?:us-ascii|ascii)$/, singleBytes(0x7f, 'US-ASCII')],
  [/^(?:utf-16le|utf-16)$/, (text) => Buffer.from(text, 'utf16le')],
];

/**
 * @param charset a label; UTF-8 when there is none
 * @throws Failure INVALID_REQUEST
 */
export function encodeText(text: string, charset = 'utf-8'): Buffer {
  const label = charset.trim().toLowerCase();
  const encode = charsets.find(([labels]) => labels.test(label))?.[1];
  if (!encode) {
    throw new Failure(
      'INVALID_REQUEST',
      `a body cannot be written in the charset "${charset}": use utf-8, iso-8859-1 or utf-16le`,
    );
  }
  return encode(text);
}

function singleBytes(last: number, name: string): Encode {
  return (text) => {
    for (const character of text) {
      const code = character.codePointAt(0)!;
      if (code <= last) continue;
      const shown = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
      throw new Failure(
        'INVALID_REQUEST',
        `the body holds a character (${shown}) that ${name} does not have`,
      );
    }
    return Buffer.from(text, 'latin1');
  };
}

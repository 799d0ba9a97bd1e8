/** `$'…'` of bash, zsh and POSIX.1-2024 (2.2.4): Chrome and Firefox write bodies with special characters in it. */
import { CurlError, type Notes } from './types';

const letters: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** An escape for one byte, or for one character. */
const escape =
  /\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|c([\s\S])|([\s\S]))/y;

/**
 * @param start behind the opening quote
 * @returns the text, and the place behind the closing quote
 * @throws CurlError unbalancedQuote
 */
export function readAnsi(source: string, start: number, notes: Notes): { text: string; end: number } {
  const parts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) parts.push(decode(Uint8Array.from(bytes), notes));
    bytes = [];
  };
  let cut = false;
  const put = (text: string): void => {
    flush();
    // a word of the shell ends before a NUL
    if (text === '\0') cut = true;
    if (!cut) parts.push(text);
  };
  for (let at = start; at < source.length;) {
    const character = source[at]!;
    if (character === "'") {
      flush();
      return { text: parts.join(''), end: at + 1 };
    }
    escape.lastIndex = at;
    const found = character === '\\' ? escape.exec(source) : null;
    if (!found) {
      put(character);
      at++;
      continue;
    }
    const [whole, hex, octal, short, long, control, letter] = found;
    const byte = hex ? parseInt(hex, 16) : octal ? parseInt(octal, 8) & 0xff : undefined;
    const point = short ?? long;
    if (byte === 0) put('\0');
    else if (byte !== undefined) {
      if (!cut) bytes.push(byte);
    } else if (point) put(characterOf(parseInt(point, 16)));
    else if (control) put(String.fromCharCode(control.charCodeAt(0) & 0x1f));
    else put(letters[letter!] ?? (`\\'"?`.includes(letter!) ? letter! : whole));
    at += whole.length;
  }
  throw new CurlError('unbalancedQuote', { quote: "$'" });
}

function characterOf(point: number): string {
  return point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
}

function decode(bytes: Uint8Array, notes: Notes): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    notes.add('notUtf8');
    return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  }
}

import { Failure } from '../failure';
import { isBlank, parseJsonText } from './json';

const recordSeparator = '\x1e';

/**
 * JSON texts one after another as a list: a line each, or behind record separators (RFC 7464). Blank lines are nothing.
 *
 * @throws Failure INVALID_BODY that says which line (counted from 1) is not JSON
 */
export function parseJsonLines(text: string): unknown[] {
  const sequence = text.startsWith(recordSeparator);
  const values: unknown[] = [];
  for (const [index, line] of text.split(sequence ? recordSeparator : '\n').entries()) {
    if (!isBlank(line)) values.push(parseJsonLine(line, sequence ? index : index + 1));
  }
  return values;
}

/** Most characters of a text that an error keeps. */
const keptText = 64 * 1024;

/**
 * @param number the line's, from 1
 * @throws Failure INVALID_BODY; its `cause` has the text of the line as its message
 */
export function parseJsonLine(line: string, number: number): unknown {
  return keepingText(line, () => parseJsonText(line, `line ${number} of the body`));
}

/**
 * @throws Failure as `parse` does, with the text as the message of its `cause`: there it is redacted like every other
 */
export function keepingText(text: string, parse: () => unknown): unknown {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.code, error.message, { cause: new Error(text.slice(0, keptText)) });
  }
}

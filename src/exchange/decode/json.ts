import { Failure } from '../failure';

/**
 * Most levels of lists and objects in each other. Node-RED clones messages by recursion: some thousand levels overflow
 * its stack, and where a node sends from a timer that ends the process.
 */
export const deepest = 500;

/**
 * A JSON body; nothing but blanks is `null`.
 *
 * @param anyDepth it is not passed on as a whole: whoever passes on parts of it asks `isTooDeep` of those
 * @throws Failure INVALID_BODY when it is not JSON (its `cause` is the parser's error), or nested too deep to be passed on
 */
export function parseJson(text: string, anyDepth = false): unknown {
  return isBlank(text) ? null : parseJsonText(text, 'the body', anyDepth);
}

export function isBlank(text: string): boolean {
  return /^[\t\n\r ]*$/.test(text);
}

/** @param what what it is called in an error */
export function parseJsonText(text: string, what: string, anyDepth = false): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('INVALID_BODY', `${what} is not valid JSON: ${reason}`, { cause });
  }
  // each level costs two characters at least
  if (!anyDepth && text.length > 2 * deepest && isTooDeep(value)) {
    throw new Failure('INVALID_BODY', `${what} is ${tooDeep}`);
  }
  return value;
}

export const tooDeep = `nested deeper than ${deepest} levels`;

/** Whether a value that was parsed from JSON cannot be passed on. It costs a tenth of the parsing. */
export function isTooDeep(value: unknown): boolean {
  return isDeeper(value, deepest);
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  if (Array.isArray(value)) {
    for (const entry of value) {
      if (typeof entry === 'object' && isDeeper(entry, levels - 1)) return true;
    }
    return false;
  }
  // of JSON: own properties alone
  for (const name in value) {
    const entry = (value as Record<string, unknown>)[name];
    if (typeof entry === 'object' && isDeeper(entry, levels - 1)) return true;
  }
  return false;
}

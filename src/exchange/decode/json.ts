import { Failure } from '../failure';

/**
 * Most levels of lists and objects in each other. Node-RED clones messages by recursion: some thousand levels overflow
 * its stack, and where a node sends from a timer that ends the process.
 */
export const deepest = 500;

/**
 * A JSON body; nothing but blanks is `null`.
 *
 * @throws Failure INVALID_BODY when it is not JSON (its `cause` is the parser's error), or nested too deep to be passed on
 */
export function parseJson(text: string): unknown {
  return isBlank(text) ? null : parseJsonText(text, 'the body');
}

export function isBlank(text: string): boolean {
  return /^[\t\n\r ]*$/.test(text);
}

/** @param what what it is called in an error */
export function parseJsonText(text: string, what: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('INVALID_BODY', `${what} is not valid JSON: ${reason}`, { cause });
  }
  // each level costs two characters at least
  if (text.length > 2 * deepest && isDeeper(value, deepest)) {
    throw new Failure('INVALID_BODY', `${what} is nested deeper than ${deepest} levels`);
  }
  return value;
}

/** Looked at for every page of a poll: written so that it costs a fraction of the parsing. */
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

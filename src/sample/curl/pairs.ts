/** Queries and forms taken apart, where putting them together again gives the same. */
import type { Pair } from './types';

/** As `--data-urlencode` does it: like `escapeAll`, with a plus for a blank. */
export function escapeForm(text: string): string {
  return escapeAll(text).replaceAll('%20', '+');
}

/** Percent-encoded as curl does it (`curl_easy_escape`): all but letters, digits and `-._~`. */
export function escapeAll(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

/** `name=value` of a query; undefined unless `encodeURIComponent` gives the same again. */
export function splitExactly(segment: string): Pair | undefined {
  const equals = segment.indexOf('=');
  if (equals < 0) return undefined;
  const encoded = [segment.slice(0, equals), segment.slice(equals + 1)];
  try {
    const [name, value] = encoded.map((part) => decodeURIComponent(part)) as [string, string];
    const same = encodeURIComponent(name) === encoded[0] && encodeURIComponent(value) === encoded[1];
    return same && name !== '' ? [name, value] : undefined;
  } catch {
    return undefined;
  }
}

/** The fields of a form (application/x-www-form-urlencoded), or nothing for a text that is none. */
export function formFields(text: string): Pair[] | undefined {
  // other things have a `=` in them, too; a form is one line
  if (/^\s*[[{<"]/.test(text) || /[\r\n]/.test(text)) return undefined;
  if (text === '') return [];
  const fields: Pair[] = [];
  for (const segment of text.split('&')) {
    const equals = segment.indexOf('=');
    if (equals < 1) return undefined;
    try {
      const [name, value] = [segment.slice(0, equals), segment.slice(equals + 1)].map((part) =>
        decodeURIComponent(part.replaceAll('+', ' ')),
      );
      fields.push([name!, value!]);
    } catch {
      return undefined;
    }
  }
  return fields;
}

/** As a form is encoded by the URL standard. */
export function formText(fields: readonly Pair[]): string {
  return new URLSearchParams(fields.map(([name, value]) => [name, value])).toString();
}

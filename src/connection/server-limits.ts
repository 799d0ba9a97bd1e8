/** What a server says about its limits, read from the headers of an answer. Pure: the clock comes in. */
import type { HeaderFields } from './headers';

/**
 * How long to hold back the next request, in milliseconds; 0 when the server says nothing of the kind.
 *
 * - `Retry-After` in seconds or as a date (RFC 9110 section 10.2.3), whatever the status
 * - nothing remains: `RateLimit` in its three forms in use (draft-ietf-httpapi-ratelimit-headers: single fields of the
 *   early drafts, the dictionary of draft 7, the named items of draft 8 and later), or `X-RateLimit-*`
 *
 * @param now milliseconds since the epoch
 */
export function pauseOf(headers: HeaderFields, now: number): number {
  const retryAfter = readRetryAfter(field(headers, 'retry-after'), now);
  return Math.max(retryAfter ?? 0, exhausted(headers, now));
}

/** Seconds that the server wants between two polls (`X-Poll-Interval`, GitHub's events), in milliseconds; 0 for none. */
export function pollInterval(headers: HeaderFields): number {
  return (readNumber(field(headers, 'x-poll-interval')) ?? 0) * 1000;
}

/** @returns milliseconds, or undefined when there is no such header or it cannot be read */
export function readRetryAfter(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const seconds = readNumber(value);
  if (seconds !== undefined) return seconds * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function exhausted(headers: HeaderFields, now: number): number {
  const current = field(headers, 'ratelimit');
  if (current !== undefined) return Math.max(0, ...readRateLimit(current));
  for (const prefix of ['ratelimit', 'x-ratelimit', 'x-rate-limit']) {
    const remaining = readNumber(field(headers, `${prefix}-remaining`));
    const reset = field(headers, `${prefix}-reset`);
    if (remaining !== undefined && remaining <= 0 && reset !== undefined) return readReset(reset, now);
  }
  return 0;
}

/** `"default";r=0;t=30` (a list of named items), or `limit=100, remaining=0, reset=30`. */
function readRateLimit(text: string): number[] {
  const parameter = (item: string, name: string) =>
    readNumber(new RegExp(`(?:^|[;,\\s])${name}\\s*=\\s*(\\d+)`, 'i').exec(item)?.[1]);
  const isDictionary = /(?:^|[,\s])(?:remaining|reset)\s*=/i.test(text);
  const items = isDictionary ? [text] : text.split(',');
  return items.map((item) => {
    const remaining = isDictionary ? parameter(item, 'remaining') : parameter(item, 'r');
    const reset = isDictionary ? parameter(item, 'reset') : parameter(item, 't');
    return remaining === 0 && reset !== undefined ? reset * 1000 : 0;
  });
}

/** Providers send seconds from now, seconds or milliseconds since the epoch, or a date: told apart by their size. */
function readReset(value: string, now: number): number {
  const number = readNumber(value);
  if (number === undefined) return readRetryAfter(value, now) ?? 0;
  if (number > 1e12) return Math.max(0, number - now);
  if (number > 1e9) return Math.max(0, number * 1000 - now);
  return number * 1000;
}

/** Names of an answer's headers are in lower case. */
function field(headers: HeaderFields, name: string): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function readNumber(value: string | undefined): number | undefined {
  return value !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(value) ? Number(value) : undefined;
}

/** When a subscription ends, and when it is renewed. Pure: the time comes in. All times are milliseconds. */

/** Seconds since 1970 have been more than this since 2001; what is less is a duration. */
const firstTimestamp = 1e9;
/** What is more than this as seconds would be after the year 5000: it is milliseconds. */
const firstMilliseconds = 1e11;
/** Nobody is asked more often than this. */
const shortest = 1000;
/** For an answer whose end is over as it comes: the clocks differ, or nobody knows. */
const blind = 300_000;

/**
 * The end as an answer says it: a date (ISO 8601, which is UTC without a zone; or as in HTTP), a time in seconds or
 * milliseconds since 1970, or seconds from now. undefined for anything else.
 */
export function expiryOf(value: unknown, now: number): number | undefined {
  if (typeof value === 'string' && !/^\s*\d+(\.\d+)?\s*$/.test(value)) {
    const bare = /^\d{4}-\d\d-\d\d[T ][\d:.]+$/.test(value.trim());
    const time = Date.parse(bare ? `${value.trim()}Z` : value);
    return Number.isNaN(time) ? undefined : time;
  }
  const number = typeof value === 'string' ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isFinite(number) || number <= 0) return undefined;
  if (number < firstTimestamp) return now + number * 1000;
  return number < firstMilliseconds ? number * 1000 : number;
}

/** When a third of the time is left. @param since when it was asked for, or renewed last */
export function renewalOf(since: number, expires: number): number {
  const span = expires - since;
  return since + (span > 0 ? Math.max(shortest, (span * 2) / 3) : blind);
}

/** When one that is not renewed is subscribed anew: when it is over. */
export function anewAt(since: number, expires: number): number {
  return expires > since ? expires : since + blind;
}

/**
 * Milliseconds before another try: twice as long each time, up to an hour, the second half of it at random.
 *
 * @param failures how many tries failed so far, from 1
 * @param random in [0, 1)
 */
export function tryAgainIn(failures: number, random: number): number {
  const ceiling = Math.min(3_600_000, 5000 * 2 ** Math.min(failures - 1, 20));
  return ceiling * (0.5 + random / 2);
}

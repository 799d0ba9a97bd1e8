export const timestampUnits = ['seconds', 'milliseconds', 'iso'] as const;
export type TimestampUnit = (typeof timestampUnits)[number];

const patterns: Readonly<Record<TimestampUnit, RegExp>> = {
  seconds: /^\d{1,12}$/,
  milliseconds: /^\d{1,15}$/,
  iso: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)$/,
};

/** Milliseconds since the epoch; undefined for what is not a timestamp in this unit. */
export function readTimestamp(text: string, unit: TimestampUnit): number | undefined {
  if (!patterns[unit].test(text)) return undefined;
  const value = unit === 'iso' ? Date.parse(text) : Number(text) * (unit === 'seconds' ? 1000 : 1);
  return Number.isFinite(value) ? value : undefined;
}

/**
 * Why a timestamp is not acceptable, as the end of a sentence; undefined when it is.
 *
 * @param tolerance seconds before and after `now`
 * @param now milliseconds since the epoch
 */
export function timestampFault(
  text: string,
  unit: TimestampUnit,
  tolerance: number,
  now: number,
): string | undefined {
  const fits = (other: TimestampUnit): boolean => {
    const time = readTimestamp(text, other);
    return time !== undefined && Math.abs(now - time) <= tolerance * 1000;
  };
  if (fits(unit)) return undefined;
  const other = timestampUnits.find(fits);
  if (other) return `the timestamp is in ${naming[other]}, but ${naming[unit]} are set`;
  const time = readTimestamp(text, unit);
  if (time === undefined) return `the timestamp is not in ${naming[unit]}`;
  const seconds = Math.round(Math.abs(now - time) / 1000);
  const allowed = `${tolerance} s are allowed`;
  return time < now
    ? `the timestamp is ${seconds} s old, ${allowed}`
    : `the timestamp is ${seconds} s ahead, ${allowed}: is the clock here right?`;
}

const naming: Readonly<Record<TimestampUnit, string>> = {
  seconds: 'seconds',
  milliseconds: 'milliseconds',
  iso: 'ISO 8601 times',
};

import { createHash } from 'node:crypto';

/**
 * When to poll. Each node has due times of its own: the multiples of its interval, shifted by a phase that comes from
 * its id. So a hundred nodes with one interval spread over it, also when all of them were started at once, and each
 * keeps its times over restarts. All times in milliseconds.
 */
export interface Rhythm {
  /** At least 1. */
  interval: number;
  /** From 0 to less than the interval. */
  phase: number;
}

/** Longest pause after failures, unless the interval itself is longer: an hour. */
const longestBackOff = 60 * 60 * 1000;

/** How many intervals the pause after failures grows to. */
const backOffLimit = 16;

export function rhythmOf(id: string, interval: number): Rhythm {
  const fraction = createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
  return { interval, phase: Math.floor(fraction * interval) };
}

/**
 * The due time that follows a poll: after it ended, so that polls never overlap, and not just after it began, because
 * a timer may be a little early.
 */
export function dueAfter(poll: { began: number; ended: number }, { interval, phase }: Rhythm): number {
  const earliest = Math.max(poll.ended, poll.began + interval / 10);
  return phase + Math.ceil((earliest - phase) / interval) * interval;
}

/**
 * How long to wait when a node starts: until the due time after its last poll; not at all when that is over, when there
 * was no poll, or when the last one lies in the future because the clock was set back.
 */
export function firstDelay(last: number | undefined, now: number, rhythm: Rhythm): number {
  if (last === undefined || last > now) return 0;
  return Math.max(0, dueAfter({ began: last, ended: last }, rhythm) - now);
}

/**
 * The pause after a number of failures in a row (1 is the first): the interval, then twice as long each time, up to 16
 * intervals or an hour, and never less than the interval.
 */
export function backOff(interval: number, failures: number): number {
  const grown = interval * Math.min(2 ** (failures - 1), backOffLimit);
  return Math.max(interval, Math.min(grown, longestBackOff));
}

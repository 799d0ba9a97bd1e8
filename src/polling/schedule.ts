import { createHash } from 'node:crypto';
import { Failure } from '../exchange/failure';

/** When to poll. All times in milliseconds since 1970. */
export interface Schedule {
  /** The due time that follows a poll: after it ended, so that polls never overlap. */
  next(poll: { began: number; ended: number }): number;
  /**
   * How long to wait when a node starts: until the due time after its last poll; not at all when that is over, when there
   * was no poll, or when the last one lies in the future because the clock was set back. However many due times were
   * missed: one poll makes up for them.
   */
  firstDelay(last: number | undefined, now: number): number;
  /** The pause after a number of failures in a row, 1 is the first. */
  backOff(failures: number, now: number): number;
}

/**
 * Each node has due times of its own: the multiples of its interval, shifted by a phase that comes from its id. So a
 * hundred nodes with one interval spread over it, also when all of them were started at once, and each keeps its times
 * over restarts.
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

/** A number from 0 to less than 1 that an id always has. */
function fractionOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt32BE(0) / 2 ** 32;
}

export function rhythmOf(id: string, interval: number): Rhythm {
  return { interval, phase: Math.floor(fractionOf(id) * interval) };
}

/** Every so many milliseconds. */
export function everyInterval(rhythm: Rhythm): Schedule {
  return {
    next: (poll) => dueAfter(poll, rhythm),
    firstDelay: (last, now) => firstDelay(last, now, rhythm),
    backOff: (failures) => backOff(rhythm.interval, failures),
  };
}

/**
 * The due time that follows a poll: after it ended, and not just after it began, because a timer may be a little early.
 */
export function dueAfter(poll: { began: number; ended: number }, { interval, phase }: Rhythm): number {
  const earliest = Math.max(poll.ended, poll.began + interval / 10);
  return phase + Math.ceil((earliest - phase) / interval) * interval;
}

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

export interface CronOptions {
  /** Five fields, or six with seconds in front. */
  pattern: string;
  /** IANA name (`Europe/Berlin`); '' for the zone of the machine. */
  zone: string;
  /** Whose it is: nodes with one pattern are spread over `spread` milliseconds by it; 0 for exact times. */
  id: string;
  spread: number;
}

/** A failed poll of a rare schedule is tried again after a minute, not after a day. */
const firstRetry = 60_000;

/**
 * By a cron pattern. When clocks go forward, a time in the hour that is left out is due once, at its end; when they go
 * back, a time in the hour that comes twice is due once, in the first of them (a pattern for every hour or minute goes on
 * in both).
 *
 * @throws Failure CONFIG for a pattern or a zone that cannot be read, or that is never due
 */
export async function cronSchedule({ pattern, zone, id, spread }: CronOptions): Promise<Schedule> {
  const { Cron } = await import('croner');
  const shift = Math.floor(fractionOf(id) * spread);
  const dueFrom = (time: number): number => {
    if (!Number.isFinite(time)) return time;
    const due = cron.nextRun(new Date(time - shift));
    // a pattern with a year may come to its end: then it is due when a timer can no longer be set
    return due ? due.getTime() + shift : Number.POSITIVE_INFINITY;
  };
  let cron: InstanceType<typeof Cron>;
  try {
    cron = new Cron(pattern, { paused: true, ...(zone ? { timezone: zone } : {}) });
    if (!cron.nextRun()) throw new Error('it is never due');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new Failure('CONFIG', `the schedule "${pattern}" cannot be used: ${reason}`, { cause });
  }
  return {
    // a second apart at least: a timer may be a little early, and the due time would come twice
    next: ({ began, ended }) => dueFrom(Math.max(ended, began + 500)),
    firstDelay: (last, now) => (last === undefined || last > now ? 0 : Math.max(0, dueFrom(last) - now)),
    backOff(failures, now) {
      const due = dueFrom(now);
      const gap = Number.isFinite(due) ? dueFrom(due) - due : firstRetry;
      return backOff(Math.min(firstRetry, gap), failures);
    },
  };
}

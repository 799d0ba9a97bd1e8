/** What is kept of a poll. Pure. */
import { Failure } from '../exchange/failure';
import { timeOf, type CursorRule, type CursorValue } from './cursor';
import { sinceOf, type Judgement } from './judge';
import type { Checkpoint } from './knowledge';
import type { Situation } from './situation';
import type { Found } from './source';

interface Settings {
  fingerprint: string;
  cursor?: CursorRule;
}

/** The checkpoint after a poll that succeeded as a whole. */
export function nextCheckpoint(
  { fingerprint, cursor: rule }: Settings,
  { before, firstRun, sequence, key, watch }: Situation,
  found: Found,
  { cursor, ascending, fire }: Judgement,
  began: number,
  expiry: number,
): Checkpoint {
  const since = before?.since ?? (firstRun?.from === 'since' ? sinceOf(firstRun.at) : undefined);
  const fired = fire.length > 0;
  // where something was new, the next answer is another one again as a rule
  const body = fired ? undefined : found.bodyHash?.();
  // An answer that was cut moves the cursor only when what is missing lies behind what came.
  const reached = found.complete || ascending ? cursor : before?.cursor;
  // Pages may drift while they are read: what slipped through is found when the same is asked once more.
  const from = found.requests === 1 ? reached : before?.cursor;
  return {
    fingerprint,
    key,
    watch,
    lastPoll: began,
    sequence: sequence + (fired ? 1 : 0),
    expiry,
    ...(rule && reached ? { cursor: reached } : {}),
    ...(rule ? { from: from ?? before?.from ?? since } : {}),
    ...(since ? { since } : {}),
    ...(found.validators ? { validators: { ...found.validators, ...(body ? { body } : {}) } } : {}),
    lastFired: fired ? began : before?.lastFired,
  };
}

/** Where to go back to. @throws Failure CONFIG */
export function startOf(to: string | number | Date, rule: CursorRule | undefined): CursorValue {
  if (!rule) {
    throw new Failure('CONFIG', 'going back needs a cursor: the field that says which records are later');
  }
  const isDate = to instanceof Date && !Number.isNaN(to.getTime());
  const since = sinceOf(isDate ? to.toISOString() : String(to));
  if (!since || (to instanceof Date && !isDate)) {
    throw new Failure('CONFIG', 'there is no such value to go back to');
  }
  return since;
}

/** The checkpoint from which the next poll asks from a value on, and knows no record. */
export function rewound(
  { fingerprint }: Settings,
  { key, watch, sequence }: Situation,
  since: CursorValue,
  now: number,
  expiry: number,
): Checkpoint {
  // a request that asks by `lastPoll` has to go back too
  const lastPoll = Math.min(now, timeOf(since) ?? now);
  return { fingerprint, key, watch, lastPoll, sequence, expiry, from: since, since };
}

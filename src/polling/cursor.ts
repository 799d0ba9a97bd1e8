/**
 * The cursor: the greatest value that was seen of a field, in the form in which the server wrote it. Pure: what is
 * compared are the server's values with each other, and never the local clock moves it.
 */
import { asText } from '../exchange/values';
import { reader } from './keys';

export interface CursorRule {
  /** Property path of the field. */
  path: string;
  /** How far before the cursor a request asks again: milliseconds for dates. For late rows and ties; default a minute. */
  lookback?: number;
  /** The same for whole numbers and numbers: how many steps; default 1. */
  lookbackSteps?: number;
  /** What `{{cursor}}` is before the first value is there; default ''. */
  initial?: string;
}

/** A value of the field that can be compared; plain JSON, so that it can be kept. */
export interface CursorValue {
  kind: CursorKind;
  /** As the server wrote it. */
  text: string;
}

/**
 * - `number`: a number, or a text that is one (of any length: compared exactly)
 * - `date`: ISO 8601 with or without time, fraction and offset (without an offset: UTC); RFC 822, as RSS has it
 * - `sequence`: a number, a hyphen and anything (`12-g1AAAA`): the number counts
 * - `text`: anything else, by its code units (ULID, a sortable token)
 */
export type CursorKind = 'number' | 'date' | 'sequence' | 'text';

const day = 24 * 60 * 60 * 1000;
const defaultLookback = 60_000;
const defaultLookbackSteps = 1;

/** What a text means: `rank` decides, then `fine` (what comes after the milliseconds, or the whole text). */
interface Measured {
  rank: number | bigint;
  fine: string;
}

const numberPattern = /^[+-]?\d{1,40}(?:\.\d{1,40})?$/;
const isoPattern =
  /^(\d{4})-(\d\d)-(\d\d)(?:([T ])(\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,18}))?)?\s?(Z|[+-]\d\d(?::?\d\d)?)?)?$/i;
const rfc822Pattern =
  /^(?:[A-Za-z]{3},\s*)?\d{1,2}\s+[A-Za-z]{3}\s+\d{2,4}\s+\d{1,2}:\d\d(?::\d\d)?\s*(?:[A-Z]{1,3}|[+-]\d{4})?$/;
const dateLike = /^\d{4}-\d\d-\d\d|^[A-Za-z]{3}, \d{1,2} [A-Za-z]{3} \d{4}/;
const sequencePattern = /^(\d{1,40})-/;

const measures: Record<CursorKind, (text: string) => Measured | undefined> = {
  number: (text) => {
    const match = numberPattern.exec(text);
    if (!match) return undefined;
    const [whole = '', fraction = ''] = text.replace('+', '').split('.');
    // all with as many digits after the point: whole numbers then, exact at any length
    return { rank: BigInt(whole + fraction.padEnd(40, '0')), fine: '' };
  },
  date: (text) => {
    const iso = isoPattern.exec(text);
    if (iso) {
      const [, year, month, date, , hours = '00', minutes = '00', seconds = '00', fraction = '', zone] = iso;
      const offset =
        !zone || /^z$/i.test(zone) ? 'Z' : zone.length === 3 ? `${zone}:00` : zone.replace(/^(...):?/, '$1:');
      const fractionMs = fraction.slice(0, 3).padEnd(3, '0');
      const rank = Date.parse(
        `${year}-${month}-${date}T${hours}:${minutes}:${seconds}.${fractionMs}${offset}`,
      );
      return Number.isNaN(rank) ? undefined : { rank, fine: fraction.slice(3).padEnd(15, '0') };
    }
    if (!rfc822Pattern.test(text)) return undefined;
    const rank = Date.parse(/[A-Z]$|[+-]\d{4}$/.test(text) ? text : `${text} GMT`);
    return Number.isNaN(rank) ? undefined : { rank, fine: '' };
  },
  sequence: (text) => {
    const match = sequencePattern.exec(text);
    return match ? { rank: BigInt(match[1]!), fine: '' } : undefined;
  },
  text: (text) => ({ rank: 0, fine: text }),
};

/** A value with what it means, measured once. */
type ReadValue = CursorValue & { measured?: Measured };

/** What a field's value means for a cursor: a value, or why it is none. */
export function cursorValue(value: unknown): ReadValue | { problem: string } {
  if (typeof value !== 'string' && typeof value !== 'number' && !(value instanceof Date)) {
    return { problem: value === undefined ? 'is missing' : 'is neither a text nor a number' };
  }
  if (
    typeof value === 'number' &&
    !(Number.isInteger(value) ? Number.isSafeInteger(value) : Number.isFinite(value))
  ) {
    return { problem: 'is a number that is not exact' };
  }
  const text = asText(value).trim();
  if (text === '') return { problem: 'is empty' };
  const number = measures.number(text);
  if (number) return { kind: 'number', text, measured: number };
  const date = measures.date(text);
  if (date) return { kind: 'date', text, measured: date };
  // What looks like a date and is none must not pass as a text: "2026-13-45" is greater than all true dates.
  if (dateLike.test(text)) return { problem: 'is not a date that exists' };
  const sequence = measures.sequence(text);
  if (sequence) return { kind: 'sequence', text, measured: sequence };
  return { kind: 'text', text };
}

/** Negative when `a` comes first; NaN for two of different kinds. */
export function compareCursors(a: ReadValue, b: ReadValue): number {
  if (a.kind !== b.kind) return Number.NaN;
  const [x, y] = [a.measured ?? measures[a.kind](a.text), b.measured ?? measures[b.kind](b.text)];
  if (!x || !y) return Number.NaN;
  if (x.rank !== y.rank) return x.rank < y.rank ? -1 : 1;
  return x.fine === y.fine ? 0 : x.fine < y.fine ? -1 : 1;
}

/** When a date cursor is, in milliseconds since 1970; undefined for other kinds. */
export function timeOf({ kind, text, measured }: ReadValue): number | undefined {
  return kind === 'date' ? Number((measured ?? measures.date(text))?.rank) : undefined;
}

export interface Advance {
  cursor: CursorValue | undefined;
  /** Whether the values came in ascending order: then what was not read any more lies behind the last. */
  ascending: boolean;
  /** Values that the cursor does not take over, and why (the first of them). */
  refused: number;
  reason: string;
}

/**
 * The cursor after some records.
 *
 * A value is not taken over, so that one wrong record cannot carry the cursor away from all later ones, when it is missing
 * or unreadable, when it is of another kind than the cursor, or when it is a date more than a day after `serverTime`.
 *
 * @param serverTime the `Date` of the answer, milliseconds since 1970
 */
export function advance(
  rule: CursorRule,
  current: CursorValue | undefined,
  records: readonly unknown[],
  serverTime: number,
): Advance {
  const read = reader(rule.path);
  let cursor: ReadValue | undefined = current && {
    ...current,
    measured: measures[current.kind](current.text),
  };
  let previous: ReadValue | undefined;
  let ascending = true;
  let refused = 0;
  let reason = '';
  for (const record of records) {
    const value = plausible(cursorValue(read(record)), cursor, serverTime);
    if ('problem' in value) {
      refused++;
      reason ||= `"${rule.path}" ${value.problem}`;
      continue;
    }
    if (previous && compareCursors(value, previous) < 0) ascending = false;
    previous = value;
    if (!cursor || compareCursors(value, cursor) > 0) cursor = value;
  }
  return { cursor: cursor && { kind: cursor.kind, text: cursor.text }, ascending, refused, reason };
}

function plausible(
  value: ReadValue | { problem: string },
  cursor: CursorValue | undefined,
  serverTime: number,
): ReadValue | { problem: string } {
  if ('problem' in value) return value;
  const time = timeOf(value);
  if (time !== undefined && time > serverTime + day) return { problem: 'lies more than a day ahead' };
  if (cursor && cursor.kind !== value.kind) {
    return { problem: `is of another kind (${value.kind}) than the values before it (${cursor.kind})` };
  }
  return value;
}

/** What a request asks from: the cursor less the lookback, in the form of the server's own values; '' before the first. */
export function cursorText(rule: CursorRule, cursor: CursorValue | undefined): string {
  if (!cursor) return rule.initial ?? '';
  const { kind, text } = cursor;
  if (kind === 'date') {
    const lookback = rule.lookback ?? defaultLookback;
    return lookback === 0 ? text : earlier(text, lookback);
  }
  const steps = rule.lookbackSteps ?? defaultLookbackSteps;
  if (kind !== 'number' || steps === 0) return text;
  return /^[+-]?\d+$/.test(text)
    ? String(BigInt(text) - BigInt(Math.ceil(steps)))
    : String(Number(text) - steps);
}

/** A date some milliseconds earlier, written as the server writes its dates: its offset, its precision, its separator. */
function earlier(text: string, milliseconds: number): string {
  const time = Number(measures.date(text)!.rank) - milliseconds;
  const iso = isoPattern.exec(text);
  if (!iso) return new Date(time).toUTCString();
  const [, , , , separator, , , seconds, fraction = '', zone = ''] = iso;
  if (separator === undefined) return new Date(time).toISOString().slice(0, 10);
  const offset = /^([+-])(\d\d):?(\d\d)?$/.exec(zone);
  const shift = offset
    ? (Number(offset[2]) * 60 + Number(offset[3] ?? 0)) * (offset[1] === '-' ? -60_000 : 60_000)
    : 0;
  const local = new Date(time + shift).toISOString();
  const clock = seconds === undefined ? local.slice(11, 16) : local.slice(11, 19);
  const rest =
    fraction === '' ? '' : `.${(local.slice(20, 23) + fraction.slice(3)).slice(0, fraction.length)}`;
  return `${local.slice(0, 10)}${separator}${clock}${rest}${zone}`;
}

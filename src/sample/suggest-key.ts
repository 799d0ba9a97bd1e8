/** Which properties tell the records of a sample apart. */
import { cursorValue } from '../polling/cursor';
import { keyed } from '../polling/keys';
import { isTime, type FieldSuggestion, type RecordField } from './record-fields';
import { keyNameScore, wrapperNames } from './record-names';

export interface KeySuggestions {
  /** The surest first; the last one, '' for the content, always works. */
  keys: FieldSuggestion[];
  /** Paths of properties that are called a key and cannot be one: numbers too large to be exact. */
  inexact: string[];
}

/** Below that, that a property is unique says nothing. */
const telling = 3;
const mostKeys = 5;
/** A name that speaks for a key. */
const named = 50;

export async function suggestKeys(
  records: readonly unknown[],
  fields: readonly RecordField[],
): Promise<KeySuggestions> {
  const unique: { field: RecordField; score: number }[] = [];
  const shared: RecordField[] = [];
  const inexact: string[] = [];
  for (const field of fields) {
    if (!couldBeKey(field)) continue;
    const score = scoreOf(field);
    const verdict = await judge(records, [field.path]);
    if (verdict.inexact && score >= named) inexact.push(field.path);
    if (!verdict.whole) continue;
    if (!verdict.unique) shared.push(field);
    else if (score >= named || records.length >= telling) unique.push({ field, score });
  }
  unique.sort((a, b) => b.score - a.score);
  const sure = (unique[0]?.score ?? 0) >= named;
  const pair = sure ? [] : await uniquePair(records, shared);
  const keys = unique.slice(0, mostKeys).map(({ field, score }): FieldSuggestion => {
    const code =
      records.length === 1
        ? 'uniqueOne'
        : score >= 90
          ? 'unique'
          : score >= named
            ? 'uniqueNamed'
            : 'uniqueByChance';
    return { path: field.path, reasons: [{ code, values: { count: records.length } }] };
  });
  const content = records.length === 0 ? 'contentEmpty' : 'content';
  return { keys: [...pair, ...keys, { path: '', reasons: [{ code: content }] }], inexact };
}

/** Values that could be a key as such: not texts of any length, switches, fractions or times. */
function couldBeKey({ name, values }: RecordField): boolean {
  const isNamed = keyNameScore(name) > 0;
  return values.every((value) => {
    if (typeof value === 'boolean') return false;
    if (typeof value === 'number') return Number.isInteger(value);
    if (typeof value !== 'string') return value === undefined;
    return isNamed ? value.length <= 300 : value.length <= 100 && !isTime(cursorValue(value));
  });
}

function scoreOf({ name, depth, owners }: RecordField): number {
  // the id of another thing that the record belongs to
  const foreign = owners.some((owner) => !wrapperNames.has(owner));
  return keyNameScore(name) - depth * 3 - (foreign ? 110 : 0);
}

/** As the poller reads keys. */
async function judge(records: readonly unknown[], paths: readonly string[]) {
  try {
    const { records: list, bad } = await keyed(records, { by: 'properties', paths });
    return {
      whole: bad === undefined && records.length > 0,
      unique: list.length === records.length,
      inexact: isInexact(bad?.reason ?? ''),
    };
  } catch (error) {
    return { whole: false, unique: false, inexact: error instanceof Error && isInexact(error.message) };
  }
}

function isInexact(reason: string): boolean {
  return reason.includes('too large to be exact');
}

/** Two properties that only together tell records apart. */
async function uniquePair(
  records: readonly unknown[],
  fields: readonly RecordField[],
): Promise<FieldSuggestion[]> {
  if (records.length < telling) return [];
  const parts = [...fields].sort((a, b) => scoreOf(b) - scoreOf(a)).slice(0, 8);
  for (const [index, first] of parts.entries()) {
    if (scoreOf(first) < 30) break;
    for (const second of parts.slice(index + 1)) {
      const { whole, unique } = await judge(records, [first.path, second.path]);
      if (!whole || !unique) continue;
      return [
        {
          path: `${first.path}, ${second.path}`,
          reasons: [{ code: 'uniquePair', values: { count: records.length } }],
        },
      ];
    }
  }
  return [];
}

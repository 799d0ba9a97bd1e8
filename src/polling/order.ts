import { compareCursors, cursorValue, type CursorRule, type CursorValue } from './cursor';
import { reader, type KeyedRecord } from './keys';

/**
 * - `oldest first`: by the cursor's field when there is a cursor, else by the keys when they tell it
 * - `as is`: as the answer has them, of which the oldest come first
 * - `reversed`: the answer has the newest first
 */
export type Order = 'oldest first' | 'as is' | 'reversed';

/** Records in the order in which they are emitted. */
export function ordered<T extends KeyedRecord>(
  records: readonly T[],
  order: Order,
  cursor?: CursorRule,
): T[] {
  if (order === 'as is') return [...records];
  if (order === 'reversed') return [...records].reverse();
  return cursor ? byCursor(records, cursor) : oldestFirst(records);
}

/** Those whose value cannot be read or compared come last. */
function byCursor<T extends KeyedRecord>(records: readonly T[], rule: CursorRule): T[] {
  const read = reader(rule.path);
  const values = records.map((record) => ({ record, at: cursorValue(read(record.record)) }));
  const kind = values.map(({ at }) => ('kind' in at ? at.kind : undefined)).find(Boolean);
  const rank = (at: (typeof values)[number]['at']) => ('kind' in at && at.kind === kind ? 0 : 1);
  return values
    .sort(
      (a, b) =>
        rank(a.at) - rank(b.at) ||
        (rank(a.at) === 0 ? compareCursors(a.at as CursorValue, b.at as CursorValue) : 0),
    )
    .map(({ record }) => record);
}

/**
 * Oldest first, as far as it can be known without a time: when all keys are whole numbers, numbers, or ISO dates, they
 * tell the order. Otherwise the order of the answer is kept.
 */
export function oldestFirst<T extends KeyedRecord>(records: readonly T[]): T[] {
  const keys = records.map(({ key }) => key);
  const measure = measures.find(({ pattern }) => keys.every((key) => pattern.test(key)));
  if (!measure) return [...records];
  return records
    .map((record) => ({ record, at: measure.of(record.key) }))
    .sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0))
    .map(({ record }) => record);
}

const measures: readonly { pattern: RegExp; of: (key: string) => number | bigint }[] = [
  { pattern: /^-?\d{1,40}$/, of: BigInt },
  { pattern: /^-?\d{1,40}(\.\d{1,40})?$/, of: Number },
  { pattern: /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)?)?$/, of: Date.parse },
];

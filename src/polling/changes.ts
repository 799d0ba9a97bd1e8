import { createHash } from 'node:crypto';
import { asText, valueAt } from '../exchange/values';
import { Failure } from '../exchange/failure';

/** A record and what tells it from the others. */
export interface KeyedRecord {
  /** The key as text; of several properties, the JSON list of their texts. */
  key: string;
  record: unknown;
}

export interface KeyedRecords {
  /** In the order of the answer, each key once: the first of several. */
  records: KeyedRecord[];
  bad: BadRecords | undefined;
}

/** Records without a usable key. They are left out and do not hold up the others. */
export interface BadRecords {
  count: number;
  /** Why, of the first of them, in a sentence. */
  reason: string;
}

/**
 * The list in an answer. An empty one is fine; one that is missing is not "nothing new".
 *
 * @param path property path, '' for the answer itself
 * @throws Failure RECORDS_NOT_FOUND
 */
export function recordsIn(answer: unknown, path: string): readonly unknown[] {
  const list = valueAt(answer, path);
  if (Array.isArray(list)) return list;
  const where = path === '' ? 'the answer' : `"${path}" in the answer`;
  const what = list === undefined ? 'missing' : `${describe(list)}, not a list`;
  throw new Failure('RECORDS_NOT_FOUND', `${where} is ${what}${hint(answer, path)}`);
}

/** Property paths from a text: separated by commas. @throws Failure CONFIG when there is none */
export function parseKey(text: string): string[] {
  const paths = text
    .split(',')
    .map((path) => path.trim())
    .filter(Boolean);
  if (paths.length === 0)
    throw new Failure('CONFIG', 'no property is named that tells one record from another');
  return paths;
}

/**
 * Finds the key of each record.
 *
 * @throws Failure INVALID_BODY when not one of the records has a key: then it is the set-up that is wrong
 */
export function keyed(records: readonly unknown[], paths: readonly string[]): KeyedRecords {
  const byKey = new Map<string, unknown>();
  let bad: BadRecords | undefined;
  for (const record of records) {
    const parts = paths.map((path) => keyPart(record, path));
    const problem = parts.find((part) => typeof part !== 'string');
    if (problem !== undefined) {
      bad ??= { count: 0, reason: problem.problem };
      bad.count++;
      continue;
    }
    const key = parts.length === 1 ? (parts[0] as string) : JSON.stringify(parts);
    if (!byKey.has(key)) byKey.set(key, record);
  }
  if (bad && byKey.size === 0) {
    throw new Failure('INVALID_BODY', `none of the ${bad.count} records has a key: ${bad.reason}`);
  }
  return { records: Array.from(byKey, ([key, record]) => ({ key, record })), bad };
}

function keyPart(record: unknown, path: string): string | { problem: string } {
  const value = valueAt(record, path);
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    // Two such ids can be read as the same number: an event would be lost.
    return { problem: `"${path}" is a number too large to be exact; name a property that has it as text` };
  }
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    return value === '' ? { problem: `"${path}" is empty` } : asText(value);
  }
  return { problem: `"${path}" is ${value === undefined ? 'missing' : describe(value)}` };
}

/**
 * Oldest first, as far as it can be known without a time: when all keys are whole numbers, numbers, or ISO dates, they
 * tell the order. Otherwise the order of the answer is kept.
 */
export function oldestFirst(records: readonly KeyedRecord[]): KeyedRecord[] {
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

/** A short text that stands for others: the same for the same texts, in every process and at every time. */
export function digest(...texts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(texts)).digest('base64url').slice(0, 22);
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Where a list is, when it is in plain sight: the most frequent mistake is a path that is not quite right. */
function hint(answer: unknown, path: string): string {
  if (answer === null || typeof answer !== 'object') return '';
  if (Array.isArray(answer)) return path === '' ? '' : ': the answer itself is a list, leave the path empty';
  const lists = Object.entries(answer).flatMap(([name, value]) =>
    Array.isArray(value) ? [`"${name}"`] : [],
  );
  return lists.length === 0 ? '' : `: there is a list in ${lists.slice(0, 3).join(', ')}`;
}

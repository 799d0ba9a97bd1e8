import { hash } from 'node:crypto';
import { Failure } from '../exchange/failure';
import { isTooDeep, tooDeep } from '../exchange/decode';
import { asText } from '../exchange/values';

/** A record and what tells it from the others. */
export interface KeyedRecord {
  /** The key as text; of several properties, the JSON list of their texts. */
  key: string;
  record: unknown;
}

/** What a record's key is. */
export type KeyRule =
  /** The values at property paths. */
  | { by: 'properties'; paths: readonly string[] }
  /** What a function makes of the record; `text` stands for the function, so that another one is noticed. */
  | { by: 'function'; text: string; of: (record: unknown) => unknown }
  /** A hash of the whole record: another content is another record. */
  | { by: 'content' };

export interface KeyedRecords {
  /** In the order of the answer. */
  records: KeyedRecord[];
  bad: BadRecords | undefined;
}

/** Records that cannot be used. They are left out and do not hold up the others. */
export interface BadRecords {
  count: number;
  /** Why, of the first of them, in a sentence. */
  reason: string;
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

/** A text for a rule: another one means that keys of before say nothing. */
export function keyRuleText(rule: KeyRule): string {
  if (rule.by === 'properties') return JSON.stringify(rule.paths);
  return rule.by === 'function' ? `function ${rule.text}` : 'content';
}

/**
 * Finds the key of each record.
 *
 * @param repeats keep records whose key was there already; otherwise the first of several stands for them
 * @throws Failure INVALID_BODY when not one of the records has a key: then it is the set-up that is wrong
 */
export async function keyed(
  records: readonly unknown[],
  rule: KeyRule,
  repeats = false,
): Promise<KeyedRecords> {
  const list: KeyedRecord[] = [];
  const seen = new Set<string>();
  const keyOf = keyFinder(rule);
  let bad: BadRecords | undefined;
  for (const record of records) {
    let key = keyOf(record);
    if (key instanceof Promise) key = await key;
    if (typeof key !== 'string') {
      bad = countBad(bad, key.problem);
    } else if (repeats || !seen.has(key)) {
      seen.add(key);
      list.push({ key, record });
    }
  }
  if (bad && list.length === 0) {
    throw new Failure('INVALID_BODY', `none of the ${bad.count} records has a key: ${bad.reason}`);
  }
  return { records: list, bad };
}

/** One more bad record: the reason of the first stays. */
export function countBad(bad: BadRecords | undefined, reason: string, count = 1): BadRecords {
  return { count: (bad?.count ?? 0) + count, reason: bad?.reason ?? reason };
}

type Key = string | { problem: string };

function keyFinder(rule: KeyRule): (record: unknown) => Key | Promise<Key> {
  switch (rule.by) {
    case 'content':
      return (record) => contentHash(record) ?? { problem: `a record is ${tooDeep}` };
    case 'properties': {
      const readers = rule.paths.map((path) => ({ what: `"${path}"`, read: reader(path) }));
      const [first] = readers;
      if (first && readers.length === 1) return (record) => keyText(first.read(record), first.what);
      return (record) => {
        const parts = readers.map(({ what, read }) => keyText(read(record), what));
        return parts.find((part) => typeof part !== 'string') ?? JSON.stringify(parts);
      };
    }
    case 'function':
      return async (record) => {
        try {
          return functionKey(await rule.of(record));
        } catch (error) {
          return {
            problem: `the key cannot be made: ${error instanceof Error ? error.message : 'an error'}`,
          };
        }
      };
  }
}

function functionKey(value: unknown): Key {
  if (!Array.isArray(value)) return keyText(value, 'what makes the key gives a value that');
  const parts = value.map((part) => keyText(part, 'a part of the key'));
  return parts.find((part) => typeof part !== 'string') ?? JSON.stringify(parts);
}

function keyText(value: unknown, what: string): Key {
  if (typeof value === 'string') return value === '' ? { problem: `${what} is empty` } : value;
  if (typeof value === 'number') {
    // Two such ids can be read as the same number: an event would be lost.
    return Number.isInteger(value) && !Number.isSafeInteger(value)
      ? { problem: `${what} is a number too large to be exact; name a property that has it as text` }
      : String(value);
  }
  if (typeof value === 'boolean') return asText(value);
  if (Array.isArray(value)) return { problem: `${what} is a list: name one of its values, as in "id[0]"` };
  return { problem: `${what} is ${value === undefined ? 'missing' : describe(value)}` };
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/**
 * `valueAt` for one path and many values: the path is taken apart once. Own properties only.
 */
export function reader(path: string): (value: unknown) => unknown {
  const segments = path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((segment, index) => !(index === 0 && segment === ''));
  const own = (value: unknown, segment: string): unknown =>
    value !== null && typeof value === 'object' && Object.hasOwn(value, segment)
      ? (value as Record<string, unknown>)[segment]
      : undefined;
  const [only] = segments;
  if (only !== undefined && segments.length === 1) return (value) => own(value, only);
  return (value) => segments.reduce(own, value);
}

/** A short text that stands for others: the same for the same texts, in every process and at every time. */
export function digest(...texts: readonly string[]): string {
  return hash('sha256', JSON.stringify(texts), 'base64url').slice(0, 22);
}

/**
 * A short text that stands for a value; the order of properties does not matter. Undefined for one that is nested deeper
 * than can be read.
 */
export function contentHash(value: unknown): string | undefined {
  if (isTooDeep(value)) return undefined;
  return hash('sha256', canonical(value), 'base64url').slice(0, 22);
}

/** JSON with the properties in one order. A list, an object and a text never look alike. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (value instanceof Date || value instanceof Uint8Array) return JSON.stringify(value);
  const entries = value as Record<string, unknown>;
  const names = Object.keys(entries).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(entries[name])}`).join()}}`;
}

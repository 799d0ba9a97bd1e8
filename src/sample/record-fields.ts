/** The properties that the records of a list have in common, with their values. Pure. */
import { timeOf, type cursorValue } from '../polling/cursor';
import type { Reason } from './reason';
import { isObject, isPathName } from './suggest-list';

/** A property of records. */
export interface RecordField {
  path: string;
  /** Its last name; for XML's `guid[0]._` the element's. */
  name: string;
  /** How far below a record it stands, wrappers such as `attributes` included. */
  depth: number;
  /** The names above it. */
  owners: readonly string[];
  /** Of each record that was looked at, undefined where it is missing. */
  values: readonly unknown[];
}

export interface FieldSuggestion {
  /** Property path; of a key several, with commas between. '' is the whole record. */
  path: string;
  reasons: Reason<FieldReason>[];
}

/** With `count`, the records that were looked at; `missing` with `missing` too. */
export type FieldReason =
  | 'unique'
  | 'uniqueNamed'
  | 'uniqueByChance'
  | 'uniqueOne'
  | 'uniquePair'
  | 'content'
  | 'contentEmpty'
  | 'changeTime'
  | 'revision'
  | 'missing'
  | 'wholeRecord'
  | 'time'
  | 'growing'
  | 'newestFirst'
  | 'oldestFirst';

/** Times as numbers: seconds and milliseconds of the years 2000 to 2100. */
const epochs = [
  [946_684_800, 4_102_444_800],
  [946_684_800_000, 4_102_444_800_000],
] as const;

/** A date that exists, or a number that is one in seconds or milliseconds since 1970. */
export function isTime(value: ReturnType<typeof cursorValue>): boolean {
  if (!('kind' in value)) return false;
  if (value.kind === 'date') return timeOf(value) !== undefined;
  const number = Number(value.text);
  return value.kind === 'number' && epochs.some(([from, to]) => number >= from && number < to);
}

export const mostRecords = 300;
const mostFields = 150;
const deepest = 4;

/** Fields with one value each, in the order of the first records. Lists are left out but for XML's lists of one. */
export function fieldsOf(records: readonly unknown[], isXml: boolean): RecordField[] {
  const looked = records.slice(0, mostRecords);
  const found = new Map<string, { names: readonly string[]; values: unknown[] }>();
  for (const [index, record] of looked.entries()) {
    for (const { path, names, value } of leaves(record, isXml)) {
      let field = found.get(path);
      if (!field) {
        if (found.size >= mostFields) continue;
        field = { names, values: Array.from({ length: looked.length }) };
        found.set(path, field);
      }
      field.values[index] = value;
    }
  }
  return Array.from(found, ([path, { names, values }]) => ({
    path,
    name: names.at(-1) ?? '',
    depth: names.length - 1,
    owners: names.slice(0, -1),
    values,
  }));
}

interface Leaf {
  path: string;
  names: readonly string[];
  value: unknown;
}

function leaves(record: unknown, isXml: boolean): Leaf[] {
  const found: Leaf[] = [];
  const walk = (value: unknown, path: string, names: readonly string[]) => {
    if (found.length >= mostFields) return;
    if (isObject(value) && !(value instanceof Date) && !ArrayBuffer.isView(value)) {
      if (names.length >= deepest) return;
      for (const [name, inner] of Object.entries(value)) {
        if (!isPathName(name)) continue;
        // the text and the attributes of an XML element are not names of their own
        const isPart = isXml && (name === '_' || name === '$');
        walk(inner, path === '' ? name : `${path}.${name}`, isPart ? names : [...names, name]);
      }
    } else if (Array.isArray(value)) {
      if (isXml && value.length === 1) walk(value[0], `${path}[0]`, names);
    } else if (path !== '') found.push({ path, names, value });
  };
  walk(record, '', []);
  return found;
}

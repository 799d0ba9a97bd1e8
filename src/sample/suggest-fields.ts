/** What the properties of records say: which tells them apart, which shows that one has changed, which one grows. */
import { compareCursors, cursorValue } from '../polling/cursor';
import { fieldsOf, isTime, mostRecords, type FieldSuggestion, type RecordField } from './record-fields';
import {
  changeNames,
  creationNames,
  keyNameScore,
  plainName,
  revisionNames,
  wrapperNames,
} from './record-names';
import type { Reason } from './reason';
import { suggestKeys } from './suggest-key';

export interface FieldSuggestions {
  /** The surest first; the last one, '' for the content, always works. */
  keys: FieldSuggestion[];
  /** The same for what changes with a record. */
  versions: FieldSuggestion[];
  /** What a request could ask from; may be empty. */
  cursors: FieldSuggestion[];
  /** By which property the records come in an order; undefined when the sample does not tell it. */
  order: { newestFirst: boolean; path: string } | undefined;
  /** What the person should know. */
  warnings: Reason<Warning>[];
}

/** `inexact` with `path`; the others, of a page that is not the whole list, with `total` and `count`. */
export type Warning = 'inexact' | 'more' | 'moreUnknown';

/** A field with what its name and its values say. */
interface Rated {
  field: RecordField;
  /** Records that have it. */
  there: number;
  /** All values that are there are times. */
  isTimes: boolean;
  direction: 'newestFirst' | 'oldestFirst' | undefined;
}

/** The lowest rank is the likeliest. */
type Ranked = FieldSuggestion & { rank: number };

const telling = 3;
const most = 4;

/**
 * @param records the list of one answer
 * @param isXml the answer was XML
 */
export async function suggestFields(records: readonly unknown[], isXml = false): Promise<FieldSuggestions> {
  const looked = records.slice(0, mostRecords);
  const fields = fieldsOf(looked, isXml);
  const { keys, inexact } = await suggestKeys(looked, fields);
  const rated = fields.filter(isOwn).map(rate);
  return {
    keys,
    versions: [...versionsOf(rated, looked.length), { path: '', reasons: [{ code: 'wholeRecord' }] }],
    cursors: cursorsOf(rated, looked.length),
    order: orderOf(rated),
    warnings: inexact.map((path) => ({ code: 'inexact', values: { path } })),
  };
}

/** Not of another thing that the record names. */
function isOwn({ owners }: RecordField): boolean {
  return owners.every((owner) => wrapperNames.has(owner));
}

function rate(field: RecordField): Rated {
  const there = field.values.filter((value) => value !== undefined && value !== null && value !== '');
  const isTimes = there.length > 0 && there.every((value) => isTime(cursorValue(value)));
  return { field, there: there.length, isTimes, direction: directionOf(field) };
}

function versionsOf(rated: readonly Rated[], count: number): FieldSuggestion[] {
  const found = rated.flatMap(({ field, there, isTimes }): Ranked[] => {
    const { name, path, depth, values } = field;
    const rank = rankOf(isTimes ? changeNames : revisionNames, name);
    if (there === 0 || rank === undefined || values.some((value) => typeof value === 'boolean')) return [];
    const missing = count - there;
    const reasons: FieldSuggestion['reasons'] = [{ code: isTimes ? 'changeTime' : 'revision' }];
    if (missing > 0) reasons.push({ code: 'missing', values: { missing, count } });
    return [{ path, reasons, rank: rank + (isTimes ? 0 : 10) + depth + (missing > 0 ? 5 : 0) }];
  });
  return best(found);
}

function cursorsOf(rated: readonly Rated[], count: number): FieldSuggestion[] {
  const found = rated.flatMap(({ field, there, isTimes, direction }): Ranked[] => {
    const { name, path, depth, values } = field;
    if (count === 0 || there < count) return [];
    const ordered = direction ? [{ code: direction }] : [];
    if (isTimes) {
      const changed = rankOf(changeNames, name);
      const created = rankOf(creationNames, name);
      if (changed === undefined && created === undefined && !direction) return [];
      const rank = (changed ?? 20 + (created ?? 10)) + depth - (direction ? 5 : 0);
      return [{ path, reasons: [{ code: 'time', values: { count } }, ...ordered], rank }];
    }
    const isCounter = keyNameScore(name) >= 90 || rankOf(revisionNames, name) !== undefined;
    if (!isCounter || !direction || !values.every(Number.isSafeInteger)) return [];
    return [{ path, reasons: [{ code: 'growing' }, ...ordered], rank: 40 + depth }];
  });
  return best(found);
}

function orderOf(rated: readonly Rated[]): FieldSuggestions['order'] {
  const names = [...creationNames, ...changeNames];
  const found = rated
    .filter(({ field, isTimes, direction }) => direction && (isTimes || keyNameScore(field.name) >= 90))
    .map((one) => ({ ...one, rank: (one.isTimes ? 0 : 100) + (rankOf(names, one.field.name) ?? 50) }))
    .sort((a, b) => a.rank - b.rank)[0];
  return found && { newestFirst: found.direction === 'newestFirst', path: found.field.path };
}

/** Whether the values only rise or only fall over the sample. */
function directionOf({ values }: RecordField): Rated['direction'] {
  if (values.length < telling) return undefined;
  let rises = 0;
  let falls = 0;
  for (const [index, value] of values.entries()) {
    const here = cursorValue(value);
    if (!('kind' in here) || here.kind === 'text') return undefined;
    if (index === 0) continue;
    const before = cursorValue(values[index - 1]);
    const order = 'kind' in before ? compareCursors(here, before) : Number.NaN;
    if (Number.isNaN(order)) return undefined;
    if (order > 0) rises++;
    if (order < 0) falls++;
  }
  if (rises > 0 === falls > 0) return undefined;
  return falls > 0 ? 'newestFirst' : 'oldestFirst';
}

function rankOf(names: readonly RegExp[], name: string): number | undefined {
  const rank = names.findIndex((pattern) => pattern.test(plainName(name)));
  return rank < 0 ? undefined : rank;
}

function best(rated: readonly Ranked[]): FieldSuggestion[] {
  return [...rated]
    .sort((a, b) => a.rank - b.rank)
    .slice(0, most)
    .map(({ path, reasons }) => ({ path, reasons }));
}

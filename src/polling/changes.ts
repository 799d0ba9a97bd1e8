/** What fires: which of the records of a poll are a change, and what has to be remembered to know it the next time. */
import type { Entry } from '../state/store';
import { Failure } from '../exchange/failure';
import { asText } from '../exchange/values';
import { contentHash, digest, reader, type KeyedRecord } from './keys';

export type ChangeKind = 'created' | 'updated' | 'deleted';

/** One change that a poll found. */
export interface RecordChange extends KeyedRecord {
  /** None where every record fires. The record of `deleted` is null: only its key is kept. */
  change?: ChangeKind;
  /** What makes its event another one than those before it about the same record; '' when its key says it all. */
  version: string;
}

/** What is known from the polls before. */
export interface Known {
  /** Which of these are unknown, and which are known with another value. */
  compare(entries: readonly Entry[]): Promise<{ unknown: ReadonlySet<string>; changed: ReadonlySet<string> }>;
  /** Known keys that are not among these. */
  missing(keys: ReadonlySet<string>): Promise<string[]>;
}

export interface Changes {
  changes: RecordChange[];
  /** Every record with the value under which it is known from now on. */
  entries: Entry[];
  /** Those of the entries that are not known that way yet. */
  remember: Entry[];
  /** Keys that are not there any more. */
  forget: string[];
}

/** A rule of what fires. */
export interface Watch {
  readonly name: string;
  /** Changes with everything that the kept values depend on. */
  readonly text: string;
  /** What is kept of the records: nothing, ids that expire, or a list of all of them. */
  readonly keeps: 'nothing' | 'ids' | 'list';
  /** @param whole the records are all there are: one that is missing is gone */
  find(records: readonly KeyedRecord[], known: Known, whole: boolean): Promise<Changes>;
}

/** Records whose key was not seen before. */
export const newRecords: Watch = {
  name: 'new',
  text: 'new',
  keeps: 'ids',
  async find(records, known) {
    const entries = records.map(({ key }): Entry => [key, '']);
    const { unknown } = await known.compare(entries);
    const created = records.filter(({ key }) => unknown.has(key));
    return {
      changes: created.map((record) => ({ ...record, change: 'created', version: '' })),
      entries,
      remember: entries.filter(([key]) => unknown.has(key)),
      forget: [],
    };
  },
};

/** Every record of every poll. */
export const everyRecord: Watch = {
  name: 'every',
  text: 'every',
  keeps: 'nothing',
  find(records) {
    const changes = records.map((record) => ({ ...record, version: '' }));
    return Promise.resolve({ changes, entries: [], remember: [], forget: [] });
  },
};

/**
 * New records, and known ones that have changed.
 *
 * @param path of the field that changes with the record (`updated_at`, a revision); without it, or where a record lacks it,
 *   the hash of the whole record
 */
export function newAndUpdated(path?: string): Watch {
  const versionOf = versionReader(path);
  return {
    name: 'updates',
    text: `updates ${path ?? ''}`,
    keeps: 'ids',
    find: (records, known) => compared(records, known, versionOf),
  };
}

/**
 * Created, updated and deleted: a poll is compared with the one before. For sources whose answer has all records; an
 * answer that was cut or has records without a key says nothing of what is missing, so that nothing is deleted then.
 *
 * @param limit the most records that are compared: their keys are held in memory and in the store
 */
export function snapshot(path?: string, limit = 200_000): Watch {
  const versionOf = versionReader(path);
  return {
    name: 'snapshot',
    text: `snapshot ${path ?? ''}`,
    keeps: 'list',
    async find(records, known, whole) {
      if (records.length > limit) {
        const sentence = `the answer has ${records.length} records: at most ${limit} can be compared as a whole`;
        throw new Failure('INVALID_BODY', sentence, { retryable: false });
      }
      const found = await compared(records, known, versionOf);
      if (!whole) return found;
      const gone = await known.missing(new Set(records.map(({ key }) => key)));
      const deleted = gone.map((key): RecordChange => ({
        key,
        record: null,
        change: 'deleted',
        version: 'deleted',
      }));
      return { ...found, changes: [...found.changes, ...deleted], forget: gone };
    },
  };
}

async function compared(
  records: readonly KeyedRecord[],
  known: Known,
  versionOf: (record: unknown) => string,
): Promise<Changes> {
  const entries = records.map(({ key, record }): Entry => [key, versionOf(record)]);
  const { unknown, changed } = await known.compare(entries);
  const changes: RecordChange[] = [];
  const remember: Entry[] = [];
  for (const [index, record] of records.entries()) {
    const entry = entries[index]!;
    const isNew = unknown.has(record.key);
    if (!isNew && !changed.has(record.key)) continue;
    remember.push(entry);
    changes.push({ ...record, change: isNew ? 'created' : 'updated', version: isNew ? '' : entry[1] });
  }
  return { changes, entries, remember, forget: [] };
}

/** A store keeps at most 64 bytes with an id. */
const longestVersion = 20;

function versionReader(path: string | undefined): (record: unknown) => string {
  if (path === undefined) return contentVersion;
  const read = reader(path);
  return (record) => {
    const value = read(record);
    if (value === undefined || value === null || value === '') return contentVersion(record);
    if (typeof value === 'object') return contentVersion(value);
    const text = asText(value);
    // 'v': a version is never '', which is the value of an id without one
    return text.length <= longestVersion ? `v${text}` : digest(text);
  };
}

/** All that cannot be read have one: it is another one as soon as they can be. No other version looks like it. */
function contentVersion(value: unknown): string {
  return contentHash(value) ?? 'deep';
}

/** Which of the records that were read fire, and what is known afterwards. Reads what is known, writes nothing. */
import type { Entry } from '../state/store';
import type { Known, RecordChange, Watch } from './changes';
import { advance, compareCursors, cursorValue, type CursorRule, type CursorValue } from './cursor';
import { isTooDeep, tooDeep } from '../exchange/decode';
import { countBad, keyed, reader, type BadRecords, type KeyedRecord, type KeyRule } from './keys';
import { ordered, type Order } from './order';
import type { Found } from './source';

/**
 * Which records of the very first poll fire: none (`now`, they are taken as known), all, those whose cursor field is not
 * before a value, or the last so many.
 */
export type FirstRun =
  { from: 'now' } | { from: 'everything' } | { from: 'since'; at: string } | { from: 'last'; count: number };

/** What is known afterwards without having fired, and why. */
export type Silence =
  'known' | 'first run' | 'before the start' | 'condition' | 'condition failed' | 'too deep';

export interface JudgeOptions {
  key: KeyRule;
  watch: Watch;
  cursor?: CursorRule;
  order?: Order;
  firstRun?: FirstRun;
  /** Whether a record is wanted. One that is not is known from then on; one for which it throws is reported as bad. */
  accepts?: (record: unknown) => boolean | Promise<boolean>;
}

export interface Standpoint {
  known: Known;
  /** Nothing was known before: the first run decides. */
  first: boolean;
  /** Updates are taken over in silence: what is kept of a record has another meaning now. */
  silentUpdates: boolean;
  /** Records whose cursor field is before it do not fire. */
  since: CursorValue | undefined;
  cursor: CursorValue | undefined;
  /** For dates that cannot be: the server's time, milliseconds since 1970. */
  serverTime: number;
}

export interface Judgement {
  /** Oldest first. */
  fire: RecordChange[];
  entries: Entry[];
  remember: Entry[];
  forget: string[];
  /** The records are all there are. */
  whole: boolean;
  bad: BadRecords | undefined;
  /** Records whose value of the cursor's field cannot be used. They fire as the others do. */
  cursorless: BadRecords | undefined;
  cursor: CursorValue | undefined;
  /** The values of the cursor came in ascending order. */
  ascending: boolean;
  /** In the order of the answer. */
  records: readonly KeyedRecord[];
  /** Why changes are silent; only when it is asked for. */
  silent?: Map<KeyedRecord, Silence>;
}

export async function judge(
  found: Pick<Found, 'records' | 'complete'>,
  options: JudgeOptions,
  standpoint: Standpoint,
  explain = false,
): Promise<Judgement> {
  const { watch, key, cursor: rule, order = 'oldest first' } = options;
  const { records, bad: withoutKey } = await keyed(found.records, key, watch.keeps === 'nothing');
  const whole = found.complete && !withoutKey;
  const { changes, ...known } = await watch.find(records, standpoint.known, whole);
  let bad = withoutKey;

  const moved = rule
    ? advance(
        rule,
        standpoint.cursor,
        records.map(({ record }) => record),
        standpoint.serverTime,
      )
    : { cursor: undefined, ascending: false, refused: 0, reason: '' };
  const cursorless = moved.refused > 0 ? countBad(undefined, moved.reason, moved.refused) : undefined;

  const silent = new Map<KeyedRecord, Silence>();
  const wanted: RecordChange[] = [];
  const firstRun =
    standpoint.first && watch.keeps !== 'nothing' ? (options.firstRun ?? { from: 'now' }) : undefined;
  const since = firstRun?.from === 'since' ? sinceOf(firstRun.at) : standpoint.since;
  const isBefore = rule && since ? beforeStart(rule, since) : () => false;
  for (const change of changes) {
    let why: Silence | undefined;
    if (firstRun?.from === 'now') why = 'first run';
    else if (standpoint.silentUpdates && change.change === 'updated') why = 'known';
    else if (change.change !== 'deleted') {
      if (isBefore(change.record)) why = 'before the start';
      else if (isTooDeep(change.record)) {
        why = 'too deep';
        bad = countBad(bad, `a record is ${tooDeep}, which no message can hold`);
      } else if (options.accepts) {
        try {
          if (!(await options.accepts(change.record))) why = 'condition';
        } catch (error) {
          why = 'condition failed';
          const reason = error instanceof Error ? error.message : String(error);
          bad = countBad(bad, `the condition cannot be evaluated: ${reason}`);
        }
      }
    }
    if (why) silent.set(change, why);
    else wanted.push(change);
  }

  let fire = ordered(wanted, order, rule);
  if (firstRun?.from === 'last') {
    const from = Math.max(0, fire.length - firstRun.count);
    for (const change of fire.slice(0, from)) silent.set(change, 'first run');
    fire = fire.slice(from);
  }
  return {
    ...known,
    records,
    whole,
    fire,
    bad,
    cursorless,
    cursor: moved.cursor,
    ascending: moved.ascending,
    ...(explain ? { silent } : {}),
  };
}

/** What a setting names as the start; undefined when it is neither date nor number nor text. */
export function sinceOf(at: string): CursorValue | undefined {
  const value = cursorValue(at);
  return 'problem' in value ? undefined : { kind: value.kind, text: value.text };
}

/** A value that cannot be read, or is of another kind, is not before it: better once too often than never. */
function beforeStart(rule: CursorRule, since: CursorValue): (record: unknown) => boolean {
  const read = reader(rule.path);
  return (record) => {
    const value = cursorValue(read(record));
    return !('problem' in value) && compareCursors(value, since) < 0;
  };
}

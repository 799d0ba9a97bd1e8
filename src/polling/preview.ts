/** What a poll would do, for the editor. Pure. */
import { isTooDeep } from '../exchange/decode';
import type { ChangeKind } from './changes';
import { cursorText, type CursorRule } from './cursor';
import type { Judgement, Silence } from './judge';
import { reader, type BadRecords, type KeyedRecord } from './keys';
import type { Situation } from './situation';
import type { Found } from './source';

export interface Preview {
  /** How many records the answer has, and in how many requests they came. */
  found: number;
  requests: number;
  /** False when a cap on pages, records or time cut it. */
  complete: boolean;
  /** How many would fire. */
  firing: number;
  /** Of the poll before: `same` goes on from it; at a `first` one and after the settings `changed` the first run decides. */
  situation: Situation['kind'];
  /** What the request asked from, the greatest value so far, and the one afterwards; '' without. */
  cursor: { asked: string; before: string; after: string };
  bad: BadRecords | undefined;
  cursorless: BadRecords | undefined;
  /** The first records, those that would fire (oldest first) before the others. */
  records: PreviewRecord[];
}

export interface PreviewRecord {
  key: string;
  record: unknown;
  /** The value of the cursor's field. */
  cursor?: unknown;
  fires: boolean;
  change?: ChangeKind;
  /** Why it does not fire. */
  why?: Silence;
}

/** So many records are shown. */
const mostShown = 100;

export function previewOf(
  found: Found,
  judgement: Judgement,
  { kind, before }: Situation,
  { cursor: rule }: { cursor?: CursorRule },
): Preview {
  const { fire, silent = new Map<KeyedRecord, Silence>(), entries, bad, cursorless, cursor } = judgement;
  const cursorOf = rule && reader(rule.path);
  const shown = (record: unknown) => (cursorOf ? { cursor: cursorOf(record) } : {});
  const firing = fire.map(({ key, record, change }): PreviewRecord => {
    return { key, record, ...shown(record), fires: true, ...(change ? { change } : {}) };
  });
  const silenced = Array.from(silent, ([{ key, record }, why]): PreviewRecord => {
    return { key, record, ...shown(record), fires: false, why };
  });
  const judged = new Set([...firing, ...silenced].map(({ key }) => key));
  const known = judgement.records
    .filter(({ key }) => entries.length > 0 && !judged.has(key))
    .map(({ key, record }): PreviewRecord => ({ key, record, ...shown(record), fires: false, why: 'known' }));
  return {
    found: found.records.length,
    requests: found.requests,
    complete: found.complete,
    firing: fire.length,
    situation: kind,
    cursor: {
      asked: rule ? cursorText(rule, before?.from) : '',
      before: before?.cursor?.text ?? '',
      after: cursor?.text ?? '',
    },
    bad,
    cursorless,
    records: [...firing, ...silenced, ...known].slice(0, mostShown).map(showable),
  };
}

/** Without a record that no JSON can hold. */
function showable(shown: PreviewRecord): PreviewRecord {
  return isTooDeep(shown.record) ? { ...shown, record: null } : shown;
}

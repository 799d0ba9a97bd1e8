/** What a real answer says of the records in it, for the guided set-up. */
import { getHeader, type HeaderFields } from '../connection/headers';
import { asCount, propertyAt } from '../paging/field';
import { recordsIn } from '../paging/records';
import { totalHeaders, totalPaths } from './record-names';
import { suggestFields, type FieldSuggestions } from './suggest-fields';
import { suggestLists, type ListSuggestion } from './suggest-list';
import { suggestPaging, type PagingSuggestion } from './suggest-paging';

export type { FieldReason, FieldSuggestion } from './record-fields';
export type { FieldSuggestions, Warning } from './suggest-fields';
export type { ListReason, ListSuggestion } from './suggest-list';

/** One list, and what its records are like. */
export interface RecordsSuggestion extends ListSuggestion, FieldSuggestions {
  /** The first record, to look at. */
  first: unknown;
}

export interface AnswerSuggestions {
  /** The likeliest first; none when the answer has no list. */
  lists: RecordsSuggestion[];
  /** How the answer goes on; the surest first. */
  paging: PagingSuggestion[];
}

/** So many lists are looked into. */
const mostLists = 4;

/**
 * What can be told from one answer. Whatever the answer is, this does not throw.
 *
 * @param answer decoded; `isXml` when it was XML
 */
export async function suggestRecords(answer: {
  url: string;
  headers: HeaderFields;
  body: unknown;
  isXml?: boolean;
}): Promise<AnswerSuggestions> {
  const { body, isXml = false } = answer;
  const paging = suggestPaging(answer);
  const lists = await Promise.all(
    suggestLists(body, isXml)
      .slice(0, mostLists)
      .map(async (list): Promise<RecordsSuggestion> => {
        const records = recordsIn(body, list.path, isXml);
        const fields = await suggestFields(records, isXml);
        const more = moreThan(records.length, answer, paging.length > 0);
        return { ...list, ...fields, warnings: [...fields.warnings, ...more], first: records[0] };
      }),
  );
  return { lists, paging };
}

function moreThan(
  count: number,
  { headers, body }: { headers: HeaderFields; body: unknown },
  hasPages: boolean,
): FieldSuggestions['warnings'] {
  const found = [
    ...totalPaths.map((path) => asCount(propertyAt(body, path))),
    ...totalHeaders.map((name) => asCount(getHeader(headers, name))),
  ].find((total) => total !== undefined);
  if (found === undefined || found <= count || count === 0) return [];
  return [{ code: hasPages ? 'more' : 'moreUnknown', values: { total: found, count } }];
}

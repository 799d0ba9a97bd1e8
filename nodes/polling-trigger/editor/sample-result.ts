/** What `POST polling-trigger/sample/:id` answers: see nodes/admin/polling-sample.ts. */
import type { PagingSuggestion } from '../../../src/sample/suggest-paging';
import type { RecordsSuggestion } from '../../../src/sample/suggest-records';

export interface SampleResult {
  ok: boolean;
  code?: string;
  message?: string;
  /** Milliseconds. */
  elapsed: number;
  statusCode?: number;
  lists?: RecordsSuggestion[];
  paging?: PagingSuggestion[];
}

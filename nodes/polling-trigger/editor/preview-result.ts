import type { Preview } from '../../../src/polling/preview';

export type { Preview, PreviewRecord } from '../../../src/polling/preview';

/** What `POST polling-trigger/preview/:id` answers: a poll that moved nothing. Redacted. */
export interface PreviewResult {
  ok: boolean;
  /** What failed, and its code. */
  code?: string;
  message?: string;
  /** Milliseconds. */
  elapsed: number;
  preview?: Preview;
}

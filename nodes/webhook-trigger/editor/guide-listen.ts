/** The delivery that the guide goes by: waited for, kept by the runtime while the dialog is open, judged again and again. */
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';
import { ask } from './deployed';
import { listenValues, pause } from './listen';
import type { CheckResult, ListenState, Sample } from './listen-result';

export interface GuideListener {
  /** What came; undefined before. */
  sample(): Sample | undefined;
  /**
   * Waits for the next delivery.
   *
   * @param waiting is told until when
   * @returns undefined when none came in time, or it was given up
   */
  listen(ended: AbortSignal, waiting: (until: string) => void): Promise<Sample | undefined>;
  /** Whether the delivery that came is right by the values as they stand. */
  check(): Promise<CheckResult>;
}

/** A service tests a URL with other methods than it delivers with, so the first of any method is heard. */
const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];

export function guideListener({ id, z }: EditorNode, dialog: Dialog<WebhookTriggerConfig>): GuideListener {
  const url = `webhook-trigger/${encodeURIComponent(id)}/listen`;
  let sample: Sample | undefined;
  let begun = false;

  function release(): void {
    if (!begun) return;
    begun = false;
    ask('DELETE', [id, 'listen'], new AbortController().signal).catch(() => undefined);
  }
  dialog.closed.addEventListener('abort', release);

  /** Not given up when the dialog closes: what was begun has to be ended. */
  async function begin(): Promise<ListenState> {
    const never = new AbortController().signal;
    const { config, credentials } = listenValues(dialog, z);
    try {
      return await post<ListenState>(url, { config: { ...config, methods: all }, credentials }, never, t);
    } catch {
      // another node has the path for one of the methods; and whatever else is wrong is said by this one
      return await post<ListenState>(url, { config, credentials }, never, t);
    }
  }

  return {
    sample: () => sample,
    async listen(ended, waiting) {
      let state = await begin();
      begun = true;
      if (!ended.aborted && state.until) waiting(state.until);
      while (state.state === 'listening' && !ended.aborted) {
        // neither answers once it is given up
        const look = pause(ended).then(() => ask<ListenState>('GET', [id, 'listen'], ended));
        state = await Promise.race([look, over(ended)]);
      }
      if (!state.sample) release();
      else sample = state.sample;
      return state.sample;
    },
    check: () => post<CheckResult>(`${url}/check`, listenValues(dialog, z), dialog.closed, t),
  };
}

function over(ended: AbortSignal): Promise<ListenState> {
  return new Promise((resolve) => {
    const end = () => resolve({ state: 'over' });
    if (ended.aborted) end();
    else ended.addEventListener('abort', end, { once: true });
  });
}

/** The answer that the guide goes by: asked for once, and good as long as the request is the same. */
import { asText } from '../../editor/checks';
import { connectionValues } from '../../editor/connection-values';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import type { PollingTriggerConfig } from '../config';
import { t } from './checks';
import type { SampleResult } from './sample-result';

/** The settings that say what is asked. */
const asked = [
  'connection',
  'method',
  'url',
  'query',
  'headers',
  'arrays',
  'bodyKind',
  'body',
  'form',
  'variables',
  'contentType',
  'responseKind',
] as const satisfies readonly (keyof PollingTriggerConfig)[];

export type Found = SampleResult & Required<Pick<SampleResult, 'lists' | 'paging'>>;

export interface GuideSample {
  /** The answer to the request as it is set now; undefined before one was fetched. */
  found(): Found | undefined;
  /** @throws Error with a sentence, when there was no answer that could be read */
  fetch(): Promise<Found>;
}

/** @param obstacle what keeps the source from being asked; '' when nothing does */
export function guideSample(
  { id, z }: EditorNode,
  dialog: Dialog<PollingTriggerConfig>,
  obstacle: () => string,
): GuideSample {
  let last: { of: string; found: Found } | undefined;
  const request = () => {
    const values = dialog.values();
    return JSON.stringify(asked.map((property) => values[property]));
  };
  return {
    found: () => (last?.of === request() ? last.found : undefined),
    async fetch() {
      const why = obstacle();
      if (why !== '') throw new Error(why);
      const of = request();
      const connection = connectionValues(RED.nodes.node(asText(dialog.value('connection')))!);
      const body = { config: { ...dialog.values(), z }, connection };
      const url = `polling-trigger/sample/${encodeURIComponent(id)}`;
      const result = await post<SampleResult>(url, body, dialog.closed, t);
      const { ok, code, message, lists, paging } = result;
      if (!ok || !lists || !paging) throw new Error([code, message].filter(Boolean).join(' · '));
      last = { of, found: { ...result, lists, paging } };
      return last.found;
    },
  };
}

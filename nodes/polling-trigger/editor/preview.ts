/** The *Preview* tab: a poll with the values as they stand, that moves nothing. */
import { asText } from '../../editor/checks';
import { connectionValues } from '../../editor/connection-values';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import { keptSample } from '../../editor/kept-sample';
import type { PollingTriggerConfig } from '../config';
import { t } from './checks';
import { previewMessage } from './preview-message';
import type { Preview, PreviewResult } from './preview-result';
import { previewView } from './preview-view';

export interface PreviewTab {
  /** What keeps the source from being asked; '' when nothing does. */
  obstacle: () => string;
  /** Runs it and shows what came; undefined when there was no answer, which is shown too. */
  run: () => Promise<PreviewResult | undefined>;
  /** Keeps the message that a poll would put out as the output sample. */
  keep: (preview: Preview) => void;
}

export function previewTab(
  { id, z }: EditorNode,
  dialog: Dialog<PollingTriggerConfig>,
  root: JQuery,
): PreviewTab {
  const button = root.find('.nrhc-try-send');
  const reason = root.find('.nrhc-try-reason');
  const sample = keptSample(dialog, root, button, t);
  const view = previewView(root.find('.nrhc-preview-result'), keep);
  let running: AbortController | undefined;

  function keep(preview: Preview): void {
    const values = dialog.values() as unknown as PollingTriggerConfig;
    const message = previewMessage(preview, values, new Date().toISOString());
    if (message) sample.keep(message);
  }

  function obstacle(): string {
    const chosen = asText(dialog.value('connection'));
    if (chosen.startsWith('${')) return t('preview.connectionLater');
    const connection = RED.nodes.node(chosen);
    if (!connection) return t('preview.noConnection');
    const url = asText(dialog.value('url')).trim() || asText(connection.baseUrl).trim();
    return url === '' ? t('preview.noUrl') : '';
  }

  function follow(): void {
    if (dialog.closed.aborted) return;
    const why = running ? '' : obstacle();
    button.prop('disabled', why !== '');
    button.find('span').text(running ? t('preview.stop') : t('preview.run'));
    button.find('.fa').attr('class', `fa ${running ? 'fa-stop' : 'fa-eye'}`);
    reason.text(why);
  }

  async function run(): Promise<PreviewResult | undefined> {
    running?.abort();
    const connection = RED.nodes.node(asText(dialog.value('connection')))!;
    const own = new AbortController();
    running = own;
    follow();
    view.say(t('preview.running'), false);
    const config = dialog.values();
    const body = { config: { ...config, z }, connection: connectionValues(connection) };
    const settings = {
      hasCursor: asText(config.cursor).trim() !== '',
      perPoll: Number(config.perPoll) || 0,
    };
    let result: PreviewResult | undefined;
    try {
      const ended = AbortSignal.any([dialog.closed, own.signal]);
      const url = `polling-trigger/preview/${encodeURIComponent(id)}`;
      // what was stopped never answers
      const stopped = new Promise<undefined>((resolve) =>
        ended.addEventListener('abort', () => resolve(undefined)),
      );
      result = await Promise.race([post<PreviewResult>(url, body, ended, t), stopped]);
      if (!result || running !== own) return undefined;
      view.show(result, settings);
    } catch (error) {
      view.say((error as Error).message, true);
    }
    running = undefined;
    follow();
    return result;
  }

  button.on('click', () => {
    if (!running) return void run();
    running.abort();
    running = undefined;
    view.clear();
    follow();
  });
  for (const property of ['connection', 'url']) dialog.watch(property, follow);
  return { obstacle, run, keep };
}

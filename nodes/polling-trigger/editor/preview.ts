/** The *Preview* tab: a poll with the values as they stand, that moves nothing. */
import { asText } from '../../editor/checks';
import { connectionValues } from '../../editor/connection-values';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import { keptSample } from '../../editor/kept-sample';
import type { PollingTriggerConfig } from '../config';
import { t } from './checks';
import { previewMessage } from './preview-message';
import type { PreviewResult } from './preview-result';
import { previewView } from './preview-view';

export function previewTab({ id, z }: EditorNode, dialog: Dialog<PollingTriggerConfig>, root: JQuery): void {
  const button = root.find('.nrhc-try-send');
  const reason = root.find('.nrhc-try-reason');
  const sample = keptSample(dialog, root, button, t);
  const view = previewView(root.find('.nrhc-preview-result'), (preview) => {
    const values = dialog.values() as unknown as PollingTriggerConfig;
    const message = previewMessage(preview, values, new Date().toISOString());
    if (message) sample.keep(message);
  });
  let running: AbortController | undefined;

  /** What keeps the source from being asked; '' when nothing does. */
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

  async function run(): Promise<void> {
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
    try {
      const ended = AbortSignal.any([dialog.closed, own.signal]);
      const url = `polling-trigger/preview/${encodeURIComponent(id)}`;
      view.show(await post<PreviewResult>(url, body, ended, t), settings);
    } catch (error) {
      view.say((error as Error).message, true);
    }
    running = undefined;
    follow();
  }

  button.on('click', () => {
    if (!running) return void run();
    // what was stopped never answers
    running.abort();
    running = undefined;
    view.clear();
    follow();
  });
  for (const property of ['connection', 'url']) dialog.watch(property, follow);
}

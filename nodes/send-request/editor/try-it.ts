/** The *Try it* tab: one request with the values as they stand, what came of it, and what is kept of it. */
import { asText } from '../../editor/checks';
import { codeField, modes } from '../../editor/code-field';
import { connectionValues } from '../../editor/connection-values';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import { keptSample } from '../../editor/kept-sample';
import type { TryResult } from '../../editor/try-result';
import { tryView } from '../../editor/try-view';
import type { SendRequestConfig } from '../config';
import { t } from './checks';

/** @param index from 0 */
export function outputName(index: number): string {
  return index === 0 ? t('output.answer') : t('output.failure');
}

export function tryIt({ id, z }: EditorNode, dialog: Dialog<SendRequestConfig>, root: JQuery): void {
  const button = root.find('.nrhc-try-send');
  const reason = root.find('.nrhc-try-reason');
  const sample = keptSample(dialog, root, button, t);
  const view = tryView({
    element: root.find('.nrhc-try-result'),
    property: () => asText(dialog.value('responseProperty')),
    output: (number) => outputName(number - 1),
    keep: (message) => sample.keep(message),
    t,
  });
  dialog.add(
    codeField({
      property: 'trySample',
      element: $('#nrhc-send-request-try-editor'),
      value: dialog.config.trySample,
      label: t('label.trySample'),
      mode: modes.json,
      fixed: true,
      check: sampleProblem,
      onChange: () => {
        dialog.showProblems();
        follow();
      },
      t,
    }),
  );
  let running: AbortController | undefined;

  /** What keeps the request from being tried; '' when nothing does. */
  function obstacle(): string {
    const chosen = asText(dialog.value('connection'));
    const connection = RED.nodes.node(chosen);
    if (chosen.startsWith('${')) return t('try.connectionLater');
    if (!connection) return t('try.noConnection');
    const url = asText(dialog.value('url')).trim() || asText(connection.baseUrl).trim();
    const overridden = (dialog.value('overrides') as string[]).includes('url');
    if (url === '' && !overridden) return t('try.noUrl');
    return sampleProblem(asText(dialog.value('trySample'))) ?? '';
  }

  function follow(): void {
    if (dialog.closed.aborted) return;
    const why = running ? '' : obstacle();
    button.prop('disabled', why !== '');
    button.find('span').text(running ? t('try.stop') : t('try.send'));
    button.find('.fa').attr('class', `fa ${running ? 'fa-stop' : 'fa-play'}`);
    reason.text(why);
  }

  async function run(): Promise<void> {
    const connection = RED.nodes.node(asText(dialog.value('connection')))!;
    running = new AbortController();
    const { signal } = running;
    follow();
    view.say(t('try.running'), false);
    const body = {
      config: { ...dialog.values(), z },
      connection: connectionValues(connection),
      message: JSON.parse(asText(dialog.value('trySample'))) as unknown,
    };
    try {
      const ended = AbortSignal.any([dialog.closed, signal]);
      view.show(await post<TryResult>(`send-request/try/${encodeURIComponent(id)}`, body, ended, t));
      button[0]?.scrollIntoView({ block: 'start' });
    } catch (error) {
      view.say((error as Error).message, true);
    }
    running = undefined;
    follow();
  }

  button.on('click', () => {
    if (!running) return void run();
    running.abort();
    running = undefined;
    view.clear();
    follow();
  });
  for (const property of ['connection', 'url']) dialog.watch(property, follow);
  root.find('#nrhc-send-request-overrides').on('change', follow);
}

/** A message is a JSON object. */
function sampleProblem(text: string): string | undefined {
  try {
    const message = JSON.parse(text) as unknown;
    return typeof message === 'object' && message !== null && !Array.isArray(message)
      ? undefined
      : t('error.sampleObject');
  } catch (error) {
    return t('error.sample', { reason: (error as Error).message });
  }
}

/** The *Try it* tab: one request with the values as they stand, what came of it, and what is kept of it. */
import { asText } from '../../editor/checks';
import { codeField, modes } from '../../editor/code-field';
import { connectionValues } from '../../editor/connection-values';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import { keptSample } from '../../editor/kept-sample';
import { messageBefore } from '../../editor/picker/sources';
import { sampleOf } from '../../editor/sample';
import type { TryResult } from '../../editor/try-result';
import { tryView } from '../../editor/try-view';
import { defaults, type SendRequestConfig } from '../config';
import { t } from './checks';

/** @param index from 0 */
export function outputName(index: number): string {
  return index === 0 ? t('output.answer') : t('output.failure');
}

/** The *Try it* tab, for whoever sends from elsewhere in the dialog. */
export interface TryIt {
  /** What keeps the request from being tried; '' when nothing does. */
  obstacle: () => string;
  /**
   * Sends, and shows in the tab what comes of it.
   *
   * @param changes what is sent instead of what the dialog holds
   * @throws EndpointError
   */
  run: (changes?: Partial<SendRequestConfig>) => Promise<TryResult>;
  /** Keeps a message as the output sample. */
  keep: (message: Record<string, unknown>) => void;
  /** Calls `listener` with each result of the tab's own button. */
  watch: (listener: (result: TryResult) => void) => void;
}

export function tryIt({ id, z }: EditorNode, dialog: Dialog<SendRequestConfig>, root: JQuery): TryIt {
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
  const given = sampleGiven(id, dialog.config.trySample);
  const message = codeField({
    property: 'trySample',
    element: $('#nrhc-send-request-try-editor'),
    value: given,
    label: t('label.trySample'),
    mode: modes.json,
    fixed: true,
    check: sampleProblem,
    onChange: () => {
      dialog.showProblems();
      follow();
    },
    t,
  });
  // what comes from the nodes before is theirs: it is not saved a second time, and follows them
  const read = () => (message.read() === given ? dialog.config.trySample : message.read());
  dialog.add({ ...message, read });
  let running: AbortController | undefined;
  const listeners: ((result: TryResult) => void)[] = [];

  function obstacle(): string {
    const chosen = asText(dialog.value('connection'));
    const connection = RED.nodes.node(chosen);
    if (chosen.startsWith('${')) return t('try.connectionLater');
    if (!connection) return t('try.noConnection');
    const url = asText(dialog.value('url')).trim() || asText(connection.baseUrl).trim();
    const overridden = (dialog.value('overrides') as string[]).includes('url');
    if (url === '' && !overridden) return t('try.noUrl');
    return sampleProblem(message.read()) ?? '';
  }

  function follow(): void {
    if (dialog.closed.aborted) return;
    const why = running ? '' : obstacle();
    button.prop('disabled', why !== '');
    button.find('span').text(running ? t('try.stop') : t('try.send'));
    button.find('.fa').attr('class', `fa ${running ? 'fa-stop' : 'fa-play'}`);
    reason.text(why);
  }

  async function run(changes: Partial<SendRequestConfig> = {}): Promise<TryResult> {
    const connection = RED.nodes.node(asText(dialog.value('connection')))!;
    running = new AbortController();
    const { signal } = running;
    follow();
    view.say(t('try.running'), false);
    const body = {
      config: { ...dialog.values(), ...changes, z },
      connection: connectionValues(connection),
      message: JSON.parse(message.read()) as unknown,
    };
    try {
      const ended = AbortSignal.any([dialog.closed, signal]);
      const result = await post<TryResult>(`send-request/try/${encodeURIComponent(id)}`, body, ended, t);
      view.show(result);
      return result;
    } catch (error) {
      view.say((error as Error).message, true);
      throw error;
    } finally {
      running = undefined;
      follow();
    }
  }

  async function press(): Promise<void> {
    try {
      const result = await run();
      button[0]?.scrollIntoView({ block: 'start' });
      for (const listener of listeners) listener(result);
    } catch {
      // the view says it
    }
  }

  button.on('click', () => {
    if (!running) return void press();
    running.abort();
    running = undefined;
    view.clear();
    follow();
  });
  for (const property of ['connection', 'url']) dialog.watch(property, follow);
  root.find('#nrhc-send-request-overrides').on('change', follow);
  return {
    obstacle,
    run,
    keep: (message) => sample.keep(message),
    watch: (listener) => void listeners.push(listener),
  };
}

/** What was saved; as long as that is the empty one, what the nodes before are known to put out. */
function sampleGiven(id: string, saved: string): string {
  const before = saved === defaults.trySample ? messageBefore(id) : undefined;
  return (before && sampleOf(before)) || saved;
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

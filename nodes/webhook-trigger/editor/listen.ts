/** The *Listen* tab: the next delivery to the URL, judged by the values as they stand in the dialog. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { post } from '../../editor/endpoint';
import { keptSample } from '../../editor/kept-sample';
import { secretSlots } from '../verification-config';
import type { WebhookTriggerConfig } from '../config';
import { pathProblem, t } from './checks';
import { ask } from './deployed';
import type { ListenState } from './listen-result';
import { listenView } from './listen-view';

/** Milliseconds between two looks. */
const lookAgain = 700;

export interface ListenTab {
  /** What keeps a delivery from being heard; '' when nothing does. */
  obstacle: () => string;
  /** Keeps a message as the output sample. */
  keep: (message: Record<string, unknown>) => void;
}

export function listenTab(
  { id, z }: EditorNode,
  dialog: Dialog<WebhookTriggerConfig>,
  root: JQuery,
): ListenTab {
  const button = root.find('.nrhc-try-send');
  const reason = root.find('.nrhc-try-reason');
  const sample = keptSample(dialog, root, button, t);
  const view = listenView(root.find('.nrhc-listen-result'), (message) => sample.keep(message));
  let listening: AbortController | undefined;

  function obstacle(): string {
    if (RED.settings.httpNodeRoot === false) return t('hint.noNodeRoot');
    return pathProblem(asText(dialog.value('path'))) ?? '';
  }

  function follow(): void {
    if (dialog.closed.aborted) return;
    const why = listening ? '' : obstacle();
    button.prop('disabled', why !== '');
    button.find('span').text(listening ? t('listen.stop') : t('listen.start'));
    button.find('.fa').attr('class', `fa ${listening ? 'fa-stop' : 'fa-assistive-listening-systems'}`);
    reason.text(why);
  }

  async function listen(): Promise<void> {
    const own = new AbortController();
    const ended = AbortSignal.any([dialog.closed, own.signal]);
    listening = own;
    follow();
    view.say(t('listen.starting'), false);
    try {
      const url = `webhook-trigger/${encodeURIComponent(id)}/listen`;
      // not given up when the dialog closes: what was begun has to be ended
      let state = await post<ListenState>(url, listenValues(dialog, z), new AbortController().signal, t);
      if (ended.aborted) return void (listening ?? release());
      if (state.until)
        view.say(t('listen.until', { time: new Date(state.until).toLocaleTimeString() }), false);
      while (state.state === 'listening') {
        await pause(ended);
        state = await ask<ListenState>('GET', [id, 'listen'], ended);
      }
      if (state.sample) view.show(state.sample);
      else view.say(t('listen.over'), false);
    } catch (error) {
      if (ended.aborted) return;
      view.say((error as Error).message, true);
    }
    end();
  }

  function release(): void {
    ask('DELETE', [id, 'listen'], new AbortController().signal).catch(() => undefined);
  }

  function end(): void {
    if (!listening) return;
    // what waits for an answer never gets one
    listening.abort();
    listening = undefined;
    // also when the dialog is closed: nobody would look at what comes
    release();
    follow();
  }

  button.on('click', () => {
    if (!listening) return void listen();
    end();
    view.clear();
  });
  dialog.closed.addEventListener('abort', end);
  dialog.watch('path', follow);
  return { obstacle, keep: (message) => sample.keep(message) };
}

/** What a delivery is judged by: the values as they stand, unsaved ones and secrets included. */
export function listenValues(
  dialog: Dialog<WebhookTriggerConfig>,
  z: string | undefined,
): { config: Record<string, unknown>; credentials: Record<string, string> } {
  const names = [...secretSlots, 'verifyToken'];
  const credentials = Object.fromEntries(names.map((name) => [name, asText(dialog.input(name).val())]));
  return { config: { ...dialog.values(), z }, credentials };
}

/** Never over once the signal is. */
export function pause(ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, lookAgain);
    ended.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}

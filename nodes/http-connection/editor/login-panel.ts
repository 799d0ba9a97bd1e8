/** Connect and Disconnect: the login of a person, in a window of its own. */
import { copyButton } from '../../editor/copy';
import type { Dialog } from '../../editor/dialog';
import type { LoginState } from '../../admin/oauth';
import type { LoginResult } from '../../admin/oauth-page';
import type { HttpConnectionConfig } from '../config';
import { t } from './checks';
import { post } from './endpoint';
import { valuesOf } from './values';

const channelName = 'http-connection-login' satisfies LoginResult['type'];

export interface LoginPanel {
  /** Asks the runtime again whether the connection is connected. */
  refresh(): void;
  /** Something was connected or disconnected while the dialog was open: there is something to deploy. */
  changed(): boolean;
}

export function loginPanel(node: EditorNode, dialog: Dialog<HttpConnectionConfig>, root: JQuery): LoginPanel {
  const connect = root.find('.nrhc-connect');
  const disconnect = root.find('.nrhc-disconnect');
  const line = root.find('.nrhc-login-state');
  const path = `oauth/${encodeURIComponent(node.id)}`;
  const callbackUrl = callback();
  let changed = false;
  let asked = 0;
  let waiting: number | undefined;

  root.find('.nrhc-callback output').text(callbackUrl);
  copyButton(root.find('.nrhc-callback button'), () => callbackUrl, t);

  function say(kind: 'ok' | 'failed' | 'idle' | 'busy', text: string): JQuery {
    const icons = {
      ok: 'fa-check-circle',
      failed: 'fa-times-circle',
      idle: 'fa-circle-o',
      busy: 'fa-clock-o',
    };
    return line
      .empty()
      .attr('class', `nrhc-login-state nrhc-wide nrhc-login-${kind}`)
      .append($('<i>', { class: `fa ${icons[kind]}`, 'aria-hidden': 'true' }), $('<span>').text(text));
  }

  async function refresh(): Promise<void> {
    const mine = ++asked;
    try {
      const state = await post<LoginState>(`${path}/state`, valuesOf(dialog), dialog.closed);
      if (mine === asked && waiting === undefined) show(state);
    } catch (error) {
      if (mine === asked && waiting === undefined) say('idle', (error as Error).message);
    }
  }

  function show({ connected, expiresAt, renewable, problem }: LoginState): void {
    disconnect.prop('hidden', !connected && !problem);
    connect.text(t(connected ? 'login.again' : 'login.connect'));
    if (!connected) {
      if (problem) say('failed', problem);
      else say('idle', t('login.notConnected'));
    } else if (renewable) say('ok', t('login.renewed'));
    else if (expiresAt === undefined) say('ok', t('login.connected'));
    else say('ok', t('login.until', { time: new Date(expiresAt).toLocaleString() }));
  }

  async function start(): Promise<void> {
    // opened in the click itself: later it would be a pop-up that browsers block
    const popup = window.open('', `nrhc-${node.id.replace(/\W/g, '')}`, 'popup,width=620,height=760');
    connect.prop('disabled', true);
    asked++;
    say('busy', t('login.starting'));
    try {
      const { url } = await post<{ url: string }>(
        `${path}/start`,
        { ...valuesOf(dialog), callbackUrl },
        dialog.closed,
      );
      if (popup) popup.location.replace(url);
      const said = say('busy', t(popup ? 'login.waiting' : 'login.blocked'));
      if (!popup) {
        $('<a>', { href: url, target: '_blank', rel: 'opener' }).text(t('login.open')).appendTo(said);
      }
      wait(popup);
    } catch (error) {
      popup?.close();
      say('failed', (error as Error).message);
    }
    connect.prop('disabled', false);
  }

  /** A window that is closed may have told its result, or have been given up. */
  function wait(popup: Window | null): void {
    window.clearInterval(waiting);
    waiting = window.setInterval(() => {
      if (popup?.closed) end();
    }, 1000);
  }

  function end(): void {
    window.clearInterval(waiting);
    waiting = undefined;
    void refresh();
  }

  function hear(result: Partial<LoginResult> | undefined): void {
    if (result?.type !== channelName || dialog.closed.aborted) return;
    // one that is not known here names no connection: it is ours only while we wait
    if (result.connection ? result.connection !== node.id : waiting === undefined) return;
    window.clearInterval(waiting);
    waiting = undefined;
    if (!result.ok) {
      say('failed', result.message ?? '');
      return;
    }
    markChanged();
    void refresh();
  }

  async function logOut(): Promise<void> {
    disconnect.prop('disabled', true);
    try {
      await post(`${path}/disconnect`, {}, dialog.closed);
      markChanged();
      await refresh();
    } catch (error) {
      say('failed', (error as Error).message);
    }
    disconnect.prop('disabled', false);
  }

  /** The key of the tokens is written with the next deploy. */
  function markChanged(): void {
    changed = true;
    const known = RED.nodes.node(node.id);
    if (!known) return;
    known.changed = true;
    RED.nodes.dirty(true);
    RED.events.emit('nodes:change', known);
  }

  connect.on('click', () => void start());
  disconnect.on('click', () => void logOut());
  const channel = new BroadcastChannel(channelName);
  channel.addEventListener('message', ({ data }) => hear(data as LoginResult));
  window.addEventListener(
    'message',
    ({ origin, data }) => origin === window.location.origin && hear(data as LoginResult),
    { signal: dialog.closed },
  );
  dialog.closed.addEventListener('abort', () => {
    channel.close();
    window.clearInterval(waiting);
  });
  return { refresh: () => void refresh(), changed: () => changed };
}

/** As the browser reaches it: below the editor, or below the API where the editor is served from elsewhere. */
function callback(): string {
  const { origin, pathname } = window.location;
  const editor = `${origin}${pathname.endsWith('/') ? pathname : `${pathname}/`}`;
  return new URL('http-connection/oauth/callback', new URL(RED.settings.apiRootUrl ?? '', editor)).href;
}

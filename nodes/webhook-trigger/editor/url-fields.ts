/** Path and event name go together until the path is edited or deployed; the whole URL is shown above the tabs. */
import { isEnvironment } from '../../editor/checks';
import { copyButton } from '../../editor/copy';
import type { Dialog } from '../../editor/dialog';
import { newPath, renamed } from '../path';
import type { WebhookTriggerConfig } from '../config';
import { publicUrlProblem, t } from './checks';
import { isDeployed } from './deployed';

export function freshPath(event: string): string {
  return newPath(event, (bytes) => crypto.getRandomValues(bytes));
}

export function urlFields(dialog: Dialog<WebhookTriggerConfig>, node: EditorNode): void {
  const path = dialog.input('path');
  const event = dialog.input('event');
  const base = dialog.input('publicUrl');
  const output = $('#nrhc-webhook-trigger-url');
  if (path.val() === '') path.val(freshPath(dialog.config.event));
  let name = dialog.config.event;
  const deployed = isDeployed(node);
  event.on('input', () => {
    const next = String(event.val());
    // A service may already call the deployed URL: it is not changed behind the user's back.
    if (!deployed) path.val(renamed(String(path.val()), name, next)).trigger('change');
    name = next;
  });
  const show = () => {
    const told = String(base.val()).trim();
    const isTold = told !== '' && !isEnvironment(told) && publicUrlProblem(told) === undefined;
    output.text(isTold ? publicUrl(told, String(path.val())) : ownUrl(String(path.val())));
    const closed = RED.settings.httpNodeRoot === false;
    $('.nrhc-url-hint').text(
      closed ? t('hint.noNodeRoot') : isTold ? t('hint.publicShown') : t('hint.fullUrl'),
    );
  };
  for (const input of [path, base]) input.on('input change', show);
  show();
  copyButton($('#nrhc-webhook-trigger-copy'), () => output.text(), t);
}

/** The URL as this browser would call it. */
function ownUrl(path: string): string {
  return location.origin + targetOf(path);
}

/** @param base an origin, to which the path is added; or the whole URL that the service was told */
export function publicUrl(base: string, path: string): string {
  const { origin, pathname } = new URL(base);
  return pathname === '/' ? origin + targetOf(path) : base;
}

/** The path below the server. */
export function targetOf(path: string): string {
  const root = `/${RED.settings.httpNodeRoot || ''}/`.replace(/\/+/g, '/');
  return `${root}${path.trim().replace(/^\/+/, '')}`;
}

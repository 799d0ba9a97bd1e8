/** The connections that a guide offers for a request. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { Suggestion } from '../../editor/guide/suggestions';
import { addConfigNode, chooseConfigNode } from '../../editor/new-config-node';
import type { SendRequestConfig } from '../config';
import { t } from './checks';
import { urlWithin } from './connection-fit';

/** Whether a request to this URL may go through the connection; what only a message decides may. */
export function fits(connection: EditorNode, url: string): boolean {
  const unbounded = asText(connection.baseUrl) === '' && asText(connection.allowedHosts) === '';
  if (unbounded) return connection.auth === 'none' && url !== '' && !url.startsWith('/');
  return originOf(url) === undefined || urlWithin(connection, url) !== undefined;
}

/**
 * For a complete URL those that cover it, and a new one for its host. The URL then becomes relative.
 *
 * @param taken one was chosen
 */
export function connectionOffers(dialog: Dialog<SendRequestConfig>, taken: () => void): Suggestion[] {
  const url = asText(dialog.value('url')).trim();
  const origin = originOf(url);
  if (origin === undefined) return [];
  const list = dialog.input('connection');
  const ids = list
    .find('option')
    .toArray()
    .map((option) => $(option).val());
  const known = ids.flatMap((id) => RED.nodes.node(asText(id)) ?? []);
  const covering = known.flatMap((node): Suggestion[] => {
    const rest = urlWithin(node, url);
    if (rest === undefined) return [];
    const use = () => {
      list.val(node.id).trigger('change');
      dialog.set('url', rest);
      taken();
    };
    const reason = t('guide.covers', { where: asText(node.baseUrl) || asText(node.allowedHosts) });
    return [{ title: RED.utils.getNodeLabel(node, node.id), reason, take: use }];
  });
  if (covering.length > 0) return covering;
  const make = () => {
    const node = addConfigNode({ type: 'http-connection', config: { baseUrl: origin }, credentials: {} });
    chooseConfigNode(list, node);
    dialog.set('url', urlWithin(node, url) ?? url);
    taken();
  };
  return [
    { title: t('guide.newConnection', { origin }), reason: t('guide.newConnectionReason'), take: make },
  ];
}

/** Of a complete URL without placeholders. */
function originOf(url: string): string | undefined {
  if (!/^https?:\/\//i.test(url) || url.includes('{{') || !URL.canParse(url)) return undefined;
  return new URL(url).origin;
}

/** cURL import: fills the dialog's fields, and offers a connection for where the command goes. */
import type { CurlNote, CurlRequest } from '../../../src/sample/curl';
import { asText } from '../../editor/checks';
import { curlImport } from '../../editor/curl-import';
import type { Dialog } from '../../editor/dialog';
import { addConfigNode, chooseConfigNode } from '../../editor/new-config-node';
import type { SendRequestConfig } from '../config';
import { t } from './checks';
import { urlWithin } from './connection-fit';
import { fromCurl, type ImportedCurl } from './curl';
import type { methodChoice } from './method-choice';

export function curlPanel(
  dialog: Dialog<SendRequestConfig>,
  root: JQuery,
  methods: ReturnType<typeof methodChoice>,
): void {
  const offer = root.find('.nrhc-curl-offer');

  function take(request: CurlRequest): readonly CurlNote[] {
    const imported = fromCurl(request);
    const { send } = imported;
    for (const [property, value] of Object.entries(send)) {
      if (property !== 'method' && property !== 'url') dialog.set(property, value);
    }
    methods.choose(send.method ?? 'GET');
    const chosen = RED.nodes.node(asText(dialog.value('connection')));
    const { url = '' } = send;
    const complete = /^https?:/i.test(url) ? url : `${imported.connection.baseUrl ?? ''}${url}`;
    const kept = chosen && urlWithin(chosen, complete);
    dialog.set('url', kept ?? send.url ?? '');
    offer.empty().prop('hidden', true);
    if (kept === undefined || kept === null) makeOffer(imported);
    else tell(t('curl.kept', { name: RED.utils.getNodeLabel(chosen!, chosen!.id) }));
    dialog.showProblems();
    return imported.notes;
  }

  function tell(sentence: string): JQuery {
    return offer.prop('hidden', false).append($('<span>').text(sentence));
  }

  /** The secrets are in this closure and nowhere else until the user wants the connection. */
  function makeOffer({ connection, credentials }: ImportedCurl): void {
    const secrets = Object.values(credentials).some(Boolean);
    const where = asText(connection.baseUrl);
    tell(t(secrets ? 'curl.offerWithSecrets' : 'curl.offer', { where }));
    $('<button>', { type: 'button', class: 'red-ui-button' })
      .text(t('curl.connection'))
      .on('click', () => {
        const config = { ...connection } as Record<string, unknown>;
        const node = addConfigNode({ type: 'http-connection', config, credentials: { ...credentials } });
        chooseConfigNode(dialog.input('connection'), node);
        offer.empty();
        tell(t('curl.made'));
        dialog.input('connection').trigger('focus');
        dialog.resize();
      })
      .appendTo(offer);
  }

  curlImport({
    element: root.find('.nrhc-import'),
    onImport: take,
    onResize: () => dialog.resize(),
    t,
  });
}

/** What is to be seen: the fields and hints of the choices that are made. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';
import type { Property, ValueOf } from './shape';
import { deciding, isUsed } from './uses';

/** Choices with a hint for each option: our own texts, some with markup. */
const hints: Partial<Record<Property, (option: string) => string>> = {
  payload: (kind) => t(`payloadHint.${kind}`),
  files: (where) => t(`filesHint.${where}`),
  repeatBy: (by) => t(`repeatHint.${by}`),
  acknowledge: (when) => t(`acknowledgeHint.${when}`),
  onDoneTimeout: (what) => t(`onDoneTimeoutHint.${what}`),
  answer: (answer) => t(`answerHint.${answer}`),
};

/** @param root rows that come and go name their fields in `data-nrhc-for`, a place for a choice's hint in `data-nrhc-hint` */
export function shownFields(dialog: Dialog<WebhookTriggerConfig>, root: JQuery): void {
  const value: ValueOf = (property) => dialog.value(property) ?? dialog.config[property];
  const rows = root.find('[data-nrhc-for]').not('[data-nrhc-for="verifyToken"]');
  const refresh = () => {
    rows.each((_, row) => {
      row.hidden = !isUsed(row.dataset.nrhcFor as Property, value);
    });
    root.find('.nrhc-cloud-events').prop('hidden', value('payload') !== 'cloudevents');
    const header = value('repeatBy') === 'header';
    root.find('.nrhc-repeat-label').text(header ? t('label.header') : t('label.jsonPath'));
    dialog.input('repeatName').attr('placeholder', header ? 'X-Event-Id' : 'data.id');
    root.find('.nrhc-not-durable').prop('hidden', value('durable') === true);
    dialog.resize();
  };
  for (const property of [...deciding, 'durable'] as const)
    dialog.input(property).on('input change', refresh);
  refresh();
  for (const [property, hint] of Object.entries(hints)) {
    const place = root.find(`[data-nrhc-hint="${property}"]`);
    dialog.watch(property, (option) => void place.html(hint(asText(option))));
  }
}

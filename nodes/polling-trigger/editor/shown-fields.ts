/** What is to be seen: the fields and hints of the choices that are made. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { PollingTriggerConfig } from '../config';
import { t } from './checks';
import { deciding, isUsed, type Property } from './uses';

/** Choices with a hint for each option: our own texts, some with markup. */
const hints: Partial<Record<Property, (option: string) => string>> = {
  bodyKind: (kind) => t(`bodyHint.${kind}`),
  responseKind: (kind) => t(`responseHint.${kind}`),
  watch: (watch) => t(`watchHint.${watch}`),
  keyKind: (kind) => t(`keyKindHint.${kind}`),
  order: (order) => t(`orderHint.${keyOf(order)}`),
  firstRun: (rule) => t(`firstRunHint.${rule}`),
  onChange: (policy) => t(`onChangeHint.${keyOf(policy)}`),
  output: (output) => t(`outputHint.${output}`),
};

const keyPlaceholders: Record<string, string> = {
  properties: 'id',
  jsonata: "payload.shop & '-' & payload.number",
};

/** @param root rows that come and go name their fields in `data-nrhc-for`, a place for a choice's hint in `data-nrhc-hint` */
export function shownFields(dialog: Dialog<PollingTriggerConfig>, root: JQuery): void {
  const value = (property: Property) => dialog.value(property);
  const refresh = () => {
    root.find('[data-nrhc-for]').each((_, row) => {
      row.hidden = !isUsed(row.dataset.nrhcFor as Property, value);
    });
    dialog.resize();
  };
  for (const property of deciding) dialog.input(property).on('input change', refresh);
  refresh();
  for (const [property, hint] of Object.entries(hints)) {
    const place = root.find(`[data-nrhc-hint="${property}"]`);
    dialog.watch(property, (option) => void place.html(hint(option)));
  }
  dialog.watch('keyKind', (kind) => {
    dialog.input('key').attr('placeholder', keyPlaceholders[kind] ?? '');
    root.find('.nrhc-key-label').text(asText(kind) === 'jsonata' ? t('label.keyExpression') : t('label.key'));
  });
}

/** An option's name in the texts: `first run` is `firstRun`. */
export function keyOf(option: string): string {
  return option.replace(/ (\w)/g, (_, letter: string) => letter.toUpperCase());
}

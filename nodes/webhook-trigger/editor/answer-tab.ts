/** The *Answer* tab: what a sender gets. */
import { codeField } from '../../editor/code-field';
import type { Dialog } from '../../editor/dialog';
import { typedTable } from '../../editor/typed-table';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';
import { ownPicker } from './own-picker';

export function answerTab(dialog: Dialog<WebhookTriggerConfig>): void {
  const { config } = dialog;
  const picker = ownPicker(dialog);
  dialog.add(
    typedTable({
      property: 'answerHeaders',
      element: $('#nrhc-webhook-trigger-header-rows'),
      rows: config.answerHeaders,
      kind: 'header',
      emptyText: t('empty.headers'),
      suggestions: 'nrhc-webhook-trigger-header-names',
      picker,
      t,
    }),
  );
  for (const [property, id] of [
    ['answerBody', 'body'],
    ['fallbackBody', 'fallback'],
  ] as const) {
    dialog.add(
      codeField({
        property,
        element: $(`#nrhc-webhook-trigger-${id}-editor`),
        value: config[property],
        label: t(`label.${property}`),
        fixed: true,
        // the answer of last resort has no event to read
        ...(property === 'answerBody' ? { picker } : {}),
        onChange: () => dialog.showProblems(),
        t,
      }),
    );
  }
}

/** The *Answer* tab: what a sender gets. */
import { codeField } from '../../editor/code-field';
import type { Dialog } from '../../editor/dialog';
import { typedTable } from '../../editor/typed-table';
import { t } from './checks';
import type { EditedConfig } from './shape';

export function answerTab(dialog: Dialog<EditedConfig>): void {
  const { config } = dialog;
  dialog.add(
    typedTable({
      property: 'answerHeaders',
      element: $('#nrhc-webhook-trigger-header-rows'),
      rows: config.answerHeaders,
      kind: 'header',
      emptyText: t('empty.headers'),
      suggestions: 'nrhc-webhook-trigger-header-names',
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
        onChange: () => dialog.showProblems(),
        t,
      }),
    );
  }
}

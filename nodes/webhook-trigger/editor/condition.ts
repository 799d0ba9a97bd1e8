/** Which deliveries make events: an expression, or rules. */
import type { Dialog } from '../../editor/dialog';
import { rulesTable } from '../../editor/rules-table';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';

export function conditionFields(dialog: Dialog<WebhookTriggerConfig>): void {
  dialog.add(
    rulesTable({
      property: 'conditionRules',
      element: $('#nrhc-webhook-trigger-rule-rows'),
      rows: dialog.config.conditionRules,
      placeholder: 'payload.total',
      t,
    }),
  );
}

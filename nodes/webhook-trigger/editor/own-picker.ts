/** What the answer and the condition can be filled from: the event itself, by the kept sample or by its names. */
import type { Dialog } from '../../editor/dialog';
import { dataPicker, type DataPicker } from '../../editor/picker/data-picker';
import type { FlowNode } from '../../editor/picker/flow-graph';
import { ownGroup } from '../../editor/picker/sources';
import type { WebhookTriggerConfig } from '../config';
import { t } from './checks';

/** Puts it beside the condition. @returns the picker of the answer's fields */
export function ownPicker(dialog: Dialog<WebhookTriggerConfig>): DataPicker {
  const node = (): FlowNode => ({ ...dialog.values(), id: 'own', type: 'webhook-trigger' });
  const picker = dataPicker({
    groups: () => [ownGroup(node(), t('picker.own'), t)],
    nothing: '',
    closed: dialog.closed,
    t,
  });
  picker.text(dialog.input('condition'), 'jsonata');
  return picker;
}

/** What the fields of a poll can be filled from: the times of the poll, and a record of the kept sample. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { dataPicker, type DataPicker } from '../../editor/picker/data-picker';
import { groupOfValues, unseen } from '../../editor/picker/sources';
import { parsed } from '../../editor/picker/typed-values';
import type { PickGroup } from '../../editor/picker/tree-rows';
import type { PollingTriggerConfig } from '../config';
import { t } from './checks';

/** Puts it beside the fields that are plain inputs. @returns the picker of the tables and the code editors */
export function pickers(dialog: Dialog<PollingTriggerConfig>): DataPicker {
  const { closed } = dialog;
  const times = dataPicker({ groups: () => [timesGroup(dialog)], nothing: '', closed, t });
  times.text(dialog.input('url'), 'template');
  const record = dataPicker({
    groups: (syntax) => recordGroups(dialog, syntax === 'data'),
    nothing: t('picker.noRecord'),
    closed,
    t,
  });
  record.text(dialog.input('condition'), 'jsonata');
  record.text(dialog.input('key'), () => (dialog.value('keyKind') === 'jsonata' ? 'jsonata' : 'data'));
  for (const property of ['version', 'cursor']) record.text(dialog.input(property), 'data');
  return times;
}

/** The message that a poll's request is made from. */
function timesGroup(dialog: Dialog<PollingTriggerConfig>): PickGroup {
  const start = asText(dialog.value('cursorStart'));
  return groupOfValues('times', t('picker.times'), {
    cursor: start === '' ? unseen() : start,
    lastPoll: unseen('string'),
    now: new Date().toISOString(),
  });
}

/** @param bare the paths begin in the record, else with `payload` */
function recordGroups(dialog: Dialog<PollingTriggerConfig>, bare: boolean): PickGroup[] {
  const { payload } = parsed(dialog.value('outputSample'), {}) as { payload?: unknown };
  // a batch is a list of records
  const record: unknown = dialog.config.output !== 'record' && Array.isArray(payload) ? payload[0] : payload;
  if (typeof record !== 'object' || record === null) return [];
  return [groupOfValues('record', t('picker.record'), bare ? { ...record } : { payload: record })];
}

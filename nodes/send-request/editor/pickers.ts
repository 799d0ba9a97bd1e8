/** What the fields of a request can be filled from: the messages that come to the node, and its own answer. */
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { dataPicker, type DataPicker } from '../../editor/picker/data-picker';
import { groupOfSample, groupOfValues, groupsBefore, unseen } from '../../editor/picker/sources';
import { parsed } from '../../editor/picker/typed-values';
import { stepsOf } from '../../editor/picker/known-message';
import type { SendRequestConfig } from '../config';
import { t } from './checks';

/** Puts it beside the fields that are plain inputs. @returns the picker of the tables and the code editors */
export function pickers({ id }: EditorNode, dialog: Dialog<SendRequestConfig>): DataPicker {
  const { closed } = dialog;
  const before = dataPicker({
    groups: () => {
      const tried = groupOfSample('try', t('label.trySample'), asText(dialog.value('trySample')));
      return [...groupsBefore(id, t), ...(tried ? [tried] : [])];
    },
    nothing: t('picker.nothing'),
    closed,
    t,
  });
  for (const property of ['url', 'bodyFile', 'responseFile']) before.text(dialog.input(property), 'template');
  const answer = dataPicker({ groups: () => [answerGroup(dialog)], nothing: '', closed, t });
  answer.text(dialog.input('successCondition'), 'jsonata');
  return before;
}

/** What the condition of a success reads: of the kept sample, else the names alone. */
function answerGroup(dialog: Dialog<SendRequestConfig>) {
  const sample = parsed(dialog.value('outputSample'), {}) as Record<string, unknown>;
  const steps = stepsOf(asText(dialog.value('responseProperty'))) ?? ['payload'];
  const { headers } = (sample.response ?? {}) as { headers?: unknown };
  const payload = steps.reduce<unknown>((value, step) => (value as never)?.[step], sample);
  return groupOfValues('answer', t('output.answer'), {
    payload: payload ?? unseen(),
    statusCode: sample.statusCode ?? unseen('number'),
    headers: headers ?? unseen('object'),
  });
}

import type { Dialog } from '../../editor/dialog';
import type { SendRequestConfig } from '../config';

/** The list of methods, with a field for a rarer one; the field is what is saved, '' is `msg.method`. */
export function methodChoice(dialog: Dialog<SendRequestConfig>): { choose(method: string): void } {
  const choice = $('#nrhc-send-request-method');
  const field = dialog.input('method');
  const show = (method: string) => {
    const known = choice.find(`option[value="${CSS.escape(method)}"]`).length > 0;
    choice.val(method === '' ? 'msg' : known ? method : 'other');
    field.prop('hidden', choice.val() !== 'other');
  };
  choice.on('change', () => {
    const chosen = String(choice.val());
    field.prop('hidden', chosen !== 'other');
    field.val(chosen === 'other' || chosen === 'msg' ? '' : chosen).trigger('change');
    if (chosen === 'other') field.trigger('focus');
  });
  show(dialog.config.method);
  return {
    choose(method) {
      show(method);
      field.val(method).trigger('change');
    },
  };
}

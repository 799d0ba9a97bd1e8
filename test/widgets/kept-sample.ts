import { keptSample } from '../../nodes/editor/kept-sample';
import type { Page, State } from './stage';

const state = (title: string, kept: string): State => ({
  title,
  mount: ({ place, dialog, t }) => {
    dialog.config.outputSample = kept;
    const keep = $('<button>', { type: 'button', class: 'red-ui-button' })
      .text(t('try.keep'))
      .appendTo(place);
    const row = $('<div>', { class: 'nrhc-sample' }).appendTo(place);
    row.append($('<span>', { class: 'nrhc-sample-state' }));
    $('<button>', { type: 'button', class: 'red-ui-button red-ui-button-small nrhc-sample-remove' })
      .text(t('sample.remove'))
      .appendTo(row);
    const sample = keptSample(dialog, place, keep, t);
    keep.on('click', () => sample.keep({ _msgid: '1', payload: { text: 'x'.repeat(150_000) } }));
    return () => String(dialog.value('outputSample')).length;
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [state('None', ''), state('One is kept', JSON.stringify({ payload: { id: 7 } }))],
};

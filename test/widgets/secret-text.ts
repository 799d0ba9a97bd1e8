import { stored } from '../../nodes/editor/checks';
import { secretText } from '../../nodes/editor/secret-text';
import type { Page, State } from './stage';

const state = (title: string, before: string): State => ({
  title,
  mount: ({ place, t }) => {
    const field = $('<input>', { type: 'hidden' }).val(before).appendTo(place);
    const shown = $('<textarea>', { rows: 4, 'aria-label': t('label.privateKey'), style: 'width: 100%' });
    secretText(field, shown.appendTo(place), {
      none: t('placeholder.privateKey'),
      stored: t('placeholder.stored'),
    });
    return () => field.val();
  },
});

export const page: Page = {
  texts: 'http-connection',
  states: [state('None', ''), state('One is stored', stored), state('Typed before', 'line 1\nline 2')],
};

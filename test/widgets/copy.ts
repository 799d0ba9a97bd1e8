import { copyButton } from '../../nodes/editor/copy';
import type { Page, State } from './stage';

const state = (title: string, value: string): State => ({
  title,
  mount: ({ place, t }) => {
    const field = $('<input>', { type: 'text', 'aria-label': 'What is copied' }).val(value);
    const button = $('<button>', { type: 'button', class: 'red-ui-button' }).append(
      '<i class="fa fa-clipboard"></i>',
    );
    $('<span>', { class: 'nrhc-pair' }).append(field, button).appendTo(place);
    copyButton(button, () => String(field.val()), t);
    return () => field.val();
  },
});

export const page: Page = {
  texts: 'webhook-trigger',
  states: [state('A URL', 'https://nodes.example/hooks/orders'), state('Nothing', '')],
};

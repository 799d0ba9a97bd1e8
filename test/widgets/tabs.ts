import { showTabs } from '../../nodes/editor/tabs';
import type { Page, State } from './stage';

const state = (title: string, names: readonly string[], width: string): State => ({
  title,
  mount: ({ place, id, t }) => {
    const root = $('<div>', { style: `width: ${width}` }).appendTo(place);
    root.append($('<ul>', { class: 'nrhc-tabs' }));
    for (const name of names) {
      const pane = $('<div>', { class: 'nrhc-tab', id: `${id}-${name}`, 'data-nrhc-tab': name }).appendTo(
        root,
      );
      $('<p>').text(`What is in ${name}`).appendTo(pane);
    }
    let shown = 0;
    showTabs(root, t, () => shown++);
    return () => ({ tab: root.find('.nrhc-tab:visible').attr('data-nrhc-tab'), shown });
  },
});

const all = ['query', 'headers', 'body', 'response', 'pages', 'options', 'try'];

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Three', all.slice(0, 3), '100%'),
    state('More than one line takes', all, '280px'),
    state('One', ['body'], '100%'),
  ],
};

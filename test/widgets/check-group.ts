import { checkGroup } from '../../nodes/editor/check-group';
import type { Page, State } from './stage';

const state = (title: string, saved: readonly string[]): State => ({
  title,
  mount: ({ place, id, add }) => {
    const element = $('<div>', { class: 'nrhc-checks', role: 'group', 'aria-label': title }).appendTo(place);
    const choices = ['GET', 'POST', 'PUT'].map((method) => [method, method] as const);
    return add(checkGroup({ property: id, element, choices, saved }));
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [state('None', []), state('Some', ['GET', 'PUT']), state('One that is no choice', ['PURGE'])],
};

import { searchSelect, type SearchChoice } from '../../nodes/editor/search-select';
import type { Page, State } from './stage';

const services = ['GitHub', 'GitLab', 'Gitea', 'Slack', 'Stripe', 'Shopify', 'Xero', 'Zendesk'];
const choices = services.map((text): SearchChoice => ({ value: text.toLowerCase(), text }));

const state = (title: string, value: string, offered: readonly SearchChoice[] = choices): State => ({
  title,
  mount: ({ place, id, t }) => {
    place.removeClass('nrhc-full');
    $('<label>', { id: `${id}-label`, for: `${id}-field-search` })
      .text('Service')
      .appendTo(place);
    const field = $('<input>', { type: 'hidden', id: `${id}-field` })
      .val(value)
      .appendTo(place);
    searchSelect({
      field,
      choices: offered,
      labelledBy: `${id}-label`,
      placeholder: t('placeholder.preset'),
      nothing: t('empty.presets'),
    });
    return () => field.val();
  },
});

export const page: Page = {
  texts: 'webhook-trigger',
  states: [
    state('Nothing chosen', ''),
    state('One is chosen', 'gitlab'),
    state('One that is not known here', 'acme'),
    state('Nothing to choose from', '', []),
  ],
};

import { fieldGroup } from '../../nodes/editor/field-group';
import { pagingFields } from '../../nodes/editor/paging-fields';
import { pagingDefaults, type PagingConfig } from '../../nodes/runtime/paging-config';
import type { Page, State } from './stage';

const state = (title: string, saved: Partial<PagingConfig>): State => ({
  title,
  mount: ({ place, id, t, add }) => {
    place.removeClass('form-row').attr('data-nrhc-fields', 'paging');
    const description = {
      property: id,
      defaults: pagingDefaults,
      places: { paging: pagingFields<PagingConfig, undefined>(t) },
      view: (values: PagingConfig) => values,
      saved: (values: PagingConfig) => values,
    };
    return add(fieldGroup(description, place.parent(), { ...pagingDefaults, ...saved }, () => undefined, t));
  },
});

export const page: Page = {
  texts: 'polling-trigger',
  states: [
    state('One request', {}),
    state('A cursor', { kind: 'cursor', next: 'meta.next_cursor', parameter: 'cursor' }),
    state('Page numbers, with a path that is none', {
      kind: 'page-number',
      parameter: 'page',
      size: 50,
      total: 'a[b]',
    }),
  ],
};

import { rulesTable } from '../../nodes/editor/rules-table';
import type { Rule } from '../../src/exchange/rules';
import type { Page, State } from './stage';

const state = (title: string, rows: readonly Rule[]): State => ({
  title,
  mount: ({ place, id, t, add }) =>
    add(
      rulesTable({ property: id, element: $('<ol>').appendTo(place), rows, placeholder: 'payload.type', t }),
    ),
});

export const page: Page = {
  texts: 'webhook-trigger',
  states: [
    state('Empty', []),
    state('Filled', [
      { property: 'payload.type', operator: 'equals', value: 'order.created' },
      { property: 'payload.total', operator: 'more', value: '100' },
      { property: 'payload.items[0]', operator: 'exists', value: '' },
    ]),
    state('With a path that is none, and an order among texts', [
      { property: 'payload[', operator: 'equals', value: 'x' },
      { property: 'payload.total', operator: 'more', value: 'many' },
    ]),
  ],
};

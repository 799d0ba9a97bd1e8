import { typedTable, type TypedTableOptions } from '../../nodes/editor/typed-table';
import type { Page, State } from './stage';

const state = (title: string, options: Pick<TypedTableOptions, 'rows' | 'kind' | 'types'>): State => ({
  title,
  mount: ({ place, id, t, add }) =>
    add(
      typedTable({
        ...options,
        property: id,
        element: $('<ol>').appendTo(place),
        emptyText: t('empty.headers'),
        t,
      }),
    ),
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Empty', { rows: [], kind: 'header' }),
    state('Filled', {
      rows: [
        { name: 'Accept', value: 'application/json', type: 'str' },
        { name: 'X-Trace', value: 'payload.trace', type: 'msg' },
        { name: 'X-Count', value: '3', type: 'num' },
      ],
      kind: 'header',
    }),
    state('With a name that no header has, and a template that does not parse', {
      rows: [
        { name: 'two words', value: 'x', type: 'str' },
        { name: 'X-Open', value: '{{payload', type: 'str' },
      ],
      kind: 'header',
      types: ['str', 'env'],
    }),
  ],
};

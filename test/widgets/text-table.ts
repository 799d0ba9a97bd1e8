import { textTable, type TextRow } from '../../nodes/editor/text-table';
import type { Page, State } from './stage';

const state = (title: string, rows: readonly TextRow[]): State => ({
  title,
  mount: ({ place, id, t, add }) =>
    add(
      textTable({
        property: id,
        element: $('<ol>').appendTo(place),
        rows,
        kind: 'header',
        emptyText: t('empty.headers'),
        t,
      }),
    ),
});

export const page: Page = {
  texts: 'http-connection',
  states: [
    state('Empty', []),
    state('Filled', [
      { name: 'Accept', value: 'application/json' },
      { name: 'User-Agent', value: 'a name that is longer than its field is wide, as some are' },
    ]),
    state('With a name that no header has', [{ name: 'two words', value: '' }]),
  ],
};

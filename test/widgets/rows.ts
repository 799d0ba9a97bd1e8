import { rowList } from '../../nodes/editor/rows';
import type { Page, State } from './stage';

interface Row {
  text: string;
}

const state = (title: string, initial: readonly Row[], limit?: number): State => ({
  title,
  mount: ({ place, id, t }) => {
    const removed: string[] = [];
    const list = rowList<Row>(
      {
        element: $('<ol>').appendTo(place),
        property: id,
        columns: [t('table.value')],
        grid: 'minmax(0, 1fr)',
        addText: t('table.add'),
        removeText: t('table.remove'),
        emptyText: t('empty.headers'),
        limit,
        newRow: () => ({ text: '' }),
        build: (cells, { text }) => {
          $('<input>', { type: 'text', 'aria-label': t('table.value') })
            .val(text)
            .appendTo(cells);
        },
        removed: ({ text }) => void removed.push(text),
      },
      initial,
    );
    return () => ({
      rows: list
        .rows()
        .find('input')
        .toArray()
        .map((input) => input.value),
      removed,
    });
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    state('Empty, room for two', [], 2),
    state('Filled', [{ text: 'one' }, { text: 'two' }, { text: 'three' }]),
  ],
};

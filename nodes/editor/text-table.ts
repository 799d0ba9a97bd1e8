import { nameProblem, type NameKind } from './checks';
import type { Part } from './dialog';
import { isDue, rowList, showRowProblem } from './rows';
import type { Texts } from './texts';

/** A name and a text. */
export interface TextRow {
  name: string;
  value: string;
}

export interface TextTableOptions {
  property: string;
  element: JQuery;
  rows: readonly TextRow[];
  kind: NameKind;
  /** Shown while the table is empty. */
  emptyText: string;
  t: Texts;
}

/** A table of names and plain texts: default headers, extra parameters. */
export function textTable({ property, element, rows, kind, emptyText, t }: TextTableOptions): Part {
  const list = rowList<TextRow>(
    {
      element,
      property,
      columns: [t('table.name'), t('table.value')],
      grid: 'minmax(0, 2fr) minmax(0, 3fr)',
      addText: t('table.add'),
      removeText: t('table.remove'),
      emptyText,
      newRow: () => ({ name: '', value: '' }),
      build: (cells, row) => {
        for (const [column, label] of [
          ['name', t('table.name')],
          ['value', t('table.value')],
        ] as const) {
          $('<input>', {
            type: 'text',
            class: `nrhc-${column}`,
            'aria-label': label,
            placeholder: label,
            spellcheck: 'false',
          })
            .val(row[column])
            .appendTo(cells);
        }
      },
    },
    rows,
  );
  return {
    property,
    read: () =>
      list
        .rows()
        .toArray()
        .map((row) => readRow($(row)))
        .filter(({ name, value }) => name !== '' || value !== ''),
    // each row shows its own
    problem: () => undefined,
    check: () => {
      list.rows().each((_, element) => {
        const row = $(element);
        const name = row.find('.nrhc-name');
        const problem = isDue(name) ? nameProblem(readRow(row).name, kind, t) : undefined;
        showRowProblem(row.children('.nrhc-cells'), problem, name);
      });
    },
  };
}

/** The first thing wrong in a saved table. */
export function textTableProblem(rows: unknown, kind: NameKind, t: Texts): string | undefined {
  if (!Array.isArray(rows)) return undefined;
  for (const { name } of rows as TextRow[]) {
    const problem = nameProblem(name, kind, t);
    if (problem) return problem;
  }
  return undefined;
}

function readRow(row: JQuery): TextRow {
  return { name: String(row.find('.nrhc-name').val()).trim(), value: String(row.find('.nrhc-value').val()) };
}

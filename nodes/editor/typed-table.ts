import type { RowType, TypedRow } from '../runtime/rows';
import { nameProblem, type NameKind } from './checks';
import type { Part } from './dialog';
import type { DataPicker } from './picker/data-picker';
import { isDue, rowList, showRowProblem } from './rows';
import { typedValueProblem } from './template-checks';
import type { Texts } from './texts';
import { addTypedValue, allTypes, readTypedValue } from './typed-value';

export interface TypedTableOptions {
  property: string;
  element: JQuery;
  rows: readonly TypedRow[];
  kind: NameKind;
  /** Types that a value can have; a poll, for one, has no message to take them from. */
  types?: readonly RowType[];
  /** Shown while the table is empty. */
  emptyText: string;
  /** Id of a `<datalist>` with names to pick from. */
  suggestions?: string;
  /** Beside each value. */
  picker?: DataPicker;
  t: Texts;
}

/** A table of names and typed values: headers, query parameters, form fields. */
export function typedTable(options: TypedTableOptions): Part {
  const { property, element, kind, t } = options;
  const types = options.types ?? allTypes;
  const list = rowList<TypedRow>(
    {
      element,
      property,
      columns: [t('table.name'), t('table.value')],
      grid: 'minmax(0, 2fr) minmax(0, 3fr)',
      addText: t('table.add'),
      removeText: t('table.remove'),
      emptyText: options.emptyText,
      newRow: () => ({ name: '', value: '', type: 'str' }),
      build: (cells, row) => {
        $('<input>', {
          type: 'text',
          class: 'nrhc-name',
          'aria-label': t('table.name'),
          placeholder: t('table.name'),
          ...(options.suggestions ? { list: options.suggestions } : {}),
        })
          .val(row.name)
          .appendTo(cells);
        addTypedValue(cells, row, types, t, options.picker);
      },
    },
    options.rows,
  );
  return {
    property,
    read: () =>
      list
        .rows()
        .toArray()
        .map((row) => readRow($(row)))
        .filter((row) => row.name !== '' || row.value !== ''),
    write: (rows) => list.fill(rows as TypedRow[]),
    // each row shows its own
    problem: () => undefined,
    check: () => {
      list.rows().each((_, row) => checkRow($(row), kind, t));
    },
    resize: (height) => {
      element.editableList('height', Math.max(120, height));
    },
  };
}

function checkRow(row: JQuery, kind: NameKind, t: Texts): void {
  const name = row.find('.nrhc-name');
  const current = readRow(row);
  const wrongName = isDue(name) ? nameProblem(current.name, kind, t) : undefined;
  // a value that is still to be typed in is left in peace
  const due = current.value !== '' || row.find('.red-ui-typedInput-input').data('nrhcVisited') === true;
  const wrongValue = due ? typedValueProblem(current, t) : undefined;
  const at = wrongName ? name : row.find('.red-ui-typedInput-container');
  showRowProblem(row.children('.nrhc-cells'), wrongName ?? wrongValue, at);
}

function readRow(row: JQuery): TypedRow {
  return { name: String(row.find('.nrhc-name').val()).trim(), ...readTypedValue(row) };
}

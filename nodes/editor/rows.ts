/** What the tables of the dialogs share: Node-RED's editable list with a heading, a hint while empty, and labels. */

export interface RowList<Row> {
  element: JQuery;
  property: string;
  /** Headings of the columns. */
  columns: readonly string[];
  /** CSS grid columns of heading and rows. */
  grid: string;
  addText: string;
  removeText: string;
  emptyText: string;
  /** Rows that the table can hold. */
  limit?: number;
  newRow(): Row;
  /** Puts the row's controls into `cells`. */
  build(cells: JQuery, row: Row): void;
  removed?(row: Row): void;
}

/** Builds the list; `rows()` are the content elements of the rows that are there, in order, `fill` puts others there. */
export function rowList<Row extends object>(options: RowList<Row>, initial: readonly Row[]) {
  const { element, columns, grid } = options;
  const header = $('<div>', { class: 'nrhc-columns', 'aria-hidden': 'true' }).css(
    'grid-template-columns',
    grid,
  );
  for (const column of columns) header.append($('<span>').text(column));
  element.attr('data-nrhc-part', options.property);
  element.editableList<Row>({
    header,
    addButton: false,
    buttons: [
      {
        label: options.addText,
        icon: 'fa fa-plus',
        click: () => {
          element.editableList('addItem', options.newRow());
          rows().last().find('select, input:visible').first().trigger('focus');
        },
      },
    ],
    removable: true,
    sortable: true,
    addItem: (container, _index, row) => {
      const cells = $('<div>', { class: 'nrhc-cells' })
        .css('grid-template-columns', grid)
        .appendTo(container);
      options.build(cells, row);
      const remove = container.siblings('.red-ui-editableList-item-remove');
      remove.attr({ 'aria-label': options.removeText, role: 'button' });
      remove.on('click', () => {
        // The list takes the row away after a fade; what it held must be let go at once, Done may come first.
        options.removed?.(row);
        refresh();
      });
      refresh();
    },
    removeItem: () => {
      refresh();
      if (document.activeElement === document.body) add.trigger('focus');
    },
  });
  const border = element.closest('.red-ui-editableList-container');
  const add = element.closest('.red-ui-editableList').find('.red-ui-editableList-addButton');
  const hint = $('<div>', { class: 'nrhc-empty' }).text(options.emptyText).appendTo(border);

  function rows(): JQuery {
    return element
      .children('li')
      .not('.red-ui-editableList-item-deleting')
      .children('.red-ui-editableList-item-content');
  }

  function refresh(): void {
    const count = rows().length;
    hint?.prop('hidden', count > 0);
    header.prop('hidden', count === 0);
    add?.prop('disabled', options.limit !== undefined && count >= options.limit);
  }

  function fill(values: readonly Row[]): void {
    element.editableList('empty');
    for (const row of values) element.editableList('addItem', row);
    refresh();
  }

  fill(initial);
  return { rows, fill };
}

/** A field that is empty and was not visited yet is left in peace. */
export function isDue(field: JQuery): boolean {
  return field.val() !== '' || field.data('nrhcVisited') === true;
}

/** Shows under a row what is wrong with it. */
export function showRowProblem(cells: JQuery, problem: string | undefined, at: JQuery): void {
  cells.find('.input-error').removeClass('input-error').removeAttr('aria-invalid');
  const place = cells.children('.nrhc-problem');
  if (!problem) {
    place.remove();
    return;
  }
  at.addClass('input-error').attr('aria-invalid', 'true');
  if (place.length === 0) {
    $('<div>', { class: 'nrhc-problem', role: 'alert' }).text(problem).appendTo(cells);
  } else if (place.text() !== problem) place.text(problem);
}

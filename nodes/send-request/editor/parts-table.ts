/** The parts of a multipart body: two lines a part, because a narrow dialog has no room for six columns. */
import { nameProblem } from '../../editor/checks';
import type { Part } from '../../editor/dialog';
import type { DataPicker } from '../../editor/picker/data-picker';
import { isDue, rowList, showRowProblem } from '../../editor/rows';
import { templateProblem, typedValueProblem } from '../../editor/template-checks';
import { addTypedValue, allTypes, readTypedValue } from '../../editor/typed-value';
import type { PartRow } from '../config';
import { contentTypeProblem, t } from './checks';

const kinds: readonly PartRow['kind'][] = ['field', 'file', 'path'];

export function partsTable(
  property: string,
  element: JQuery,
  parts: readonly PartRow[],
  picker: DataPicker,
): Part {
  const list = rowList<PartRow>(
    {
      element,
      property,
      columns: [t('table.name'), t('parts.kind'), t('table.value')],
      grid: 'minmax(0, 4fr) minmax(108px, 2fr) minmax(0, 6fr)',
      addText: t('table.add'),
      removeText: t('table.remove'),
      emptyText: t('empty.parts'),
      newRow: () => ({ name: '', kind: 'field', value: '', type: 'str', filename: '', contentType: '' }),
      build: (cells, part) => build(cells, part, picker),
    },
    parts,
  );
  return {
    property,
    read: () =>
      list
        .rows()
        .toArray()
        .map((row) => readPart($(row)))
        .filter(({ name, value }) => name !== '' || value !== ''),
    write: (rows) => list.fill(rows as PartRow[]),
    // each row shows its own
    problem: () => undefined,
    check: () => {
      list.rows().each((_, row) => checkPart($(row)));
    },
    resize: (height) => {
      element.editableList('height', Math.max(160, height));
    },
  };
}

function build(cells: JQuery, part: PartRow, picker: DataPicker): void {
  textInput('nrhc-name', t('table.name'), part.name).appendTo(cells);
  const kind = $('<select>', { class: 'nrhc-part-kind', 'aria-label': t('parts.kind') }).appendTo(cells);
  for (const value of kinds) {
    $('<option>', { value })
      .text(t(`partKind.${value}`))
      .appendTo(kind);
  }
  kind.val(part.kind);
  addTypedValue(cells, part, allTypes, t, picker);
  const more = $('<div>', { class: 'nrhc-cells-more' }).appendTo(cells);
  const filename = textInput('nrhc-part-filename', t('parts.filename'), part.filename).appendTo(more);
  picker.text(filename, 'template');
  textInput('nrhc-part-type', t('parts.contentType'), part.contentType).appendTo(more);
  const show = () => filename.prop('hidden', kind.val() === 'field');
  kind.on('change', () => {
    const value = cells.find('.nrhc-value');
    // a file's bytes are a Buffer of the message, as a rule
    if (kind.val() === 'file' && value.typedInput('value') === '') {
      value.typedInput('type', 'msg').typedInput('value', 'payload');
    }
    show();
  });
  show();
}

function textInput(className: string, label: string, value: string): JQuery {
  return $('<input>', { type: 'text', class: className, 'aria-label': label, placeholder: label })
    .attr('spellcheck', 'false')
    .val(value ?? '');
}

function readPart(row: JQuery): PartRow {
  const text = (name: string) => String(row.find(name).val()).trim();
  return {
    name: text('.nrhc-name'),
    ...readTypedValue(row),
    kind: row.find('.nrhc-part-kind').val() as PartRow['kind'],
    filename: text('.nrhc-part-filename'),
    contentType: text('.nrhc-part-type'),
  };
}

/** What is wrong with a part, and the class of the control that it is about. */
function partProblem(part: PartRow): [problem: string, at: string] | undefined {
  const name = nameProblem(part.name, 'parameter', t);
  if (name) return [name, '.nrhc-name'];
  const value =
    part.kind === 'path' && part.value === '' ? t('error.fileMissing') : typedValueProblem(part, t);
  if (value) return [value, '.red-ui-typedInput-container'];
  const filename = part.kind === 'field' ? undefined : templateProblem(part.filename ?? '', t);
  if (filename) return [filename, '.nrhc-part-filename'];
  const type = contentTypeProblem(part.contentType ?? '');
  return type ? [type, '.nrhc-part-type'] : undefined;
}

function checkPart(row: JQuery): void {
  const cells = row.children('.nrhc-cells');
  const [problem, at] = partProblem(readPart(row)) ?? [];
  const field = at ? row.find(at) : row;
  const visited = row
    .find('input, select')
    .toArray()
    .some((input) => $(input).data('nrhcVisited') === true);
  // what is still to be filled in is left in peace
  const due = at === '.nrhc-name' ? isDue(field) : visited || at !== '.red-ui-typedInput-container';
  showRowProblem(cells, due ? problem : undefined, field);
}

/** The first thing wrong in saved parts, with the part's name in front. */
export function partsProblem(parts: unknown): string | undefined {
  if (!Array.isArray(parts)) return undefined;
  for (const part of parts as PartRow[]) {
    const [problem] = partProblem(part) ?? [];
    if (problem) return part.name ? `${part.name}: ${problem}` : problem;
  }
  return undefined;
}

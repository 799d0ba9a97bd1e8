import type { RowType } from '../runtime/rows';
import type { DataPicker } from './picker/data-picker';
import { templateProblem, type TypedValue } from './template-checks';
import type { Texts } from './texts';

export const allTypes: readonly RowType[] = [
  'str',
  'msg',
  'flow',
  'global',
  'env',
  'num',
  'bool',
  'json',
  'jsonata',
];

/** Puts Node-RED's typed input, with its labels, into a row of a table. */
export function addTypedValue(
  cells: JQuery,
  { value, type }: TypedValue,
  types: readonly RowType[],
  t: Texts,
  picker?: DataPicker,
): void {
  const input = $('<input>', {
    type: 'text',
    class: 'nrhc-value',
    'aria-label': t('table.value'),
    placeholder: t('table.value'),
    style: 'width: 100%',
  })
    .val(value)
    .appendTo(cells)
    .typedInput({
      types: types.map((name) => (name === 'str' ? templateType(t) : name)),
      default: 'str',
    });
  input.typedInput('type', type).typedInput('value', value);
  cells.find('.red-ui-typedInput-input').attr('aria-label', t('table.value'));
  cells.find('.red-ui-typedInput-type-select').attr('aria-label', t('table.type'));
  picker?.typed(input, types);
}

export function readTypedValue(row: JQuery): TypedValue {
  const input = row.find('.nrhc-value');
  return { value: input.typedInput('value'), type: input.typedInput('type') as RowType };
}

function templateType(t: Texts): TypedInputType {
  return {
    value: 'str',
    label: t('table.template'),
    icon: 'red/images/typedInput/az.svg',
    validate: (value) => templateProblem(value, t) ?? true,
  };
}

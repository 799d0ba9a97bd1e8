import { codeField } from '../../nodes/editor/code-field';
import { dataPicker } from '../../nodes/editor/picker/data-picker';
import type { Syntax } from '../../nodes/editor/picker/paths';
import { groupOfSample } from '../../nodes/editor/picker/sources';
import { addTypedValue, allTypes, readTypedValue } from '../../nodes/editor/typed-value';
import type { Page, Stage, State } from './stage';

const sample = {
  payload: { id: 7, 'a.b': 'dotted', items: [{ sku: 'x1' }], token: 'hidden' },
  topic: 'orders',
};

const pickerOf = ({ dialog, t }: Stage, message: object = sample) => {
  const group = groupOfSample('sample', 'Orders', JSON.stringify(message));
  const groups = group ? [group] : [];
  return dataPicker({ groups: () => groups, nothing: t('picker.nothing'), closed: dialog.closed, t });
};

const text = (title: string, syntax: Syntax, message?: object): State => ({
  title,
  mount: (stage) => {
    const field = $('<input>', { type: 'text', 'aria-label': title, style: 'width: 100%' }).appendTo(
      stage.place,
    );
    pickerOf(stage, message).text(field, syntax);
    return () => field.val();
  },
});

export const page: Page = {
  texts: 'send-request',
  states: [
    text('A template', 'template'),
    text('A path in data', 'data'),
    text('Nothing is known', 'template', {}),
    {
      title: 'A typed value',
      mount: (stage) => {
        addTypedValue(stage.place, { value: '', type: 'str' }, allTypes, stage.t, pickerOf(stage));
        return () => readTypedValue(stage.place);
      },
    },
    {
      title: 'Code',
      mount: (stage) => {
        const element = $('<div>', { class: 'node-text-editor', style: 'height: 100px' }).appendTo(
          stage.place,
        );
        const options = {
          property: stage.id,
          element,
          value: 'Hello ',
          label: 'Code',
          fixed: true,
          t: stage.t,
        };
        return stage.add(codeField({ ...options, picker: pickerOf(stage), onChange: () => undefined }));
      },
    },
  ],
};

/** The Body tab: the fields of the chosen kind, one code editor for every kind that is a text. */
import { codeField, modes } from '../../editor/code-field';
import { asText } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { DataPicker } from '../../editor/picker/data-picker';
import { typedTable } from '../../editor/typed-table';
import type { TypedRow } from '../../runtime/rows';
import type { BodyKind, SendRequestConfig } from '../config';
import { bodyProblem, fieldNamesProblem, t, variablesProblem } from './checks';
import { partsTable } from './parts-table';

/** Of the code editor, by kind; a template of JSON is the default. */
const modeOf: Partial<Record<BodyKind, string>> = {
  xml: modes.xml,
  text: modes.text,
  jsonata: modes.jsonata,
  graphql: modes.graphql,
};

const contentTypeOf: Partial<Record<BodyKind, string>> = {
  xml: 'application/xml',
  text: 'text/plain; charset=utf-8',
};

export function bodyTab(dialog: Dialog<SendRequestConfig>, root: JQuery, picker: DataPicker): void {
  const { config } = dialog;
  const kindNow = () => asText(dialog.input('bodyKind').val()) as BodyKind;
  const form = typedTable({
    property: 'form',
    element: $('#nrhc-send-request-form-rows'),
    rows: config.form,
    kind: 'parameter',
    emptyText: t('empty.form'),
    picker,
    t,
  });
  // each row shows its own; whether they go together only all of them can say
  const together = () => (kindNow() === 'fields' ? fieldNamesProblem(form.read() as TypedRow[]) : undefined);
  dialog.add({ ...form, problem: together });
  dialog.add(partsTable('parts', $('#nrhc-send-request-parts'), config.parts, picker));
  const body = dialog.add(
    codeField({
      property: 'body',
      element: $('#nrhc-send-request-body-editor'),
      value: config.body,
      label: t('tab.body'),
      check: (text) => bodyProblem(text, kindNow()),
      onChange: () => dialog.showProblems(),
      picker,
      syntax: () => (kindNow() === 'jsonata' ? 'jsonata' : 'template'),
      t,
    }),
  );
  dialog.add(
    codeField({
      property: 'variables',
      element: $('#nrhc-send-request-variables-editor'),
      value: config.variables,
      label: t('label.variables'),
      fixed: true,
      check: variablesProblem,
      onChange: () => dialog.showProblems(),
      picker,
      t,
    }),
  );
  mirror(dialog.input('arrays'), $('#nrhc-send-request-form-arrays'));
  dialog.watch('bodyKind', (kind) => {
    root.find('[data-nrhc-body]').each((_, row) => {
      row.hidden = !row.dataset.nrhcBody!.split(' ').includes(kind);
    });
    root.find('.nrhc-body-hint').html(t(`bodyHint.${kind}`));
    body.setMode(modeOf[kind as BodyKind] ?? modes.jsonTemplate);
    const fallback = contentTypeOf[kind as BodyKind] ?? 'application/octet-stream';
    dialog.input('contentType').attr('placeholder', fallback);
    dialog.resize();
  });
}

/** Two choices that are one: the first is what is saved. */
function mirror(saved: JQuery, other: JQuery): void {
  const follow = () => other.val(asText(saved.val()));
  saved.on('change', follow);
  other.on('change', () => saved.val(asText(other.val())).trigger('change'));
  follow();
}

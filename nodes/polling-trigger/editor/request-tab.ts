/** The Request tab: tables that grow with their rows, and the fields of the chosen body. */
import type { RowType } from '../../runtime/rows';
import { asText } from '../../editor/checks';
import { codeField, modes } from '../../editor/code-field';
import type { Dialog } from '../../editor/dialog';
import { bodyProblem, variablesProblem } from '../../editor/request-checks';
import { typedTable } from '../../editor/typed-table';
import type { PollBodyKind, PollingTriggerConfig } from '../config';
import { t } from './checks';
import { pickers } from './pickers';

/** A poll has no message yet: what its values can be taken from. */
const sources: readonly RowType[] = ['str', 'flow', 'global', 'env', 'num', 'bool', 'json', 'jsonata'];

const modeOf: Partial<Record<PollBodyKind, string>> = {
  xml: modes.xml,
  text: modes.text,
  jsonata: modes.jsonata,
  graphql: modes.graphql,
};

const contentTypeOf: Partial<Record<PollBodyKind, string>> = {
  xml: 'application/xml',
  text: 'text/plain; charset=utf-8',
};

const tables = [
  { property: 'query', kind: 'parameter', empty: 'empty.query' },
  { property: 'headers', kind: 'header', empty: 'empty.headers' },
  { property: 'form', kind: 'parameter', empty: 'empty.form' },
] as const;

export function requestTab(dialog: Dialog<PollingTriggerConfig>): void {
  const { config } = dialog;
  const picker = pickers(dialog);
  for (const { property, kind, empty } of tables) {
    const table = typedTable({
      property,
      element: $(`#nrhc-polling-trigger-${property}`),
      rows: config[property],
      kind,
      types: sources,
      emptyText: t(empty),
      picker,
      ...(kind === 'header' ? { suggestions: 'nrhc-polling-trigger-header-names' } : {}),
      t,
    });
    // one of several in its tab: it is as high as its rows
    dialog.add({ ...table, resize: undefined });
  }
  const kindNow = () => asText(dialog.input('bodyKind').val()) as PollBodyKind;
  const body = dialog.add(
    codeField({
      property: 'body',
      element: $('#nrhc-polling-trigger-body'),
      value: config.body,
      label: t('label.body'),
      fixed: true,
      check: (text) => bodyProblem(text, kindNow(), t),
      onChange: () => dialog.showProblems(),
      picker,
      syntax: () => (kindNow() === 'jsonata' ? 'jsonata' : 'template'),
      t,
    }),
  );
  dialog.add(
    codeField({
      property: 'variables',
      element: $('#nrhc-polling-trigger-variables'),
      value: config.variables,
      label: t('label.variables'),
      fixed: true,
      check: (text) => variablesProblem(text, t),
      onChange: () => dialog.showProblems(),
      picker,
      t,
    }),
  );
  dialog.watch('bodyKind', (kind) => {
    body.setMode(modeOf[kind as PollBodyKind] ?? modes.jsonTemplate);
    dialog.input('contentType').attr('placeholder', contentTypeOf[kind as PollBodyKind] ?? '');
  });
}

import { parseStatuses } from '../../src/exchange/success';
import { asText, isPropertyPath, isToken, verdict } from '../editor/checks';
import { codeField } from '../editor/code-field';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { showTabs } from '../editor/tabs';
import { tableProblem, templateProblem } from '../editor/template-checks';
import { textsOf } from '../editor/texts';
import { typedTable } from '../editor/typed-table';
import { configVersion, defaults, type SendRequestConfig } from './config';
import { migrations } from './migrations';

const t = textsOf('send-request');

const shape: Shape<SendRequestConfig> = { configVersion, defaults, migrations, numbers: [] };

function methodProblem(method: string): string | undefined {
  return method === '' || isToken(method) ? undefined : t('error.method', { method });
}

function successProblem(list: string): string | undefined {
  try {
    parseStatuses(list);
    return undefined;
  } catch {
    return t('error.statuses');
  }
}

function propertyProblem(path: string): string | undefined {
  return isPropertyPath(path) ? undefined : t('error.property');
}

/** Whether the chosen body kind uses a field; what it does not use cannot be wrong. */
function bodyIs(node: EditorNode, ...kinds: string[]): boolean {
  return kinds.includes(asText(currentValue(node, 'bodyKind')));
}

RED.nodes.registerType('send-request', {
  category: 'network',
  color: '#3FADB5',
  icon: 'send-request.svg',
  inputs: 1,
  outputs: 1,
  paletteLabel: 'send request',
  defaults: {
    configVersion: { value: defaults.configVersion },
    name: { value: defaults.name },
    connection: {
      value: defaults.connection,
      type: 'http-connection',
      required: true,
      label: t('label.connection'),
    },
    method: {
      value: defaults.method,
      label: t('label.method'),
      validate: (value: string, _options: object) => verdict(methodProblem(value ?? '')),
    },
    url: {
      value: defaults.url,
      label: t('label.url'),
      validate: (value: string, _options: object) => verdict(templateProblem(value ?? '', t)),
    },
    query: {
      value: defaults.query,
      label: t('tab.query'),
      validate: (value: unknown, _options: object) => verdict(tableProblem(value, 'parameter', t)),
    },
    headers: {
      value: defaults.headers,
      label: t('tab.headers'),
      validate: (value: unknown, _options: object) => verdict(tableProblem(value, 'header', t)),
    },
    bodyKind: { value: defaults.bodyKind, label: t('label.bodyKind') },
    body: {
      value: defaults.body,
      label: t('tab.body'),
      validate(this: EditorNode, value: string, _options: object) {
        return verdict(bodyIs(this, 'json', 'text') ? templateProblem(value ?? '', t) : undefined);
      },
    },
    form: {
      value: defaults.form,
      label: t('bodyKind.form'),
      validate(this: EditorNode, value: unknown, _options: object) {
        return verdict(bodyIs(this, 'form') ? tableProblem(value, 'parameter', t) : undefined);
      },
    },
    contentType: { value: defaults.contentType, label: t('label.contentType') },
    bodyProperty: {
      value: defaults.bodyProperty,
      label: t('label.bodyProperty'),
      validate(this: EditorNode, value: string, _options: object) {
        return verdict(bodyIs(this, 'binary') ? propertyProblem(value ?? 'payload') : undefined);
      },
    },
    responseKind: { value: defaults.responseKind, label: t('label.responseKind') },
    responseProperty: {
      value: defaults.responseProperty,
      label: t('label.responseProperty'),
      validate: (value: string, _options: object) => verdict(propertyProblem(value ?? 'payload')),
    },
    success: {
      value: defaults.success,
      label: t('label.success'),
      validate: (value: string, _options: object) => verdict(successProblem(value ?? '2xx')),
    },
  },
  label() {
    const request = [this.method, this.url].filter(Boolean).join(' ');
    return this.name || request || t('label.node');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const root = $('.nrhc-send-request');
    const dialog = new Dialog(this, shape, root, t);
    const { config } = dialog;
    methodChoice(dialog);
    dialog.add(
      typedTable({
        property: 'query',
        element: $('#nrhc-send-request-query-rows'),
        rows: config.query,
        kind: 'parameter',
        emptyText: t('empty.query'),
        t,
      }),
    );
    dialog.add(
      typedTable({
        property: 'headers',
        element: $('#nrhc-send-request-header-rows'),
        rows: config.headers,
        kind: 'header',
        emptyText: t('empty.headers'),
        suggestions: 'nrhc-send-request-header-names',
        t,
      }),
    );
    dialog.add(
      typedTable({
        property: 'form',
        element: $('#nrhc-send-request-form-rows'),
        rows: config.form,
        kind: 'parameter',
        emptyText: t('empty.form'),
        t,
      }),
    );
    dialog.add(
      codeField({
        property: 'body',
        element: $('#nrhc-send-request-body-editor'),
        value: config.body,
        label: t('tab.body'),
        onChange: () => dialog.showProblems(),
        t,
      }),
    );
    for (const property of ['bodyProperty', 'responseProperty']) {
      const field = dialog.input(property).typedInput({ types: ['msg'], default: 'msg' });
      field
        .next()
        .find('.red-ui-typedInput-input')
        .attr('aria-label', t(`label.${property}`));
    }
    dialog.watch('bodyKind', (kind) => {
      root.find('[data-nrhc-body]').each((_, row) => {
        row.hidden = !row.dataset.nrhcBody!.split(' ').includes(kind);
      });
      root.find('.nrhc-body-hint').html(t(`bodyHint.${kind}`));
      const fallback = kind === 'text' ? 'text/plain; charset=utf-8' : 'application/octet-stream';
      dialog.input('contentType').attr('placeholder', fallback);
      dialog.resize();
    });
    showTabs(root, t, () => dialog.resize());
  },
  oneditsave() {
    dialogOf(this)?.save();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditresize() {
    dialogOf(this)?.resize();
  },
});

/** The list of methods, with a field for a rarer one; the field is what is saved, '' is `msg.method`. */
function methodChoice(dialog: Dialog<SendRequestConfig>): void {
  const choice = $('#nrhc-send-request-method');
  const field = dialog.input('method');
  const saved = dialog.config.method;
  const known = choice.find(`option[value="${CSS.escape(saved)}"]`).length > 0;
  choice.val(saved === '' ? 'msg' : known ? saved : 'other');
  field.prop('hidden', choice.val() !== 'other');
  choice.on('change', () => {
    const chosen = String(choice.val());
    field.prop('hidden', chosen !== 'other');
    field.val(chosen === 'other' || chosen === 'msg' ? '' : chosen).trigger('change');
    if (chosen === 'other') field.trigger('focus');
  });
}

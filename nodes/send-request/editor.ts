import { asText, verdict } from '../editor/checks';
import { checkGroup } from '../editor/check-group';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { fieldGroup, groupProblem } from '../editor/field-group';
import { numberProblem } from '../editor/number-check';
import { startWithKind } from '../editor/paging-start';
import { guide } from '../editor/guide/guide';
import { showTabs } from '../editor/tabs';
import { tableProblem } from '../editor/template-checks';
import { typedTable } from '../editor/typed-table';
import type { TypedRow } from '../runtime/rows';
import { configVersion, defaults, overridable, type BodyKind, type SendRequestConfig } from './config';
import { bodyTab } from './editor/body-tab';
import {
  bodyProblem,
  conditionProblem,
  contentTypeProblem,
  fieldNamesProblem,
  fileProblem,
  methodProblem,
  partProblem,
  propertyProblem,
  successProblem,
  t,
  urlProblem,
  variablesProblem,
} from './editor/checks';
import { curlPanel } from './editor/curl-panel';
import { pagingGroup, rulesGroup } from './editor/groups';
import { requestSteps } from './editor/guide';
import { methodChoice } from './editor/method-choice';
import { partsProblem } from './editor/parts-table';
import { pickers } from './editor/pickers';
import { outputName, tryIt } from './editor/try-it';
import { migrations } from './migrations';

const shape: Shape<SendRequestConfig> = { configVersion, defaults, migrations, numbers: ['longJobTimeout'] };

/** Whether a choice is one of those that use a field; what is not used cannot be wrong. */
type Uses = (node: EditorNode) => boolean;

const always: Uses = () => true;
const when = (property: string, ...choices: string[]): Uses => {
  return (node) => choices.includes(asText(currentValue(node, property)));
};

function text(
  property: keyof typeof defaults,
  label: string,
  problem: (value: string, node: EditorNode) => string | undefined,
  used: Uses = always,
): EditorProperty {
  return {
    value: defaults[property],
    label,
    validate(this: EditorNode, value: string | undefined, options: object) {
      return verdict(used(this) ? problem(asText(value ?? defaults[property]), this) : undefined, options);
    },
  };
}

function table(
  property: 'query' | 'headers' | 'form' | 'parts',
  label: string,
  problem: (rows: unknown, node: EditorNode) => string | undefined,
  used: Uses = always,
): EditorProperty {
  return {
    value: defaults[property],
    label,
    validate(this: EditorNode, rows: unknown, options: object) {
      return verdict(used(this) ? problem(rows, this) : undefined, options);
    },
  };
}

const bodyKindOf = (node: EditorNode) => asText(currentValue(node, 'bodyKind')) as BodyKind;

RED.nodes.registerType('send-request', {
  category: 'network',
  color: '#3FADB5',
  icon: 'send-request.svg',
  inputs: 1,
  outputs: 1,
  paletteLabel: 'send request',
  outputLabels: outputName,
  defaults: {
    configVersion: { value: defaults.configVersion },
    name: { value: defaults.name },
    connection: {
      value: defaults.connection,
      type: 'http-connection',
      required: true,
      label: t('label.connection'),
    },
    method: text('method', t('label.method'), methodProblem),
    url: text('url', t('label.url'), urlProblem),
    query: table('query', t('tab.query'), (rows) => tableProblem(rows, 'parameter', t)),
    headers: table('headers', t('tab.headers'), (rows) => tableProblem(rows, 'header', t)),
    arrays: { value: defaults.arrays, label: t('label.arrays') },
    overrides: { value: defaults.overrides, label: t('heading.overrides') },
    bodyKind: { value: defaults.bodyKind, label: t('label.bodyKind') },
    body: text('body', t('tab.body'), (body, node) => bodyProblem(body, bodyKindOf(node))),
    form: table(
      'form',
      t('tab.body'),
      (rows, node) => {
        const problem = tableProblem(rows, 'parameter', t);
        if (problem || bodyKindOf(node) === 'form') return problem;
        return fieldNamesProblem((rows ?? []) as TypedRow[]);
      },
      when('bodyKind', 'form', 'fields'),
    ),
    parts: table('parts', t('tab.body'), partsProblem, when('bodyKind', 'multipart')),
    variables: text('variables', t('label.variables'), variablesProblem, when('bodyKind', 'graphql')),
    contentType: text(
      'contentType',
      t('label.contentType'),
      contentTypeProblem,
      when('bodyKind', 'xml', 'text', 'binary', 'file'),
    ),
    bodyProperty: text('bodyProperty', t('label.bodyProperty'), propertyProblem, when('bodyKind', 'binary')),
    bodyFile: {
      ...text('bodyFile', t('label.bodyFile'), fileProblem, when('bodyKind', 'file')),
      patient: true,
    },
    responseKind: { value: defaults.responseKind, label: t('label.responseKind') },
    responseProperty: text('responseProperty', t('label.responseProperty'), propertyProblem),
    responsePart: text('responsePart', t('label.responsePart'), partProblem),
    responseFile: {
      ...text('responseFile', t('label.responseFile'), fileProblem, when('responseKind', 'file')),
      patient: true,
    },
    success: text('success', t('label.success'), successProblem),
    successCondition: text('successCondition', t('label.successCondition'), conditionProblem),
    failures: { value: defaults.failures, label: t('label.failures') },
    ordered: { value: defaults.ordered },
    longJob: { value: defaults.longJob },
    longJobTimeout: {
      value: defaults.longJobTimeout,
      label: t('label.longJobTimeout'),
      validate(this: EditorNode, value: string, options: object) {
        const used = currentValue(this, 'longJob') === true;
        return verdict(used ? numberProblem(value, { min: 0, max: 2_592_000 }, t) : undefined, options);
      },
    },
    paging: {
      value: defaults.paging,
      label: t('tab.pages'),
      validate: (value: object, options: object) =>
        verdict(groupProblem(pagingGroup, { ...defaults.paging, ...value }, undefined, t), options),
    },
    rules: {
      value: defaults.rules,
      label: t('tab.options'),
      validate: (value: object, options: object) =>
        verdict(groupProblem(rulesGroup, { ...defaults.rules, ...value }, undefined, t), options),
    },
    trySample: { value: defaults.trySample },
    outputSample: { value: defaults.outputSample },
    // the editor's alone: the runtime goes by `failures`
    outputs: { value: 1 },
  } satisfies Record<keyof typeof defaults | 'outputs', EditorProperty>,
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
    const methods = methodChoice(dialog);
    const picker = pickers(this, dialog);
    for (const [property, kind, emptyText, suggestions] of [
      ['query', 'parameter', t('empty.query'), undefined],
      ['headers', 'header', t('empty.headers'), 'nrhc-send-request-header-names'],
    ] as const) {
      const element = $(`#nrhc-send-request-${property === 'query' ? 'query' : 'header'}-rows`);
      dialog.add(
        typedTable({ property, element, rows: config[property], kind, emptyText, suggestions, picker, t }),
      );
    }
    bodyTab(dialog, root, picker);
    dialog.add(
      checkGroup({
        property: 'overrides',
        element: $('#nrhc-send-request-overrides'),
        choices: overridable.map((name) => [name, t(`overrides.${name}`)]),
        saved: config.overrides,
      }),
    );
    const paging = { ...defaults.paging, ...config.paging };
    const rules = { ...defaults.rules, ...config.rules };
    const pages = dialog.add(fieldGroup(pagingGroup, root, paging, () => undefined, t));
    pages.watch(startWithKind());
    dialog.add(fieldGroup(rulesGroup, root, rules, () => undefined, t));
    for (const property of ['bodyProperty', 'responseProperty']) {
      const field = dialog.input(property).typedInput({ types: ['msg'], default: 'msg' });
      field
        .next()
        .find('.red-ui-typedInput-input')
        .attr('aria-label', t(`label.${property}`));
    }
    picker.typed(dialog.input('bodyProperty'), ['msg']);
    dialog.watch('responseKind', (kind) => {
      root.find('[data-nrhc-response]').prop('hidden', kind !== 'file');
      root.find('.nrhc-response-hint').html(t(`responseHint.${kind}`));
    });
    const showPart = () => {
      const { kind } = dialog.value('paging') as SendRequestConfig['paging'];
      const whole = !['ndjson', 'sse', 'file'].includes(asText(dialog.value('responseKind'))) && kind === '';
      root.find('.nrhc-response-part').prop('hidden', !whole);
    };
    dialog.watch('responseKind', showPart);
    pages.watch(showPart);
    dialog.watch('failures', (way) => {
      root.find('.nrhc-failures-hint').html(t(`failuresHint.${way}`));
    });
    dialog.watch('longJob', () => {
      root.find('.nrhc-long-job').prop('hidden', dialog.value('longJob') !== true);
    });
    const tried = tryIt(this, dialog, root);
    curlPanel(dialog, root, methods);
    showTabs(root, t, () => dialog.resize());
    guide({ node: this, dialog, root, steps: requestSteps(dialog, root, tried), t });
  },
  oneditsave() {
    const dialog = dialogOf(this);
    if (!dialog) return;
    // Node-RED follows with the ports and, where one goes, its wires
    this.outputs = dialog.value('failures') === 'output' ? 2 : 1;
    dialog.save();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditresize() {
    dialogOf(this)?.resize();
  },
});

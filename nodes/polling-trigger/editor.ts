import { asText, verdict } from '../editor/checks';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { fieldGroup, groupProblem } from '../editor/field-group';
import { guide } from '../editor/guide/guide';
import { numberProblem, type Range } from '../editor/number-check';
import { startWithKind } from '../editor/paging-start';
import { bodyProblem, contentTypeProblem, variablesProblem } from '../editor/request-checks';
import { showTabs } from '../editor/tabs';
import { tableProblem } from '../editor/template-checks';
import { configVersion, defaults, type PollBodyKind, type PollingTriggerConfig } from './config';
import {
  conditionProblem,
  cronProblem,
  intervalProblem,
  keyProblem,
  pathProblem,
  sinceProblem,
  successProblem,
  t,
  urlProblem,
  zoneProblem,
} from './editor/checks';
import { isDeployed, pollNow } from './editor/deployed';
import { pollingSteps } from './editor/guide';
import { nowPanel } from './editor/now-panel';
import { pagingGroup } from './editor/paging';
import { previewTab } from './editor/preview';
import { requestTab } from './editor/request-tab';
import { shownFields } from './editor/shown-fields';
import { isUsed, type Property } from './editor/uses';
import { migrations } from './migrations';

const shape: Shape<PollingTriggerConfig> = {
  configVersion,
  defaults,
  migrations,
  numbers: ['interval', 'lookback', 'firstCount', 'batchSize', 'perPoll'],
};

/** What a field of a node holds, in its open dialog or saved. */
const holds = (node: EditorNode) => (property: Property) =>
  currentValue(node, property) ?? defaults[property];

/** A field that is checked while it is used; what is not used cannot be wrong. */
function field<V>(
  property: Property,
  label: string,
  problem: (value: V, node: EditorNode) => string | undefined,
): EditorProperty {
  return {
    value: defaults[property],
    label,
    validate(this: EditorNode, value: V | undefined, options: object) {
      const given = value ?? (defaults[property] as V);
      return verdict(isUsed(property, holds(this)) ? problem(given, this) : undefined, options);
    },
  };
}

const text = (
  property: Property,
  label: string,
  problem: (value: string, node: EditorNode) => string | undefined,
) => field<unknown>(property, label, (value, node) => problem(asText(value), node));

const number = (property: Property, label: string, range: Range) =>
  field<unknown>(property, label, (value) => numberProblem(value, range, t));

/** What cannot be wrong. */
const free = (property: Property, label?: string): EditorProperty => ({
  value: defaults[property],
  ...(label === undefined ? {} : { label }),
});

/** Most events that the runtime lets wait. */
const many = 100_000;

RED.nodes.registerType('polling-trigger', {
  category: 'network',
  color: '#3FADB5',
  icon: 'polling-trigger.svg',
  inputs: 0,
  outputs: 1,
  paletteLabel: 'polling trigger',
  defaults: {
    configVersion: free('configVersion'),
    name: free('name'),
    connection: {
      value: defaults.connection,
      type: 'http-connection',
      required: true,
      label: t('label.connection'),
    },
    event: free('event', t('label.event')),
    method: free('method', t('label.method')),
    url: text('url', t('label.url'), urlProblem),
    query: field('query', t('label.query'), (rows) => tableProblem(rows, 'parameter', t)),
    headers: field('headers', t('label.headers'), (rows) => tableProblem(rows, 'header', t)),
    arrays: free('arrays', t('label.arrays')),
    bodyKind: free('bodyKind', t('label.bodyKind')),
    body: text('body', t('label.body'), (body, node) =>
      bodyProblem(body, holds(node)('bodyKind') as PollBodyKind, t),
    ),
    form: field('form', t('label.body'), (rows) => tableProblem(rows, 'parameter', t)),
    variables: text('variables', t('label.variables'), (json) => variablesProblem(json, t)),
    contentType: text('contentType', t('label.contentType'), (type) => contentTypeProblem(type, t)),
    responseKind: free('responseKind', t('label.responseKind')),
    success: text('success', t('label.success'), successProblem),
    successCondition: text('successCondition', t('label.successCondition'), conditionProblem),
    records: text('records', t('label.records'), pathProblem),
    paging: field<object>('paging', t('label.pagingKind'), (paging) =>
      groupProblem(pagingGroup, { ...defaults.paging, ...paging }, undefined, t),
    ),
    watch: free('watch', t('label.watch')),
    keyKind: free('keyKind', t('label.keyKind')),
    key: text('key', t('label.key'), (key, node) =>
      keyProblem(key, holds(node)('keyKind') as PollingTriggerConfig['keyKind']),
    ),
    version: text('version', t('label.version'), pathProblem),
    cursor: text('cursor', t('label.cursor'), pathProblem),
    cursorStart: free('cursorStart', t('label.cursorStart')),
    lookback: number('lookback', t('label.lookback'), { min: 0, max: 31_622_400 }),
    order: free('order', t('label.order')),
    condition: text('condition', t('label.condition'), conditionProblem),
    firstRun: free('firstRun', t('label.firstRun')),
    firstSince: {
      ...text('firstSince', t('label.firstSince'), (since, node) =>
        sinceProblem(since, asText(holds(node)('cursor'))),
      ),
      patient: true,
    },
    firstCount: number('firstCount', t('label.firstCount'), { min: 1, max: many, whole: true }),
    onChange: free('onChange', t('label.onChange')),
    output: free('output', t('label.output')),
    batchSize: number('batchSize', t('label.batchSize'), { min: 1, max: many, whole: true }),
    perPoll: number('perPoll', t('label.perPoll'), { min: 0, max: many, whole: true }),
    schedule: free('schedule', t('label.schedule')),
    interval: text('interval', t('label.interval'), (interval, node) =>
      intervalProblem(interval, asText(holds(node)('intervalUnit'))),
    ),
    intervalUnit: free('intervalUnit', t('label.intervalUnit')),
    cron: text('cron', t('label.cron'), cronProblem),
    zone: text('zone', t('label.zone'), zoneProblem),
    control: free('control', t('label.control')),
    outputSample: free('outputSample'),
    // the editor's alone: the runtime goes by `control`
    inputs: { value: 0 },
  } satisfies Record<Property | 'inputs', EditorProperty>,
  inputLabels: t('input.control'),
  button: {
    enabled() {
      return !this.changed && isDeployed(this);
    },
    onclick() {
      void pollNow(this);
    },
  },
  label() {
    return this.name || asText(this.event) || asText(this.url) || t('label.node');
  },
  labelStyle() {
    return this.name ? 'node_label_italic' : '';
  },
  oneditprepare() {
    const root = $('.nrhc-polling-trigger');
    const dialog = new Dialog(this, shape, root, t);
    requestTab(dialog);
    const paging = { ...defaults.paging, ...dialog.config.paging };
    dialog.add(fieldGroup(pagingGroup, root, paging, () => undefined, t)).watch(startWithKind());
    offerZones(root.find('#nrhc-polling-trigger-zones'));
    const preview = previewTab(this, dialog, root);
    nowPanel(this, dialog, root);
    shownFields(dialog, root);
    showTabs(root, t, () => dialog.resize());
    guide({ node: this, dialog, root, steps: pollingSteps(this, dialog, root, preview), t });
  },
  oneditsave() {
    const dialog = dialogOf(this);
    if (!dialog) return;
    // Node-RED follows with the port and, when it goes, its wires
    this.inputs = dialog.value('control') === true ? 1 : 0;
    dialog.save();
  },
  oneditcancel() {
    dialogOf(this)?.close();
  },
  oneditresize() {
    dialogOf(this)?.resize();
  },
});

/** Every time zone that the browser knows. */
function offerZones(list: JQuery): void {
  list.append(Intl.supportedValuesOf('timeZone').map((zone) => $('<option>', { value: zone })));
}

import { asText, isPropertyPath, verdict } from '../editor/checks';
import { currentValue, Dialog, dialogOf, type Shape } from '../editor/dialog';
import { numberProblem } from '../editor/number-check';
import { showTabs } from '../editor/tabs';
import { tableProblem, templateProblem } from '../editor/template-checks';
import { textsOf } from '../editor/texts';
import { typedTable } from '../editor/typed-table';
import { configVersion, defaults, type PollingTriggerConfig } from './config';
import { migrations } from './migrations';

const t = textsOf('polling-trigger');

const shape: Shape<PollingTriggerConfig> = { configVersion, defaults, migrations, numbers: ['interval'] };

/** A poll has no message yet: what its values can be taken from. */
const sources = ['str', 'flow', 'global', 'env', 'num', 'bool', 'json', 'jsonata'] as const;

const secondsIn: Record<string, number> = { s: 1, m: 60, h: 3600 };

/** From a second to a week, in the chosen unit. */
function intervalProblem(value: string, unit: string): string | undefined {
  const seconds = secondsIn[unit] ?? 1;
  return numberProblem(value, { min: unit === 's' ? 1 : 0.1, max: (7 * 24 * 3600) / seconds }, t);
}

function recordsProblem(path: string): string | undefined {
  return path === '' || isPropertyPath(path) ? undefined : t('error.records');
}

function keyProblem(list: string): string | undefined {
  const paths = list.split(',').map((path) => path.trim());
  if (list.trim() === '') return t('error.keyMissing');
  const wrong = paths.find((path) => !isPropertyPath(path));
  return wrong === undefined ? undefined : t('error.key', { path: wrong });
}

RED.nodes.registerType('polling-trigger', {
  category: 'network',
  color: '#3FADB5',
  icon: 'polling-trigger.svg',
  inputs: 0,
  outputs: 1,
  paletteLabel: 'polling trigger',
  defaults: {
    configVersion: { value: defaults.configVersion },
    name: { value: defaults.name },
    connection: {
      value: defaults.connection,
      type: 'http-connection',
      required: true,
      label: t('label.connection'),
    },
    event: { value: defaults.event, label: t('label.event') },
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
    interval: {
      value: defaults.interval,
      label: t('label.interval'),
      validate(this: EditorNode, value: string, _options: object) {
        const unit = asText(currentValue(this, 'intervalUnit')) || defaults.intervalUnit;
        return verdict(intervalProblem(value, unit));
      },
    },
    intervalUnit: { value: defaults.intervalUnit, label: t('label.intervalUnit') },
    records: {
      value: defaults.records,
      label: t('label.records'),
      validate: (value: string, _options: object) => verdict(recordsProblem((value ?? '').trim())),
    },
    key: {
      value: defaults.key,
      label: t('label.key'),
      validate: (value: string, _options: object) => verdict(keyProblem(value ?? defaults.key)),
    },
    firstRun: { value: defaults.firstRun },
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
    dialog.add(
      typedTable({
        property: 'query',
        element: $('#nrhc-polling-trigger-query-rows'),
        rows: dialog.config.query,
        kind: 'parameter',
        types: sources,
        emptyText: t('empty.query'),
        t,
      }),
    );
    dialog.add(
      typedTable({
        property: 'headers',
        element: $('#nrhc-polling-trigger-header-rows'),
        rows: dialog.config.headers,
        kind: 'header',
        types: sources,
        emptyText: t('empty.headers'),
        suggestions: 'nrhc-polling-trigger-header-names',
        t,
      }),
    );
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

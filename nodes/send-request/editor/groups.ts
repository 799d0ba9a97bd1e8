/** The nested objects of a request's configuration: its pages, and limits of its own. */
import { isDataPath } from '../../editor/checks';
import { statusesProblem } from '../../editor/expression-checks';
import type { GroupDescription } from '../../editor/field-group';
import { pagingFields } from '../../editor/paging-fields';
import { rulesDefaults, sendPagingDefaults, type RulesConfig, type SendPagingConfig } from '../config';
import { t } from './checks';

const same = <V>(values: V): V => values;
const isPaged = ({ kind }: SendPagingConfig) => kind !== '';

export const pagingGroup: GroupDescription<SendPagingConfig, SendPagingConfig, undefined> = {
  property: 'paging',
  defaults: sendPagingDefaults,
  view: same,
  saved: same,
  places: {
    paging: [
      ...pagingFields<SendPagingConfig, undefined>(t),
      { heading: 'heading.pageOutput', shown: isPaged },
      {
        name: 'output',
        icon: 'arrow-left',
        label: 'label.pageOutput',
        options: ['page', 'record', 'all'],
        text: (output) => t(`pageOutput.${output}`),
        hint: ({ output }) => t(`pageOutputHint.${output}`),
        shown: isPaged,
      },
      {
        name: 'records',
        icon: 'list-ul',
        label: 'label.records',
        placeholder: 'data.items',
        hint: 'hint.records',
        shown: isPaged,
        problem: (value) => (value === '' || isDataPath(value) ? undefined : t('error.path')),
      },
    ],
  },
};

const own = (values: RulesConfig) => values.own;
const seconds = { min: 0, max: 86_400 };

export const rulesGroup: GroupDescription<RulesConfig, RulesConfig, undefined> = {
  property: 'rules',
  defaults: rulesDefaults,
  view: same,
  saved: same,
  places: {
    rules: [
      { heading: 'heading.rules' },
      { name: 'own', icon: 'sliders', label: 'label.rules', toggle: 'label.ownRules', hint: 'hint.ownRules' },
      {
        name: 'firstByteTimeout',
        icon: 'clock-o',
        label: 'label.firstByteTimeout',
        hint: 'hint.firstByteTimeout',
        range: seconds,
        shown: own,
      },
      { name: 'idleTimeout', icon: 'clock-o', label: 'label.idleTimeout', range: seconds, shown: own },
      { name: 'totalTimeout', icon: 'clock-o', label: 'label.totalTimeout', range: seconds, shown: own },
      {
        name: 'maxResponseSize',
        icon: 'arrows-h',
        label: 'label.maxResponseSize',
        range: { min: 0, max: 1_048_576 },
        unit: 'unit.mebibytes',
        shown: own,
      },
      {
        name: 'maxRedirects',
        icon: 'share',
        label: 'label.maxRedirects',
        range: { min: 0, max: 50, whole: true },
        unit: 'unit.redirects',
        shown: own,
      },
      {
        name: 'retryAttempts',
        icon: 'repeat',
        label: 'label.retryAttempts',
        hint: 'hint.retryAttempts',
        range: { min: 1, max: 100, whole: true },
        unit: 'unit.attempts',
        shown: own,
      },
      {
        name: 'retryStatuses',
        icon: 'list-ul',
        label: 'label.retryStatuses',
        placeholder: '408, 429, 5xx',
        shown: own,
        problem: (value) => statusesProblem(value, t),
      },
      {
        name: 'retryMaxDelay',
        icon: 'hourglass-half',
        label: 'label.retryMaxDelay',
        range: seconds,
        shown: own,
      },
      {
        name: 'retryMaxTotal',
        icon: 'hourglass-end',
        label: 'label.retryMaxTotal',
        range: { min: 0, max: 604_800 },
        shown: own,
      },
    ],
  },
};

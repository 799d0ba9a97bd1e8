/** Which fields count with the choices that are made: the others are not shown, and cannot be wrong. */
import { asText } from '../../editor/checks';
import type { PollingTriggerConfig } from '../config';

export type Property = keyof Omit<PollingTriggerConfig, 'id' | 'type' | 'z'>;

/** What a field holds now. */
export type ValueOf = (property: Property) => unknown;

type Uses = (value: ValueOf) => boolean;

const chosen = (property: Property, ...choices: string[]): Uses => {
  return (value) => choices.includes(asText(value(property)));
};
const both = (one: Uses, other: Uses): Uses => {
  return (value) => one(value) && other(value);
};

const posts = chosen('method', 'POST');
const remembers = chosen('watch', 'new', 'updates', 'snapshot');
const hasCursor: Uses = (value) => asText(value('cursor')).trim() !== '';
const body = (...kinds: string[]): Uses => both(posts, chosen('bodyKind', ...kinds));

const uses: Partial<Record<Property, Uses>> = {
  bodyKind: posts,
  body: body('json', 'jsonata', 'graphql', 'xml', 'text'),
  variables: body('graphql'),
  form: body('form', 'fields'),
  contentType: body('xml', 'text'),
  key: chosen('keyKind', 'properties', 'jsonata'),
  version: chosen('watch', 'updates', 'snapshot'),
  cursorStart: hasCursor,
  lookback: hasCursor,
  firstRun: remembers,
  firstSince: both(remembers, chosen('firstRun', 'since')),
  firstCount: both(remembers, chosen('firstRun', 'last')),
  batchSize: chosen('output', 'batch'),
  interval: chosen('schedule', 'interval'),
  cron: chosen('schedule', 'cron'),
  zone: chosen('schedule', 'cron'),
};

/** What others depend on. */
export const deciding: readonly Property[] = [
  'method',
  'bodyKind',
  'keyKind',
  'watch',
  'cursor',
  'firstRun',
  'output',
  'schedule',
];

export function isUsed(property: Property, value: ValueOf): boolean {
  return uses[property]?.(value) ?? true;
}

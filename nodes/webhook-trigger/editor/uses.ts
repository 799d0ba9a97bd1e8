/** Which fields count with the choices that are made: the others are not shown, and cannot be wrong. */
import { asText } from '../../editor/checks';
import type { Property, ValueOf } from './shape';

type Uses = (value: ValueOf) => boolean;

const chosen = (property: Property, ...choices: string[]): Uses => {
  return (value) => choices.includes(asText(value(property)));
};
const filled = (property: Property): Uses => {
  return (value) => asText(value(property)).trim() !== '';
};
const limited = (property: Property): Uses => {
  return (value) => Number(value(property)) !== 0;
};
const both = (one: Uses, other: Uses): Uses => {
  return (value) => one(value) && other(value);
};

const done = chosen('acknowledge', 'done');
const fromFlow = chosen('answer', 'flow');
const parts = chosen('payload', 'auto', 'multipart');
const byRules = chosen('conditionBy', 'rules');

const uses: Partial<Record<Property, Uses>> = {
  preset: chosen('verification', 'preset'),
  secretHeader: chosen('verification', 'secret-header'),
  queryParameter: chosen('verification', 'query-token'),
  bodyTokenPath: chosen('verification', 'body-token'),
  user: chosen('verification', 'basic'),
  trustedProxies: filled('allowedIps'),
  files: parts,
  filesFolder: both(parts, chosen('files', 'file')),
  condition: chosen('conditionBy', 'jsonata'),
  conditionRules: byRules,
  conditionMatch: byRules,
  splitPath: (value) => value('split') === true && value('payload') !== 'cloudevents',
  split: (value) => value('payload') !== 'cloudevents',
  repeatBy: (value) => value('payload') !== 'cloudevents',
  repeatName: (value) => value('payload') !== 'cloudevents' && chosen('repeatBy', 'header', 'path')(value),
  repeatWindow: (value) => value('payload') === 'cloudevents' || !chosen('repeatBy', 'none')(value),
  concurrency: done,
  doneTimeout: done,
  onDoneTimeout: both(done, limited('doneTimeout')),
  maxAttempts: done,
  retryDelay: done,
  retryMaxDelay: done,
  rateBurst: limited('rateLimit'),
  answerTimeout: fromFlow,
  fallbackStatus: fromFlow,
  fallbackBody: fromFlow,
  subscription: (value) => !['', '_ADD_'].includes(asText(value('connection'))),
};

/** What others depend on. */
export const deciding: readonly Property[] = [
  'verification',
  'allowedIps',
  'payload',
  'files',
  'conditionBy',
  'split',
  'repeatBy',
  'acknowledge',
  'doneTimeout',
  'rateLimit',
  'answer',
  'connection',
];

export function isUsed(property: Property, value: ValueOf): boolean {
  return uses[property]?.(value) ?? true;
}

import type { ArrayStyle, BodyKind } from '../runtime/body-config';
import type { ConfigBase } from '../runtime/migrate';
import { pagingDefaults, type PagingConfig } from '../runtime/paging-config';
import type { TypedRow } from '../runtime/rows';

/** The kinds of body that a request without a message can have. */
export const pollBodyKinds = ['none', 'fields', 'json', 'jsonata', 'form', 'xml', 'text', 'graphql'] as const;
export type PollBodyKind = Extract<BodyKind, (typeof pollBodyKinds)[number]>;

export const pollResponseKinds = ['auto', 'json', 'xml', 'ndjson'] as const;
export type PollResponseKind = (typeof pollResponseKinds)[number];

/** What the dialog saves. */
export interface PollingTriggerConfig extends ConfigBase {
  /** Id of an http-connection. */
  connection: string;
  /** Name of the event: `msg.topic`. */
  event: string;

  method: 'GET' | 'POST';
  /** Template over `cursor`, `lastPoll` and `now`; joined to the connection's base URL when relative. */
  url: string;
  query: TypedRow[];
  headers: TypedRow[];
  arrays: ArrayStyle;
  bodyKind: PollBodyKind;
  body: string;
  form: TypedRow[];
  variables: string;
  contentType: string;
  responseKind: PollResponseKind;
  /** Statuses that are a success. */
  success: string;
  /** JSONata over `payload`, `statusCode` and `headers` that is true for a success; '' for none. */
  successCondition: string;
  /** Property path of the list in the answer; '' finds it. */
  records: string;
  paging: PagingConfig;

  /** What fires: new records, new and updated ones, every record, or every change with deletions. */
  watch: 'new' | 'updates' | 'every' | 'snapshot';
  /** What tells one record from another: properties, what JSONata gives, or the whole content. */
  keyKind: 'properties' | 'jsonata' | 'content';
  /** Property paths, separated by commas, or a JSONata expression. */
  key: string;
  /** Property path of what changes with the record; '' compares the whole content. */
  version: string;
  /** Property path of the cursor's field; '' for no cursor. */
  cursor: string;
  /** What `{{cursor}}` is before the first value is there. */
  cursorStart: string;
  /** How far before the cursor is asked again: seconds for dates, steps for numbers. */
  lookback: number | string;
  /** `reversed`: the answer has the newest first. */
  order: 'oldest first' | 'as is' | 'reversed';
  /** JSONata over the record, which is `payload`; '' for no condition. */
  condition: string;
  /** Which records of the very first poll fire. */
  firstRun: 'now' | 'everything' | 'since' | 'last';
  firstSince: string;
  firstCount: number | string;
  /**
   * What happens when other records are asked for than before: what is there then counts as known, the first run's rule
   * holds again, what is known stays, or no poll until a person decides.
   */
  onChange: 'baseline' | 'first run' | 'keep' | 'ask';

  /** A message a record, a message with so many, or one with all. */
  output: 'record' | 'batch' | 'all';
  batchSize: number | string;
  /** Most records that leave at one poll; the others wait for the next. 0 for no limit. */
  perPoll: number | string;

  schedule: 'interval' | 'cron';
  interval: number | string;
  intervalUnit: 's' | 'm' | 'h';
  cron: string;
  /** IANA name; '' for the machine's zone. */
  zone: string;
  /** The node has an input for control messages. */
  control: boolean;
  /** What the node put out, JSON: what the data picker of the nodes behind it shows. */
  outputSample: string;
}

export const configVersion = 1;

export const defaults: Omit<PollingTriggerConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  connection: '',
  event: '',
  method: 'GET',
  url: '',
  query: [],
  headers: [],
  arrays: 'repeat',
  bodyKind: 'none',
  body: '',
  form: [],
  variables: '',
  contentType: '',
  responseKind: 'auto',
  success: '2xx',
  successCondition: '',
  records: '',
  paging: pagingDefaults,
  watch: 'new',
  keyKind: 'properties',
  key: 'id',
  version: '',
  cursor: '',
  cursorStart: '',
  lookback: 60,
  order: 'oldest first',
  condition: '',
  firstRun: 'now',
  firstSince: '',
  firstCount: 10,
  onChange: 'baseline',
  output: 'record',
  batchSize: 100,
  perPoll: 0,
  schedule: 'interval',
  interval: 60,
  intervalUnit: 's',
  cron: '0 * * * *',
  zone: '',
  control: false,
  outputSample: '',
};

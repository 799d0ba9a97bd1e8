import type { BodyConfig } from '../runtime/body-config';
import type { ConfigBase } from '../runtime/migrate';
import { pagingDefaults, type PagingConfig } from '../runtime/paging-config';
import type { TypedRow } from '../runtime/rows';

export { bodyKinds, type ArrayStyle, type BodyKind, type PartRow } from '../runtime/body-config';

export const responseKinds = [
  'auto',
  'json',
  'xml',
  'text',
  'binary',
  'multipart',
  'ndjson',
  'sse',
  'file',
] as const;
export type ResponseKind = (typeof responseKinds)[number];

/** Fields of `msg.request` that stand over what is set up. */
export const overridable = ['url', 'method', 'headers', 'query', 'body', 'timeout'] as const;
export type Overridable = (typeof overridable)[number];

/** Limits of this node alone. Durations are seconds, 0 for no limit; the size is MiB. */
export interface RulesConfig {
  /** Whether they hold instead of the connection's. */
  own: boolean;
  firstByteTimeout: number | string;
  idleTimeout: number | string;
  totalTimeout: number | string;
  maxResponseSize: number | string;
  maxRedirects: number | string;
  retryAttempts: number | string;
  retryStatuses: string;
  retryMaxDelay: number | string;
  retryMaxTotal: number | string;
}

/** What comes of a paged list. */
export interface SendPagingConfig extends PagingConfig {
  /** Property path of the records in an answer; '' finds the list by itself. */
  records: string;
  /** A message a page, a message a record, or one message with all records. */
  output: 'page' | 'record' | 'all';
}

/** What the dialog saves. */
export interface SendRequestConfig extends ConfigBase, BodyConfig {
  /** Id of an http-connection. */
  connection: string;
  /** A method token, or '' to take `msg.method`. */
  method: string;
  /** Template; joined to the connection's base URL when relative. */
  url: string;
  query: TypedRow[];
  headers: TypedRow[];
  overrides: Overridable[];
  responseKind: ResponseKind;
  /** Message property that the decoded body goes to. */
  responseProperty: string;
  /** Property path of the part of the body that is kept, of an answer that is read as a whole; '' keeps the whole body. */
  responsePart: string;
  /** Template: path of the file that the answer is written to. */
  responseFile: string;
  /** Statuses that are a success: `2xx, 304, 400-404`. */
  success: string;
  /** JSONata over `payload`, `statusCode` and `headers` that is true for a success; '' for none. */
  successCondition: string;
  /** To Catch nodes, to a second output, or on as if it were none. */
  failures: 'catch' | 'output' | 'success';
  /** Answers leave in the order in which the messages came. */
  ordered: boolean;
  /** On 202, follow the job until it is done. */
  longJob: boolean;
  /** Seconds for the whole job; 0 for no limit. */
  longJobTimeout: number | string;
  paging: SendPagingConfig;
  rules: RulesConfig;
  /** A message as it comes in, JSON: what *Try it* sends. */
  trySample: string;
  /** What the node put out for it, JSON: what the data picker of the nodes behind it shows. */
  outputSample: string;
}

export const configVersion = 1;

export const rulesDefaults: RulesConfig = {
  own: false,
  firstByteTimeout: 60,
  idleTimeout: 60,
  totalTimeout: 120,
  maxResponseSize: 50,
  maxRedirects: 10,
  retryAttempts: 3,
  retryStatuses: '408, 425, 429, 500, 502, 503, 504',
  retryMaxDelay: 30,
  retryMaxTotal: 300,
};

export const sendPagingDefaults: SendPagingConfig = { ...pagingDefaults, records: '', output: 'page' };

export const defaults: Omit<SendRequestConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  connection: '',
  method: 'GET',
  url: '',
  query: [],
  headers: [],
  arrays: 'repeat',
  overrides: [],
  bodyKind: 'none',
  body: '',
  form: [],
  parts: [],
  variables: '',
  contentType: '',
  bodyProperty: 'payload',
  bodyFile: '',
  responseKind: 'auto',
  responseProperty: 'payload',
  responsePart: '',
  responseFile: '',
  success: '2xx',
  successCondition: '',
  failures: 'catch',
  ordered: false,
  longJob: false,
  longJobTimeout: 3600,
  paging: sendPagingDefaults,
  rules: rulesDefaults,
  trySample: '{\n  "payload": {}\n}',
  outputSample: '',
};

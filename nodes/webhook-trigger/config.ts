import type { Rule } from '../../src/exchange/rules';
import type { ConfigBase } from '../runtime/migrate';
import type { TypedRow } from '../runtime/rows';
import { subscriptionDefaults, type SubscriptionConfig } from './subscription-config';
import {
  verificationDefaults,
  type VerificationConfig,
  type VerificationCredentials,
} from './verification-config';

/**
 * `cloudevents` takes both modes and batches (cloudevents.io, HTTP protocol binding): the payload is the event's data, its
 * attributes are `msg.cloudEvent`, its type is `msg.event.name`.
 */
export type PayloadKind =
  'auto' | 'json' | 'xml' | 'form' | 'text' | 'binary' | 'multipart' | 'ndjson' | 'cloudevents';

/** What the dialog saves. Numbers come as text when the field is `${ENV}`. */
export interface WebhookTriggerConfig extends ConfigBase, VerificationConfig, SubscriptionConfig {
  /** Name of the event: `msg.topic` and the slug of the path. */
  event: string;
  /** Below `httpNodeRoot`, without a leading slash; `:name` segments are path parameters. */
  path: string;
  methods: string[];
  payload: PayloadKind;
  /** Where the files of a multipart body are: in the message as Buffers, or on disk. */
  files: 'buffer' | 'file';
  /** The folder that they are written to, with `file`. */
  filesFolder: string;
  /** Put the bytes as received on `msg.request.rawBody`. */
  rawBody: boolean;
  /** Largest accepted body in KiB. */
  maxSize: number | string;

  /** A delivery for whose message the condition does not hold is answered as a success and makes no event. */
  conditionBy: 'jsonata' | 'rules';
  /** An expression over the message, with `jsonata`; '' for none. */
  condition: string;
  /** With `rules`; an empty list for none. */
  conditionRules: Rule[];
  /** Whether all of them must hold, or one. */
  conditionMatch: 'all' | 'any';
  /** Make an event of each entry of a list. */
  split: boolean;
  /** Where the list stands in the payload, names between dots; '' when the payload is the list. */
  splitPath: string;

  /**
   * By what a repeated delivery is known: `auto` by what the preset or CloudEvents say, if they do; a header, a path into
   * the JSON body, or the hash of the body. It is the event's id then, but for the hash.
   */
  repeatBy: 'auto' | 'none' | 'header' | 'path' | 'hash';
  /** The header or the path. */
  repeatName: string;
  /** Hours that an id is remembered. */
  repeatWindow: number | string;

  /** An event is on disk before its delivery is answered, and survives a crash. Without it, a crash loses what was just accepted. */
  durable: boolean;
  /**
   * When an event is over and is forgotten: `handover` when the next node has it; `done` when the flow has done with it. With
   * `done` an error in the flow hands it over again, and in the end it is kept as a dead letter.
   */
  acknowledge: 'handover' | 'done';
  /** Events in the flow at once, with `acknowledge: 'done'`; 1 keeps their order. */
  concurrency: number | string;
  /** Seconds that the flow has for an event, with `done`; 0 for no limit. */
  doneTimeout: number | string;
  /** What an event is when that time is over. */
  onDoneTimeout: 'failed' | 'done';
  /** Hand-overs of one event before it is a dead letter, with `done`. */
  maxAttempts: number | string;
  /** Seconds before the second hand-over; each further wait is twice the one before. */
  retryDelay: number | string;
  /** Seconds: the longest wait between two hand-overs. */
  retryMaxDelay: number | string;
  /** Most events that wait; with more, deliveries are answered with 503. */
  inboxCount: number | string;
  /** The same in MiB. */
  inboxSize: number | string;

  /** Deliveries per `rateUnit` that are taken; 0 for no limit. More are answered with 429. */
  rateLimit: number | string;
  rateUnit: 's' | 'm';
  /** Deliveries at once that are taken before the rate counts; 0 for as many as `rateLimit`. */
  rateBurst: number | string;
  /** Seconds that a sender has for the body; 0 for no limit. */
  bodyTimeout: number | string;

  /** `at-once` when the event is accepted, by the template below; `flow` by an http response node. */
  answer: 'at-once' | 'flow';
  answerStatus: number | string;
  answerHeaders: TypedRow[];
  /** Template over the event's message; the default content type is JSON. */
  answerBody: string;
  /** Seconds that the flow has for its answer, with `flow`. */
  answerTimeout: number | string;
  /** What the sender gets when it had none by then. */
  fallbackStatus: number | string;
  fallbackBody: string;
  /** What the node put out, JSON: what the data picker of the nodes behind it shows; '' when none is kept. */
  outputSample: string;
}

export interface WebhookTriggerCredentials extends VerificationCredentials {
  /** What is secret in the state store is encrypted with it: 32 bytes in base64, made by the dialog. */
  stateKey?: string;
}

export const configVersion = 1;

export const defaults: Omit<WebhookTriggerConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  event: '',
  path: '',
  methods: ['POST'],
  payload: 'auto',
  files: 'buffer',
  filesFolder: '',
  rawBody: false,
  maxSize: 1024,
  ...verificationDefaults,
  ...subscriptionDefaults,
  conditionBy: 'jsonata',
  condition: '',
  conditionRules: [],
  conditionMatch: 'all',
  split: false,
  splitPath: '',
  repeatBy: 'auto',
  repeatName: '',
  repeatWindow: 24,
  durable: true,
  acknowledge: 'handover',
  concurrency: 1,
  doneTimeout: 60,
  onDoneTimeout: 'failed',
  maxAttempts: 5,
  retryDelay: 5,
  retryMaxDelay: 300,
  inboxCount: 10_000,
  inboxSize: 100,
  rateLimit: 0,
  rateUnit: 's',
  rateBurst: 0,
  bodyTimeout: 30,
  answer: 'at-once',
  answerStatus: 200,
  answerHeaders: [],
  answerBody: '{"status":"ok"}',
  answerTimeout: 30,
  fallbackStatus: 504,
  fallbackBody: '{"error":"no answer in time"}',
  outputSample: '',
};

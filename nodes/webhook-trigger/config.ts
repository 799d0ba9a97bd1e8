import type { ConfigBase } from '../runtime/migrate';
import type { TypedRow } from '../runtime/rows';

export type PayloadKind = 'auto' | 'json' | 'form' | 'text' | 'binary';

/** What the dialog saves. */
export interface WebhookTriggerConfig extends ConfigBase {
  /** Name of the event: `msg.topic` and the slug of the path. */
  event: string;
  /** Below `httpNodeRoot`, without a leading slash; `:name` segments are path parameters. */
  path: string;
  methods: string[];
  payload: PayloadKind;
  /** Put the bytes as received on `msg.request.rawBody`. */
  rawBody: boolean;
  /** Largest accepted body in KiB. */
  maxSize: number | string;
  verification: 'none' | 'secret-header';
  /** Header that carries the secret when `verification` is `secret-header`; its value is the credential `secret`. */
  secretHeader: string;
  answerStatus: number | string;
  answerHeaders: TypedRow[];
  /** Template over the event's message; the default content type is JSON. */
  answerBody: string;
}

export interface WebhookTriggerCredentials {
  secret?: string;
}

export const configVersion = 1;

export const defaults: Omit<WebhookTriggerConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  event: '',
  path: '',
  methods: ['POST'],
  payload: 'auto',
  rawBody: false,
  maxSize: 1024,
  verification: 'none',
  secretHeader: 'X-Webhook-Secret',
  answerStatus: 200,
  answerHeaders: [],
  answerBody: '{"status":"ok"}',
};

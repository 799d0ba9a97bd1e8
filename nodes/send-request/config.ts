import type { ConfigBase } from '../runtime/migrate';
import type { TypedRow } from '../runtime/rows';

export type BodyKind = 'none' | 'payload' | 'json' | 'form' | 'text' | 'binary';
export type ResponseKind = 'auto' | 'json' | 'text' | 'binary';

/** What the dialog saves. */
export interface SendRequestConfig extends ConfigBase {
  /** Id of an http-connection. */
  connection: string;
  /** A method token, or '' to take `msg.method`. */
  method: string;
  /** Template; joined to the connection's base URL when relative. */
  url: string;
  query: TypedRow[];
  headers: TypedRow[];
  bodyKind: BodyKind;
  /** Template of a JSON or text body. */
  body: string;
  /** Fields of a form body. */
  form: TypedRow[];
  /** `Content-Type` of a text or binary body. */
  contentType: string;
  /** Message property that holds a binary body. */
  bodyProperty: string;
  responseKind: ResponseKind;
  /** Message property that the decoded body goes to. */
  responseProperty: string;
  /** Statuses that are a success: `2xx, 304, 400-404`. */
  success: string;
}

export const configVersion = 1;

export const defaults: Omit<SendRequestConfig, 'id' | 'type' | 'z'> = {
  configVersion,
  name: '',
  connection: '',
  method: 'GET',
  url: '',
  query: [],
  headers: [],
  bodyKind: 'none',
  body: '',
  form: [],
  contentType: '',
  bodyProperty: 'payload',
  responseKind: 'auto',
  responseProperty: 'payload',
  success: '2xx',
};

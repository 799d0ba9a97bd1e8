import type { TypedRow } from './rows';

export const bodyKinds = [
  'none',
  'payload',
  'fields',
  'json',
  'jsonata',
  'form',
  'multipart',
  'xml',
  'text',
  'graphql',
  'binary',
  'file',
] as const;
export type BodyKind = (typeof bodyKinds)[number];

/** How a list stands in a query or a form: `a=1&a=2`, `a[]=1&a[]=2`, `a[0]=1&a[1]=2`, `a=1,2`. */
export type ArrayStyle = 'repeat' | 'brackets' | 'indices' | 'comma';

/** A part of a multipart body. */
export interface PartRow extends TypedRow {
  /** `path`: the value is the path of a file on Node-RED's machine. */
  kind: 'field' | 'file' | 'path';
  /** Template; '' for the file's own name. */
  filename: string;
  /** '' goes by the value or the file name. */
  contentType: string;
}

/** What a request's body is made of, as send-request and polling-trigger save it. */
export interface BodyConfig {
  bodyKind: BodyKind;
  /** Template of a JSON, XML or text body, a JSONata expression, or a GraphQL query. */
  body: string;
  /** Fields of a form body, or of a JSON body (`fields`), where a name may be a path. */
  form: TypedRow[];
  /** In the query and in a form. */
  arrays: ArrayStyle;
  parts: PartRow[];
  /** Template of the JSON object with a GraphQL query's variables; '' for none. */
  variables: string;
  /** `Content-Type` of an XML, text, binary or file body. */
  contentType: string;
  /** Message property that holds a binary body. */
  bodyProperty: string;
  /** Template: path of the file that is sent. */
  bodyFile: string;
}

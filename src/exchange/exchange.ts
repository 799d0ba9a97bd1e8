import type { Connection, Request, Response, SendOptions } from '../connection/connection';
import { findHeader, getHeader, setHeader, type HeaderFields } from '../connection/headers';
import { binaryBody, formBody, jsonBody, payloadBody, textBody, type EncodedBody } from './body';
import { readCookies, type SetCookie } from './cookies';
import { charsetOf, decodeBody, decodeLeniently, decodeText, type DecodeKind } from './decode';
import { classify, Failure, redactFailure, type FailedAnswer } from './failure';
import { Template, type TemplateView } from './template';
import { asPairs } from './values';

/** What a body is made of; templates are compiled once. */
export type BodyPlan =
  { kind: 'none' | 'payload' | 'form' | 'binary' } | { kind: 'json' | 'text'; template: Template };

/** A request as it was set up, ready to be filled with a message. */
export interface ExchangePlan {
  url: Template;
  body: BodyPlan;
  /** Content type of a text or binary body, '' for the default. */
  contentType: string;
  decode: DecodeKind;
  isSuccess(statusCode: number): boolean;
}

/** What one message brings: the evaluated rows of the tables, and the values that bodies are made of. */
export interface ExchangeInput {
  method: string;
  view: TemplateView;
  query: readonly (readonly [string, unknown])[];
  headers: readonly (readonly [string, unknown])[];
  form: readonly (readonly [string, unknown])[];
  /** For the body kinds `payload` and `binary`. */
  value: unknown;
}

/** `msg.response`: everything about an answer but its body. */
export type AnswerSummary = Omit<Response, 'body'> & { cookies: Record<string, SetCookie> };

export interface ExchangeResult {
  body: unknown;
  summary: AnswerSummary;
}

/** Most characters of a failed answer's body that a failure carries. */
const failedBodyLimit = 64 * 1024;

/**
 * One request and its answer: render, send, judge, decode.
 *
 * @throws Failure whatever went wrong; `HTTP_<status>` for a status that is not a success
 */
export async function exchange(
  plan: ExchangePlan,
  input: ExchangeInput,
  connection: Connection,
  options?: SendOptions,
): Promise<ExchangeResult> {
  const request = render(plan, input, connection);
  const response = await connection.send(request, options);
  if (!plan.isSuccess(response.statusCode)) throw failedStatus(response, request.method, connection);
  return { body: decoded(plan, response, request.method, connection), summary: summarise(response) };
}

/** What cannot be rendered may quote a value, and a value may be a secret that came from the environment. */
function render(plan: ExchangePlan, input: ExchangeInput, connection: Connection): Request {
  let url = '';
  try {
    const method = methodToken(input.method);
    url = plan.url.render(input.view);
    return { method, url, query: asPairs(input.query), ...encode(plan, input) };
  } catch (error) {
    const failure = classify(error);
    failure.request ??= { method: input.method, url };
    throw redactFailure(failure, (text) => connection.redact(text));
  }
}

function methodToken(method: string): string {
  const token = method.trim().toUpperCase();
  if (!/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(token)) {
    throw new Failure('INVALID_REQUEST', token ? `"${token}" is not a method` : 'the method is empty');
  }
  return token;
}

function encode(plan: ExchangePlan, input: ExchangeInput): { headers: HeaderFields; body?: Buffer } {
  const headers = readHeaders(input.headers);
  const encoded = encodeBody(plan.body, input, getHeader(headers, 'content-type'));
  if (!encoded) return { headers };
  if (!findHeader(headers, 'content-type')) {
    setHeader(headers, 'Content-Type', plan.contentType || encoded.contentType);
  }
  return { headers, body: encoded.body };
}

function encodeBody(plan: BodyPlan, input: ExchangeInput, contentType?: string): EncodedBody | undefined {
  switch (plan.kind) {
    case 'none':
      return undefined;
    case 'payload':
      return payloadBody(input.value, contentType);
    case 'json':
      return jsonBody(plan.template.render(input.view));
    case 'text':
      return textBody(plan.template.render(input.view));
    case 'form':
      return formBody(input.form);
    case 'binary':
      return binaryBody(input.value);
  }
}

/** @throws Failure INVALID_REQUEST for a name or a value that a header cannot have (RFC 9110 section 5.5) */
function readHeaders(rows: readonly (readonly [string, unknown])[]): HeaderFields {
  const headers: HeaderFields = {};
  for (const [name, value] of asPairs(rows)) {
    if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(name)) {
      throw new Failure('INVALID_REQUEST', `"${name}" is not a header name`);
    }
    if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) {
      throw new Failure(
        'INVALID_REQUEST',
        `the value of the header "${name}" holds a line break or a character that headers cannot carry`,
      );
    }
    const key = findHeader(headers, name);
    if (key === undefined) headers[name] = value;
    else headers[key] = [headers[key]!, value].flat();
  }
  return headers;
}

function decoded(plan: ExchangePlan, response: Response, method: string, connection: Connection): unknown {
  try {
    return decodeBody(response.body, contentTypeOf(response), plan.decode);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw answered(error.code, error.message, response, method, connection);
  }
}

function failedStatus(response: Response, method: string, connection: Connection): Failure {
  const { statusCode, statusText } = response;
  return answered(
    `HTTP_${statusCode}`,
    `the server answered ${statusCode}${statusText ? ` ${statusText}` : ''}`,
    response,
    method,
    connection,
  );
}

/** A failure about an answer: it keeps the answer, without its secrets. */
function answered(
  code: Failure['code'],
  message: string,
  response: Response,
  method: string,
  connection: Connection,
): Failure {
  const redact = (text: string) => connection.redact(text);
  return new Failure(code, redact(message), {
    request: { method, url: response.url },
    response: failedAnswer(response, redact),
    attempts: response.attempts,
    elapsed: response.timings.total,
  });
}

function failedAnswer(response: Response, redact: (text: string) => string): FailedAnswer {
  const contentType = contentTypeOf(response);
  const text = redact(decodeText(response.body, charsetOf(contentType)));
  const body =
    text.length > failedBodyLimit
      ? `${text.slice(0, failedBodyLimit)}… (${text.length - failedBodyLimit} more characters)`
      : redactDeep(decodeLeniently(text, contentType), redact);
  const headers = redactDeep(response.headers, redact) as HeaderFields;
  return { statusCode: response.statusCode, statusText: redact(response.statusText), headers, body };
}

/** JSON may write a secret in other ways than the redactor knows (`\u0041`, `\/`): it shows once it is parsed. */
function redactDeep(value: unknown, redact: (text: string) => string): unknown {
  if (typeof value === 'string') return redact(value);
  if (Array.isArray(value)) return value.map((item) => redactDeep(item, redact));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [redact(name), redactDeep(item, redact)]),
  );
}

function contentTypeOf(response: Response): string {
  return getHeader(response.headers, 'content-type') ?? '';
}

function summarise({ body: _body, ...response }: Response): AnswerSummary {
  const lines = response.headers['set-cookie'];
  return { ...response, cookies: readCookies(Array.isArray(lines) ? lines : []) };
}

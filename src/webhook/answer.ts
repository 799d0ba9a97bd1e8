import {
  validateHeaderName,
  validateHeaderValue,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { findHeader, getHeader, type HeaderFields } from '../connection/headers';
import { jsonBody, textBody, type EncodedBody } from '../exchange/body';
import { isJsonType, mediaType } from '../exchange/decode';
import { Failure } from '../exchange/failure';
import { Template, type TemplateView } from '../exchange/template';
import { asPairs } from '../exchange/values';
import type { Refusal } from './refusal';

/** What a sender gets. */
export interface Answer {
  status: number;
  headers: HeaderFields;
  body: Buffer;
}

export interface AnswerOptions {
  status: number;
  /** Template over the event's message. */
  body: string;
  /** Names of the headers that are evaluated for each answer. */
  headerNames: readonly string[];
  /** The `Content-Type` among the headers when it is fixed, else ''. */
  contentType: string;
}

/** They belong to the server: a wrong one would break the connection for the next delivery (RFC 9112 section 6). */
const serverHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'upgrade',
]);

/** Answers of these statuses have no content (RFC 9110 sections 15.3.5, 15.3.6 and 15.4.5). */
const withoutContent: ReadonlySet<number> = new Set([204, 205, 304]);

const nothing = Buffer.alloc(0);

/** The answer to an accepted delivery as it was set up; made once, rendered for each event. */
export class AnswerTemplate {
  readonly template: Template;
  readonly #status: number;

  /** @throws Failure CONFIG for a status or a header that an answer cannot have, TEMPLATE for a body that does not parse */
  constructor({ status, body, headerNames, contentType }: AnswerOptions) {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new Failure('CONFIG', `the answer's status must be between 200 and 599, not ${status}`);
    }
    for (const name of headerNames) checkName(name);
    this.#status = status;
    this.template = new Template(
      body,
      isJsonType(mediaType(contentType)) || looksLikeJson(body) ? 'json' : 'text',
    );
  }

  /** @throws Failure when a value cannot stand where it is put, or what must be JSON is not */
  render(view: TemplateView, rows: readonly (readonly [string, unknown])[]): Answer {
    const headers = readHeaders(rows);
    const text = this.template.render(view);
    if (text === '' || withoutContent.has(this.#status))
      return { status: this.#status, headers, body: nothing };
    const type = getHeader(headers, 'content-type');
    const encoded =
      type === undefined ? byItself(text) : isJsonType(mediaType(type)) ? jsonBody(text) : textBody(text);
    if (type === undefined) headers['Content-Type'] = encoded.contentType;
    return { status: this.#status, headers, body: encoded.body };
  }

  /** The answer when rendering failed: the delivery was accepted, and that much is still true. */
  bare(): Answer {
    return { status: this.#status, headers: {}, body: nothing };
  }
}

/** An object or a list, but not a mere `{{x}}`: a challenge is echoed as it came, without quotes around it. */
function looksLikeJson(body: string): boolean {
  return /^\s*(?:\[|\{(?!\{))/.test(body);
}

function byItself(text: string): EncodedBody<Buffer> {
  if (!looksLikeJson(text)) return textBody(text);
  try {
    return jsonBody(text);
  } catch {
    return textBody(text);
  }
}

function checkName(name: string): void {
  try {
    validateHeaderName(name);
  } catch (cause) {
    throw new Failure('CONFIG', `"${name}" is not a header name`, { cause });
  }
  if (serverHeaders.has(name.toLowerCase())) {
    throw new Failure('CONFIG', `the header "${name}" is set by the server`);
  }
}

function readHeaders(rows: readonly (readonly [string, unknown])[]): HeaderFields {
  const headers: HeaderFields = {};
  for (const [name, value] of asPairs(rows)) {
    try {
      validateHeaderValue(name, value);
    } catch (cause) {
      throw new Failure('TEMPLATE', `the value of the header "${name}" cannot stand in a header`, { cause });
    }
    const key = findHeader(headers, name);
    if (key === undefined) headers[name] = value;
    else headers[key] = [headers[key]!, value].flat();
  }
  return headers;
}

/**
 * A refusal as the sender reads it. A 401 names a scheme because it has to (RFC 9110 section 15.5.2); what is over in a
 * moment says so (section 15.6.4).
 *
 * @param scheme `Basic` where that is how a sender proves itself: some send their password only when they are asked for it
 */
export function refusalAnswer(
  { status, code, message, retryAfter }: Refusal,
  scheme: 'Basic' | 'Secret' = 'Secret',
): Answer {
  const headers: HeaderFields = { 'Content-Type': 'application/json' };
  if (status === 401) headers['WWW-Authenticate'] = `${scheme} realm="webhook"`;
  if (retryAfter !== undefined) headers['Retry-After'] = String(retryAfter);
  return { status, headers, body: Buffer.from(JSON.stringify({ error: message, code })) };
}

/** Writes an answer; does nothing when the sender is gone or somebody has answered already. */
export function writeAnswer(response: ServerResponse, answer: Answer): void {
  if (begun(response)) return;
  response.writeHead(answer.status, fieldsOf(answer));
  // Node.js writes a text together with the head, and bytes behind it: one system call with one piece is the cheapest
  if (answer.body.length <= small) response.end(answer.body.toString('latin1'), 'latin1');
  else response.end(answer.body);
}

/** Bytes of a body that are worth a copy. */
const small = 4096;

/**
 * Answers a request whose body is not read to its end, and closes the connection. What still arrives is thrown away for
 * a moment: to close at once would reset the connection, and the sender might never see the answer (RFC 9112 section 9.6).
 *
 * @param patience milliseconds; a sender that goes on longer is cut off
 */
export function writeAnswerUnread(
  request: IncomingMessage,
  response: ServerResponse,
  answer: Answer,
  patience = 2000,
): void {
  if (begun(response)) return;
  response.writeHead(answer.status, { ...fieldsOf(answer), Connection: 'close' });
  response.write(answer.body);
  const timer = setTimeout(finish, patience);
  timer.unref();
  function finish(): void {
    clearTimeout(timer);
    response.end();
  }
  request.once('end', finish).once('close', finish).resume();
}

function begun(response: ServerResponse): boolean {
  return response.headersSent || response.writableEnded || response.destroyed;
}

function fieldsOf({ status, headers, body }: Answer): HeaderFields {
  return withoutContent.has(status) ? headers : { ...headers, 'Content-Length': String(body.length) };
}

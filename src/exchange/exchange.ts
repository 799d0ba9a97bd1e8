import type { Connection, Request, Response, SendOptions } from '../connection/connection';
import { findHeader, getHeader, setHeader, type HeaderFields } from '../connection/headers';
import type { EncodedBody } from './body';
import { readCookies, type SetCookie } from './cookies';
import { charsetOf, decodeBody, decodeLeniently, decodeText, type DecodeKind } from './decode';
import { classify, Failure, redactFailure, type FailedAnswer } from './failure';
import { Template, type TemplateView } from './template';
import { asPairs, valueAt, type ListStyle } from './values';

/** A request as it was set up, ready to be filled with a message. */
export interface ExchangePlan {
  url: Template;
  /** Content type of the body, '' for what its encoder says. */
  contentType: string;
  /** How lists stand in the query: repeated unless said. */
  arrays?: ListStyle;
  decode: DecodeKind;
  /** See `decodeBody`. */
  anyDepth?: boolean;
  isSuccess(statusCode: number): boolean;
  /** Whether the answer, of whatever status, says that it went well. */
  accepts?(answer: DecodedAnswer): boolean | Promise<boolean>;
  /** Property path of the part of the body that is kept, after the judgement; the whole body when it is left out. */
  part?: string;
  /** Whether an answer without that part is kept whole: otherwise it is a failure. */
  partIsOptional?: boolean;
}

/** What one message brings: the evaluated rows of the tables, and its body. */
export interface ExchangeInput {
  method: string;
  view: TemplateView;
  /** Instead of the plan's. */
  url?: string;
  query: readonly (readonly [string, unknown])[];
  headers: readonly (readonly [string, unknown])[];
  /** Makes the body; it is told the content type that the headers ask for. */
  body?(contentType: string | undefined): EncodedBody | undefined | Promise<EncodedBody | undefined>;
}

/** What sends: a connection, or something in front of one. */
export type Sender = Pick<Connection, 'send' | 'redact'>;

/** `msg.response`: everything about an answer but its body. */
export type AnswerSummary = Omit<Response, 'body'> & { cookies: Record<string, SetCookie> };

export interface DecodedAnswer {
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
  sender: Sender,
  options?: SendOptions,
): Promise<DecodedAnswer> {
  const request = await render(plan, input, sender);
  return read(plan, request, await ask(plan, request, sender, options), sender);
}

/**
 * The request that a message makes. What cannot be rendered may quote a value, and a value may be a secret that came from
 * the environment.
 *
 * @throws Failure TEMPLATE or INVALID_REQUEST
 */
export async function render(
  plan: Pick<ExchangePlan, 'url' | 'contentType' | 'arrays'>,
  input: ExchangeInput,
  sender: Pick<Sender, 'redact'>,
): Promise<Request> {
  let url = '';
  try {
    const method = methodToken(input.method);
    url = input.url ?? plan.url.render(input.view);
    const headers = readHeaders(input.headers);
    const encoded = await input.body?.(getHeader(headers, 'content-type'));
    if (encoded?.binding) setHeader(headers, 'Content-Type', encoded.contentType);
    else if (encoded && !findHeader(headers, 'content-type')) {
      setHeader(headers, 'Content-Type', plan.contentType || encoded.contentType);
    }
    return { method, url, query: asPairs(input.query, plan.arrays), headers, body: encoded?.body };
  } catch (error) {
    const failure = classify(error);
    failure.request ??= { method: input.method, url };
    throw redactFailure(failure, (text) => sender.redact(text));
  }
}

/** @throws Failure of the way there; `HTTP_<status>` for a status that is not a success */
export async function ask(
  plan: Pick<ExchangePlan, 'isSuccess'>,
  request: Request,
  sender: Sender,
  options?: SendOptions,
): Promise<Response> {
  const response = await sender.send(request, options);
  if (plan.isSuccess(response.statusCode)) return response;
  const { statusCode, statusText } = response;
  const sentence = `the server answered ${statusCode}${statusText ? ` ${statusText}` : ''}`;
  throw answered(`HTTP_${statusCode}`, sentence, response, request.method, sender);
}

/**
 * @throws Failure INVALID_BODY, with the answer, also when the part to keep is not there; UNSUCCESSFUL when the answer says
 *   that it did not go well
 */
export async function read(
  plan: Pick<ExchangePlan, 'decode' | 'anyDepth' | 'accepts' | 'part' | 'partIsOptional'>,
  request: Pick<Request, 'method'>,
  response: Response,
  sender: Pick<Sender, 'redact'>,
): Promise<DecodedAnswer> {
  const refused = (code: Failure['code'], sentence: string): Failure =>
    answered(code, sentence, response, request.method, sender);
  let body: unknown;
  try {
    body = await decodeBody(response.body, contentTypeOf(response), plan.decode, plan.anyDepth);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw refused(error.code, error.message);
  }
  const answer = { body, summary: summarise(response) };
  if (plan.accepts && !(await plan.accepts(answer))) {
    throw refused('UNSUCCESSFUL', 'the answer does not meet the condition for a success');
  }
  if (!plan.part) return answer;
  const part = valueAt(body, plan.part);
  if (part !== undefined) return { ...answer, body: part };
  if (plan.partIsOptional) return answer;
  throw refused('INVALID_BODY', `the answer has no "${plan.part}", which is the part to keep`);
}

function methodToken(method: string): string {
  const token = method.trim().toUpperCase();
  if (!/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(token)) {
    throw new Failure('INVALID_REQUEST', token ? `"${token}" is not a method` : 'the method is empty');
  }
  return token;
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

/** A failure about an answer: it keeps the answer, without its secrets. */
export function answered(
  code: Failure['code'],
  message: string,
  response: Response,
  method: string,
  sender: Pick<Sender, 'redact'>,
): Failure {
  const redact = (text: string) => sender.redact(text);
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
export function redactDeep(value: unknown, redact: (text: string) => string): unknown {
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

export function summarise({ body: _body, ...response }: Response): AnswerSummary {
  const lines = response.headers['set-cookie'];
  return { ...response, cookies: readCookies(Array.isArray(lines) ? lines : []) };
}

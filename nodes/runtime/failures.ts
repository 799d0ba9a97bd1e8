import { randomUUID } from 'node:crypto';
import type { Node, NodeMessage } from 'node-red';
import { classify, type Failure, type FailureCode } from '../../src/exchange/failure';

/** `msg.failure`: what does not fit on `msg.error`. */
export interface MessageFailure {
  id: string;
  /** `http` is a status that is no success; `request` was never sent; `answer` came and could not be used. */
  type: Kind;
  /** The same as `msg.error.code`. */
  typeId: string;
  message: string;
  retryable: boolean;
  attempts: number;
  /** Milliseconds. */
  elapsed: number;
  request?: { method: string; url: string };
  response?: Failure['response'];
  /** Where the pages of a list broke off. */
  paging?: Failure['paging'];
}

type Kind = 'http' | 'timeout' | 'network' | 'request' | 'answer' | 'runtime';

/** Every code but the statuses: the compiler asks for a new one's kind. */
const kinds: Readonly<Record<Exclude<FailureCode, `HTTP_${number}`>, Kind>> = {
  DNS: 'network',
  CONNECTION_REFUSED: 'network',
  CONNECTION_RESET: 'network',
  NETWORK: 'network',
  TLS: 'network',
  PROXY: 'network',
  CONNECT_TIMEOUT: 'timeout',
  FIRST_BYTE_TIMEOUT: 'timeout',
  IDLE_TIMEOUT: 'timeout',
  TIMEOUT: 'timeout',
  INVALID_REQUEST: 'request',
  HOST_NOT_ALLOWED: 'request',
  AUTHENTICATION: 'request',
  RATE_LIMITED: 'request',
  TEMPLATE: 'request',
  CONFIG: 'request',
  BODY_TOO_LARGE: 'answer',
  INVALID_BODY: 'answer',
  INVALID_RESPONSE: 'answer',
  TOO_MANY_REDIRECTS: 'answer',
  UNSUCCESSFUL: 'answer',
  JOB_FAILED: 'answer',
  RECORDS_NOT_FOUND: 'answer',
  PAGING: 'answer',
  STATE: 'runtime',
  FILE: 'runtime',
  ABORTED: 'runtime',
  INTERNAL: 'runtime',
};

/** Every code but the statuses: what the help explains. */
export const failureCodes = Object.keys(kinds);

function kindOf(code: FailureCode): Kind {
  return Object.hasOwn(kinds, code) ? kinds[code as keyof typeof kinds] : 'http';
}

function describe(failure: Failure): MessageFailure {
  return {
    id: randomUUID(),
    type: kindOf(failure.code),
    typeId: failure.code,
    message: failure.message,
    retryable: failure.retryable,
    attempts: failure.attempts,
    elapsed: Math.round(failure.elapsed),
    request: failure.request,
    response: failure.response,
    ...(failure.paging ? { paging: failure.paging } : {}),
  };
}

/** The node's short red status: the code is what a user looks up. */
export function showFailure(node: Node, error: unknown): Failure {
  const failure = classify(error);
  node.status({ fill: 'red', shape: 'ring', text: failure.code });
  return failure;
}

/** Puts `msg.failure` on a message: errors become what a flow sees here and nowhere else. */
export function describeOn(msg: NodeMessage, error: unknown): Failure {
  const failure = classify(error);
  (msg as NodeMessage & { failure: MessageFailure }).failure = describe(failure);
  return failure;
}

/** Ends the handling of a message with an error: status, `msg.failure`, and `done(error)` so that Catch nodes see it. */
export function fail(node: Node, msg: NodeMessage, error: unknown, done: (error?: Error) => void): void {
  done(describeOn(msg, showFailure(node, error)));
}

/** The same for a trigger, which has no message to end: Catch nodes get a new one with `msg.failure`. */
export function failWithout(node: Node, error: unknown, topic?: string): void {
  const msg: NodeMessage = topic ? { topic } : {};
  fail(node, msg, error, (failure) => node.error(failure, msg));
}

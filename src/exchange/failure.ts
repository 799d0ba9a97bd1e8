import { redactPosition, type PagingPosition } from '../paging/position';

/**
 * What went wrong, classified once. Every error that leaves the engine is a `Failure`; its `code` is what a user
 * branches on, its message is a sentence, and `retryable` says whether the same request may work later.
 */

/** Codes a failure can have, beside `HTTP_<status>`. The table in the nodes' help says what each means. */
export type FailureCode =
  | `HTTP_${number}`
  | 'DNS'
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_RESET'
  | 'CONNECT_TIMEOUT'
  | 'FIRST_BYTE_TIMEOUT'
  | 'IDLE_TIMEOUT'
  | 'TIMEOUT'
  | 'TLS'
  | 'PROXY'
  | 'NETWORK'
  | 'BODY_TOO_LARGE'
  | 'INVALID_BODY'
  | 'INVALID_RESPONSE'
  | 'INVALID_REQUEST'
  | 'HOST_NOT_ALLOWED'
  | 'AUTHENTICATION'
  | 'RATE_LIMITED'
  | 'TOO_MANY_REDIRECTS'
  | 'UNSUCCESSFUL'
  | 'JOB_FAILED'
  | 'RECORDS_NOT_FOUND'
  | 'PAGING'
  | 'TEMPLATE'
  | 'CONFIG'
  | 'STATE'
  | 'FILE'
  | 'ABORTED'
  | 'INTERNAL';

/** The answer that a failure is about, when there was one. */
export interface FailedAnswer {
  statusCode: number;
  statusText: string;
  headers: Record<string, string | string[]>;
  /** Parsed when it is JSON, else text; cut to a size that a log can hold. */
  body: unknown;
}

export interface FailureDetail {
  retryable?: boolean;
  cause?: unknown;
  /** The request as far as it was made; the URL may still hold secrets and is redacted before it is shown. */
  request?: { method: string; url: string };
  response?: FailedAnswer;
  attempts?: number;
  /** Milliseconds from the first attempt to the failure. */
  elapsed?: number;
  /** Of several pages: which were put out before it, and how to go on. */
  paging?: PagingPosition;
}

const retryableCodes: ReadonlySet<string> = new Set([
  'DNS',
  'CONNECTION_REFUSED',
  'CONNECTION_RESET',
  'CONNECT_TIMEOUT',
  'FIRST_BYTE_TIMEOUT',
  'IDLE_TIMEOUT',
  'TIMEOUT',
  'NETWORK',
  'INVALID_RESPONSE',
  'STATE',
  'RATE_LIMITED',
  'HTTP_408',
  'HTTP_425',
  'HTTP_429',
  'HTTP_500',
  'HTTP_502',
  'HTTP_503',
  'HTTP_504',
]);

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly code: FailureCode;
  readonly retryable: boolean;
  request?: { method: string; url: string };
  response?: FailedAnswer;
  attempts: number;
  elapsed: number;
  declare paging?: PagingPosition;

  constructor(code: FailureCode, message: string, detail: FailureDetail = {}) {
    super(message, detail.cause === undefined ? undefined : { cause: detail.cause });
    this.code = code;
    this.retryable = detail.retryable ?? retryableCodes.has(code);
    this.request = detail.request;
    this.response = detail.response;
    this.attempts = detail.attempts ?? 1;
    this.elapsed = detail.elapsed ?? 0;
    if (detail.paging) this.paging = detail.paging;
  }

  /** Node-RED shows `String(error)`: the sentence and the code, without a class name in front. */
  override toString(): string {
    return `${this.code}: ${this.message}`;
  }
}

const tlsReasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is self-signed: add it as a CA in the TLS configuration',
  SELF_SIGNED_CERT_IN_CHAIN:
    'the certificate comes from an unknown authority: add its CA in the TLS configuration',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    'the certificate comes from an unknown authority: add its CA in the TLS configuration',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'the certificate chain is incomplete or unknown: add its CA in the TLS configuration',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate was issued for another host name',
  CERT_REVOKED: 'the certificate has been revoked',
};

/** The other codes that OpenSSL gives a certificate that it does not accept (Node.js, tls, "X509 certificate error codes"). */
const certificateCode =
  /^(?:CERT_|CRL_|UNABLE_TO_|ERROR_IN_CERT_|ERROR_IN_CRL_|(?:INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|HOSTNAME_MISMATCH)$)/;

const networkCodes: Readonly<Record<string, [FailureCode, string]>> = {
  ENOTFOUND: ['DNS', 'the host name could not be found'],
  EAI_AGAIN: ['DNS', 'the name server did not answer'],
  EAI_FAIL: ['DNS', 'the name server failed'],
  ECONNREFUSED: ['CONNECTION_REFUSED', 'nothing listens at that address'],
  ECONNRESET: ['CONNECTION_RESET', 'the server closed the connection'],
  EPIPE: ['CONNECTION_RESET', 'the server closed the connection'],
  UND_ERR_SOCKET: ['CONNECTION_RESET', 'the server closed the connection'],
  UND_ERR_CONNECT_TIMEOUT: ['CONNECT_TIMEOUT', 'no connection within the connect timeout'],
  ETIMEDOUT: ['CONNECT_TIMEOUT', 'no connection in time'],
  UND_ERR_HEADERS_TIMEOUT: ['FIRST_BYTE_TIMEOUT', 'no answer within the first byte timeout'],
  UND_ERR_BODY_TIMEOUT: ['IDLE_TIMEOUT', 'the answer stopped for longer than the idle timeout'],
  UND_ERR_RES_EXCEEDED_MAX_SIZE: ['BODY_TOO_LARGE', 'the answer is larger than allowed'],
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: ['INVALID_RESPONSE', 'the answer ended before its announced length'],
  UND_ERR_HEADERS_OVERFLOW: ['INVALID_RESPONSE', 'the headers of the answer are too large'],
  UND_ERR_INVALID_ARG: ['INVALID_REQUEST', 'the request cannot be sent'],
  UND_ERR_NOT_SUPPORTED: ['INVALID_REQUEST', 'the request cannot be sent'],
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: ['INVALID_REQUEST', 'the request cannot be sent'],
  UND_ERR_DESTROYED: ['ABORTED', 'the connection was closed'],
  UND_ERR_CLOSED: ['ABORTED', 'the connection was closed'],
  EHOSTUNREACH: ['NETWORK', 'the host cannot be reached'],
  ENETUNREACH: ['NETWORK', 'the network cannot be reached'],
};

/** Turns whatever was thrown on the way to or from a server into a `Failure`. A `Failure` stays itself. */
export function classify(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  const text = error instanceof Error ? error.message : String(error);
  const tlsReason = Object.hasOwn(tlsReasons, code) && tlsReasons[code];
  if (tlsReason) return new Failure('TLS', tlsReason, { cause: error });
  const refusal = /^Proxy (?:response \((\d+)\)|Authentication Required)/.exec(text);
  if (refusal) {
    const status = refusal[1] ?? '407';
    const why = status === '407' ? 'it wants other credentials' : `it answered ${status}`;
    return new Failure('PROXY', `the proxy refused the connection: ${why}`, { cause: error });
  }
  const known = Object.hasOwn(networkCodes, code) && networkCodes[code];
  if (known) {
    const [failure, sentence] = known;
    const detail = failure === 'INVALID_REQUEST' ? `${sentence}: ${text}` : sentence;
    return new Failure(failure, detail, { cause: error });
  }
  if (code.startsWith('HPE_') || (error instanceof Error && error.name === 'HTTPParserError')) {
    return new Failure('INVALID_RESPONSE', 'the answer is not HTTP', { cause: error });
  }
  if (code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') || code === 'EPROTO') {
    return new Failure('TLS', `the TLS handshake failed: ${text}`, { cause: error });
  }
  if (certificateCode.test(code)) {
    return new Failure('TLS', `the certificate was not accepted: ${text}`, { cause: error });
  }
  if (code.startsWith('ERR_OSSL_')) {
    return new Failure('TLS', `the certificates of the TLS configuration cannot be used: ${text}`, {
      cause: error,
    });
  }
  // the operating system's codes are one word; Node.js' own (`ERR_…`) are mistakes, not the network
  if (/^E[A-Z0-9]+$/.test(code)) return new Failure('NETWORK', text, { cause: error });
  return new Failure('INTERNAL', text, { cause: error });
}

/** What the operating system says of a file (errno.h). */
const fileCodes: Readonly<Record<string, string>> = {
  ENOENT: 'the file or its folder does not exist',
  EACCES: 'the file may not be used by this user',
  EPERM: 'the file may not be used by this user',
  EROFS: 'the file is on a disk that is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'the file is larger than the disk allows',
  EIO: 'the disk failed',
  EISDIR: 'this is a folder and not a file',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'the file exists already',
  ELOOP: 'the path has too many symbolic links',
  ENAMETOOLONG: 'the path is too long',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  EBUSY: 'the file is in use',
  ETXTBSY: 'the file is in use',
  EBADF: 'the file was closed',
  ENXIO: 'the device does not exist',
  EXDEV: 'the file cannot be moved to another disk',
};

/**
 * For what was thrown by a file and not by the network, which has some of the same codes; undefined when the error is not of
 * the file system. A `Failure` stays itself.
 */
export function fileFailure(error: unknown): Failure | undefined {
  if (error instanceof Failure) return error;
  const code = errorCode(error);
  if (!Object.hasOwn(fileCodes, code)) return undefined;
  const path = error instanceof Error && 'path' in error && typeof error.path === 'string' && error.path;
  return new Failure('FILE', `${fileCodes[code]}${path ? `: ${path}` : ''}`, { cause: error });
}

/** A failure without secrets: in its sentence, its cause and the URL that it is about. */
export function redactFailure(error: unknown, redact: (text: string) => string): Failure {
  const failure = classify(error);
  const { cause, request } = failure;
  const reason = cause instanceof Error ? cause.message : cause;
  return new Failure(failure.code, redact(failure.message), {
    retryable: failure.retryable,
    cause: typeof reason === 'string' ? redact(reason) : undefined,
    request: request && { method: request.method, url: redact(request.url) },
    response: failure.response,
    attempts: failure.attempts,
    elapsed: failure.elapsed,
    paging: failure.paging && redactPosition(failure.paging, redact),
  });
}

/** The first code along `code`, `errors[]` (several addresses tried) and `cause`. */
function errorCode(error: unknown): string {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if ('code' in e && typeof e.code === 'string' && e.code) return e.code;
    if (e instanceof AggregateError) {
      const inner = e.errors.map(errorCode).find(Boolean);
      if (inner) return inner;
    }
  }
  return '';
}

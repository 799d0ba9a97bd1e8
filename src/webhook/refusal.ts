/** Why a delivery is not taken. The sender reads the code in the answer; each has one status (RFC 9110 section 15). */
export type RefusalCode =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'INVALID_REQUEST'
  | 'INVALID_BODY'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_ENCODING'
  | 'TIMEOUT'
  | 'RATE_LIMITED'
  | 'INBOX_FULL'
  | 'BUSY'
  | 'UNAVAILABLE'
  | 'BODY_CONSUMED'
  | 'NOT_READY'
  | 'CONFIG'
  | 'INTERNAL';

const statuses: Readonly<Record<RefusalCode, number>> = {
  UNAUTHORIZED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  INVALID_REQUEST: 400,
  INVALID_BODY: 400,
  BODY_TOO_LARGE: 413,
  UNSUPPORTED_ENCODING: 415,
  TIMEOUT: 408,
  RATE_LIMITED: 429,
  INBOX_FULL: 503,
  BUSY: 503,
  UNAVAILABLE: 503,
  BODY_CONSUMED: 500,
  NOT_READY: 503,
  CONFIG: 500,
  INTERNAL: 500,
};

/**
 * A delivery that is answered with an error and makes no event. Its message goes to the sender, so it is a sentence that
 * helps whoever is set up rightly and tells nothing to whoever is not.
 */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly status: number;
  /**
   * All that is known of why, for the log and for *Listen for a sample*: without secrets, and never for the sender. The
   * message where there is no more to say.
   */
  readonly detail: string;
  /** Seconds after which the sender may try again; undefined where that would not help. */
  readonly retryAfter: number | undefined;

  constructor(code: RefusalCode, message: string, cause?: unknown, detail = message, retryAfter?: number) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = statuses[code];
    this.detail = detail;
    this.retryAfter = retryAfter ?? (this.status === 503 ? 1 : undefined);
  }

  /** Whether the fault is on this side: then it is an error of the node, not only a refused delivery. */
  get isOurs(): boolean {
    return this.status >= 500;
  }
}

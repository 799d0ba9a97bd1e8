/** Why a delivery is not taken. The sender reads the code in the answer; each has one status (RFC 9110 section 15). */
export type RefusalCode =
  | 'UNAUTHORIZED'
  | 'FORBIDDEN'
  | 'NOT_FOUND'
  | 'INVALID_REQUEST'
  | 'INVALID_BODY'
  | 'BODY_TOO_LARGE'
  | 'UNSUPPORTED_ENCODING'
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

  constructor(code: RefusalCode, message: string, cause?: unknown, detail = message) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = statuses[code];
    this.detail = detail;
  }

  /** Whether the fault is on this side: then it is an error of the node, not only a refused delivery. */
  get isOurs(): boolean {
    return this.status >= 500;
  }
}

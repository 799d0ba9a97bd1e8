/** Whether a failed attempt is made again, and when. Pure: randomness and times come in. */

/** Times in milliseconds. */
export interface RetryPolicy {
  /** Attempts in all; 1 means never again. */
  attempts: number;
  isRetried(statusCode: number): boolean;
  /** The back-off before the second attempt is at most this; it doubles with each further one. */
  baseDelay: number;
  /** A longer wait than this is not waited for: neither the back-off nor what the server asks for. */
  maxDelay: number;
  /** No wait begins that would end after this time since the first attempt. */
  maxTotal: number;
}

export const never: RetryPolicy = {
  attempts: 1,
  isRetried: () => false,
  baseDelay: 0,
  maxDelay: 0,
  maxTotal: 0,
};

/** Methods whose repetition has the effect of one request (RFC 9110 section 9.2.2). */
const idempotent: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'PUT',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'QUERY',
]);

/**
 * Whether a request may be made again without doing its work twice: by its method, or because it carries an idempotency
 * key by which the server knows the second for the first.
 */
export function isRepeatable(method: string, idempotencyKey: string | undefined): boolean {
  return idempotent.has(method) || Boolean(idempotencyKey);
}

/**
 * Milliseconds to wait before the next attempt, or undefined when there is none: exponential back-off with full jitter, but
 * not less than the server asked for.
 *
 * @param attempt the attempt that failed, from 1
 * @param elapsed since the first attempt
 * @param pause what the server asked for, 0 for nothing
 * @param random in [0, 1)
 */
export function retryDelay(
  policy: RetryPolicy,
  attempt: number,
  elapsed: number,
  pause: number,
  random: number,
): number | undefined {
  if (attempt >= policy.attempts || pause > policy.maxDelay) return undefined;
  const ceiling = Math.min(policy.maxDelay, policy.baseDelay * 2 ** (attempt - 1));
  const delay = Math.max(pause, random * ceiling);
  return elapsed + delay > policy.maxTotal ? undefined : delay;
}

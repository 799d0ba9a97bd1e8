/** What becomes of an event that failed. */
export interface RedeliveryPolicy {
  /** Hand-overs in all before it is a dead letter; 1 for a single one. */
  attempts: number;
  /** Milliseconds before the second; each further wait is twice as long. */
  delay: number;
  /** The longest wait. */
  maxDelay: number;
}

/** Milliseconds to wait after the `attempt`-th hand-over failed; undefined when it was the last. */
export function redeliveryDelay(policy: RedeliveryPolicy, attempt: number): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  return Math.min(policy.maxDelay, policy.delay * 2 ** Math.min(attempt - 1, 30));
}

/** The error of a flow as a dead letter keeps it. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

import type { RequestRules } from '../../src/connection/connection';
import type { RetryPolicy } from '../../src/connection/retry';
import { parseStatuses } from '../../src/exchange/success';
import { numberOf } from './settings';

/** Limits of a request as dialogs save them. Durations are seconds, the size is MiB, 0 is no limit; all may come as text. */
export interface SavedRules {
  firstByteTimeout: number | string;
  idleTimeout: number | string;
  totalTimeout: number | string;
  maxResponseSize: number | string;
  maxRedirects: number | string;
  retryAttempts: number | string;
  retryStatuses: string;
  retryMaxDelay: number | string;
  retryMaxTotal: number | string;
}

const mebibyte = 1024 * 1024;

/** @throws Failure CONFIG naming the field */
export function rulesOf(saved: SavedRules): RequestRules {
  return {
    firstByteTimeout: milliseconds(saved.firstByteTimeout, 'the first byte timeout'),
    idleTimeout: milliseconds(saved.idleTimeout, 'the idle timeout'),
    totalTimeout: milliseconds(saved.totalTimeout, 'the total timeout'),
    maxResponseSize: numberOf(saved.maxResponseSize, 'the size limit') * mebibyte || -1,
    maxRedirects: numberOf(saved.maxRedirects, 'the number of redirects'),
    retry: retryOf(saved),
  };
}

/** @throws Failure CONFIG naming the field */
export function milliseconds(seconds: number | string, field: string): number {
  return numberOf(seconds, field) * 1000;
}

function retryOf(saved: SavedRules): RetryPolicy {
  return {
    attempts: numberOf(saved.retryAttempts, 'the number of attempts', 1),
    isRetried: saved.retryStatuses.trim() ? parseStatuses(saved.retryStatuses) : () => false,
    baseDelay: 500,
    maxDelay: milliseconds(saved.retryMaxDelay, 'the longest wait before another attempt'),
    maxTotal: milliseconds(saved.retryMaxTotal, 'the longest time for all attempts'),
  };
}

import { Failure } from '../exchange/failure';

/**
 * Ends a piece of work that takes too long, also one that does not listen.
 *
 * @param milliseconds of work, beyond which it is a Failure TIMEOUT
 * @param signal ends it too, with its reason
 */
export async function within<T>(
  milliseconds: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const ending = new AbortController();
  const end = (): void => ending.abort(signal.reason);
  signal.addEventListener('abort', end);
  const timer = setTimeout(() => {
    const seconds = Math.round(milliseconds / 1000);
    ending.abort(new Failure('TIMEOUT', `the poll took longer than ${seconds} seconds`));
  }, milliseconds);
  try {
    const ended = new Promise<never>((_, reject) => {
      ending.signal.addEventListener('abort', () => reject(ending.signal.reason as Error));
    });
    return await Promise.race([work(ending.signal), ended]);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', end);
  }
}

import { Failure } from '../exchange/failure';

/** A longer timer fires at once (Node.js, `setTimeout`). */
export const longestTimer = 2 ** 31 - 1;

/** One signal that aborts with any of its sources, or with the time once that runs; it leaves nothing behind when ended. */
export class Deadline {
  readonly #controller = new AbortController();
  readonly #sources: AbortSignal[];
  #timer: NodeJS.Timeout | undefined;
  readonly #onAbort = (event: Event): void =>
    this.#controller.abort((event.target as AbortSignal).reason as unknown);

  constructor(sources: readonly (AbortSignal | undefined)[]) {
    this.#sources = sources.filter((source) => source !== undefined);
    for (const source of this.#sources) {
      if (source.aborted) this.#controller.abort(source.reason);
      else source.addEventListener('abort', this.#onAbort);
    }
  }

  /** The time runs from now. @param milliseconds 0 for no limit */
  start(milliseconds: number): void {
    if (milliseconds <= 0) return;
    const reason = () => new Failure('TIMEOUT', `no complete answer within ${milliseconds / 1000} s`);
    this.#timer = setTimeout(() => this.#controller.abort(reason()), Math.min(milliseconds, longestTimer));
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  end(): void {
    clearTimeout(this.#timer);
    for (const source of this.#sources) source.removeEventListener('abort', this.#onAbort);
  }
}

/** Waits, or ends at once with the signal's reason. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const onAbort = (): void => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(
      () => {
        signal.removeEventListener('abort', onAbort);
        resolve();
      },
      Math.min(milliseconds, longestTimer),
    );
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

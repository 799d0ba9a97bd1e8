import type { Readable } from 'node:stream';
import { classify, Failure, fileFailure } from '../exchange/failure';

/** A body that is not held in memory. */
export interface StreamBody {
  /** Bytes, when known; otherwise the body goes in chunks. */
  length?: number;
  /** Begins at the first byte. Called again for a redirect, another attempt or a signature over the body, if `repeatable`. */
  open(): Readable;
  repeatable: boolean;
}

export type Body = Buffer | StreamBody;

export function isStreamed(body: Body | undefined): body is StreamBody {
  return body !== undefined && !Buffer.isBuffer(body);
}

/** A body that knows whether it can still be sent: one that is not repeatable can be opened once. */
class Watched implements StreamBody {
  readonly length?: number;
  readonly repeatable: boolean;
  spent = false;
  readonly #body: StreamBody;

  constructor(body: StreamBody) {
    this.#body = body;
    this.length = body.length;
    this.repeatable = body.repeatable;
  }

  open(): Readable {
    if (this.spent) throw new Failure('INTERNAL', 'a body that can be read only once was read again');
    this.spent = !this.repeatable;
    return this.#body.open();
  }
}

/** The body as hops carry it, so that `isSpent` can tell. */
export function watched(body: Body | undefined): Body | undefined {
  return isStreamed(body) ? new Watched(body) : body;
}

/** Whether the body has been opened and cannot be opened again. */
export function isSpent(body: Body | undefined): boolean {
  return body instanceof Watched && body.spent;
}

/** What ended a body before its end. */
export function bodyFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  const file = fileFailure(error);
  if (file) return file;
  const { code, message } = error as NodeJS.ErrnoException;
  const reason = code === 'ERR_STREAM_PREMATURE_CLOSE' ? 'it ended too early' : message;
  return new Failure('INVALID_REQUEST', `the body could not be read: ${reason}`, { cause: error });
}

/**
 * Reads a body through for a signature over it.
 *
 * @throws Failure when it can be read only once, or cannot be read; the signal's reason
 */
export async function readThrough(
  body: StreamBody,
  take: (chunk: Buffer) => void,
  signal: AbortSignal,
): Promise<void> {
  if (!body.repeatable) {
    throw new Failure(
      'INVALID_REQUEST',
      'the authentication signs the body, and this one can be read only once: send it from a file or a Buffer',
    );
  }
  if (signal.aborted) throw classify(signal.reason);
  let source: Readable | undefined;
  const abort = (): void => void source?.destroy(classify(signal.reason));
  signal.addEventListener('abort', abort);
  try {
    source = body.open();
    for await (const chunk of source as AsyncIterable<Buffer | string>)
      take(typeof chunk === 'string' ? Buffer.from(chunk) : chunk);
  } catch (error) {
    throw bodyFailure(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

import { Readable } from 'node:stream';
import { isStreamed, type Body, type StreamBody } from '../../connection/body';
import { Failure } from '../failure';
import { asBytes, nameOf } from './encoded';

/** Bodies one after another: in memory when they all are, else as a stream that can be repeated when each of them can. */
export function joinBodies(pieces: readonly Body[]): Body {
  if (!pieces.some(isStreamed)) return Buffer.concat(pieces as readonly Buffer[]);
  const lengths = pieces.map((piece) => piece.length);
  return {
    ...(lengths.every((length) => length !== undefined) && {
      length: lengths.reduce((sum, one) => sum + one, 0),
    }),
    repeatable: pieces.every((piece) => !isStreamed(piece) || piece.repeatable),
    open: () => new Joined(pieces),
  };
}

/** A stream of a message: it can be read once. */
export function onceReadable(stream: Readable): StreamBody {
  return {
    repeatable: false,
    open: () => {
      if (!stream.destroyed && !stream.readableEnded) return stream;
      throw new Failure('INVALID_REQUEST', 'the stream of the body has been read or closed already');
    },
  };
}

/** Opens each stream when its turn comes, and closes what is open when it is closed itself. */
class Joined extends Readable {
  readonly #waiting: Body[];
  readonly #chunks: AsyncGenerator<Buffer, void, undefined>;
  #open: Readable | undefined;

  constructor(pieces: readonly Body[]) {
    super();
    this.#waiting = [...pieces];
    this.#chunks = this.#read();
  }

  override _read(): void {
    this.#chunks.next().then(
      ({ done, value }) => this.push(done ? null : value),
      (error: unknown) => this.destroy(error instanceof Error ? error : new Error(String(error))),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#open?.destroy();
    // streams that can be read once are open already, whether their turn came or not
    for (const piece of this.#waiting) {
      if (isStreamed(piece) && !piece.repeatable) close(piece);
    }
    done(error);
  }

  async *#read(): AsyncGenerator<Buffer, void, undefined> {
    for (let piece = this.#waiting.shift(); piece; piece = this.#waiting.shift()) {
      if (!isStreamed(piece)) {
        if (piece.length > 0) yield piece;
        continue;
      }
      this.#open = piece.open();
      for await (const chunk of this.#open) {
        const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : asBytes(chunk);
        if (!bytes)
          throw new Failure('INVALID_REQUEST', `a stream of the body gave no bytes: it is ${nameOf(chunk)}`);
        if (bytes.length > 0) yield bytes;
      }
      this.#open = undefined;
    }
  }
}

function close(piece: StreamBody): void {
  try {
    piece.open().destroy();
  } catch {
    // it is closed
  }
}

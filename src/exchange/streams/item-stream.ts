import { Writable } from 'node:stream';
import { decoderFor } from '../decode/charset';
import { Failure } from '../failure';

/** What takes the items of a stream, one at a time: the next one, and the bytes behind it, wait for its promise. */
export type OnItem<Item> = (item: Item) => void | Promise<void>;

/** Most characters of one line or event; what is longer is an error, so that memory is bounded. */
export const longestItem = 10 * 1024 * 1024;

export interface ItemStreamOptions {
  /** A label (WHATWG Encoding); UTF-8 when there is none or it is not known. A byte order mark is dropped. */
  charset?: string;
  /** Characters; `longestItem` by default. */
  longest?: number;
}

/** Splits text into items; it may throw a Failure. */
export interface Splitter<Item> {
  /** The items that end in this text. */
  push(text: string): Iterable<Item>;
  /** What is left at the end. */
  end(): Iterable<Item>;
}

/**
 * Bytes as they arrive, decoded and split; each item is handed out in order. It fails with what the splitter or `onItem`
 * throws, and after it was destroyed nothing is handed out any more.
 */
export class ItemStream<Item> extends Writable {
  readonly #decoder: TextDecoder;
  readonly #splitter: Splitter<Item>;
  readonly #onItem: OnItem<Item>;

  constructor(splitter: Splitter<Item>, onItem: OnItem<Item>, charset = 'utf-8') {
    super({ decodeStrings: true });
    this.#decoder = decoderFor(charset);
    this.#splitter = splitter;
    this.#onItem = onItem;
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#hand(() => this.#splitter.push(this.#decoder.decode(chunk, { stream: true }))).then(
      () => done(),
      done,
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    const rest = async (): Promise<void> => {
      await this.#hand(() => this.#splitter.push(this.#decoder.decode()));
      await this.#hand(() => this.#splitter.end());
    };
    rest().then(() => done(), done);
  }

  async #hand(split: () => Iterable<Item>): Promise<void> {
    for (const item of split()) {
      if (this.destroyed) return;
      await this.#onItem(item);
    }
  }
}

export function tooLong(what: string, longest: number): Failure {
  return new Failure('BODY_TOO_LARGE', `${what} is longer than ${longest} characters`);
}

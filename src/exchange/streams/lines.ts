import type { Writable } from 'node:stream';
import { isBlank } from '../decode/json';
import { parseJsonLine } from '../decode/json-lines';
import {
  ItemStream,
  longestItem,
  tooLong,
  type ItemStreamOptions,
  type OnItem,
  type Splitter,
} from './item-stream';

/** A text a line, without its line break (LF or CRLF); a last line without one counts. */
export function lineStream(onItem: OnItem<string>, options: ItemStreamOptions = {}): Writable {
  const splitter = new LineSplitter('\n', options.longest ?? longestItem, (line) => [
    line.endsWith('\r') ? line.slice(0, -1) : line,
  ]);
  return new ItemStream(splitter, onItem, options.charset);
}

export interface JsonLineOptions extends ItemStreamOptions {
  /** JSON texts behind record separators (RFC 7464, `application/json-seq`) instead of a line each. */
  sequence?: boolean;
}

/**
 * A value a line (NDJSON); blank lines are nothing. A line that is not JSON ends the stream with a Failure INVALID_BODY that
 * says which line it was, counted from 1; its `cause` has the line's text as its message.
 */
export function jsonLineStream(onItem: OnItem<unknown>, options: JsonLineOptions = {}): Writable {
  const { sequence = false, longest = longestItem, charset } = options;
  const splitter = new LineSplitter<unknown>(sequence ? '\x1e' : '\n', longest, (line, number) =>
    // before the first separator there is nothing
    isBlank(line) ? [] : [parseJsonLine(line, sequence ? number - 1 : number)],
  );
  return new ItemStream(splitter, onItem, charset);
}

class LineSplitter<Item> implements Splitter<Item> {
  readonly #separator: string;
  readonly #longest: number;
  readonly #read: (line: string, number: number) => Item[];
  /** The beginning of a line, in the pieces that it came in. */
  #begun: string[] = [];
  #length = 0;
  #number = 0;

  constructor(separator: string, longest: number, read: (line: string, number: number) => Item[]) {
    this.#separator = separator;
    this.#longest = longest;
    this.#read = read;
  }

  *push(text: string): Iterable<Item> {
    let from = 0;
    for (let end = text.indexOf(this.#separator); end !== -1; end = text.indexOf(this.#separator, from)) {
      yield* this.#end(text.slice(from, end));
      from = end + 1;
    }
    this.#add(text.slice(from));
  }

  *end(): Iterable<Item> {
    if (this.#length > 0) yield* this.#end('');
  }

  #end(piece: string): Item[] {
    this.#add(piece);
    const line = this.#begun.join('');
    this.#begun = [];
    this.#length = 0;
    this.#number++;
    return this.#read(line, this.#number);
  }

  #add(piece: string): void {
    if (piece === '') return;
    this.#length += piece.length;
    if (this.#length > this.#longest) throw tooLong(`line ${this.#number + 1} of the body`, this.#longest);
    this.#begun.push(piece);
  }
}

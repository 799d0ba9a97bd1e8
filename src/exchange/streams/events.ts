import type { Writable } from 'node:stream';
import { createParser } from 'eventsource-parser';
import { parseJsonText } from '../decode/json';
import { keepingText } from '../decode/json-lines';
import { Failure } from '../failure';
import {
  ItemStream,
  longestItem,
  tooLong,
  type ItemStreamOptions,
  type OnItem,
  type Splitter,
} from './item-stream';

/** A server-sent event (WHATWG HTML, section "Server-sent events"). */
export interface ServerEvent {
  /** `message` when the server names none. */
  event: string;
  data: unknown;
  /** The last one that the server gave, with this event or before it; '' before the first. */
  id: string;
  /** Milliseconds until a reconnection, the last that the server gave. */
  retry?: number;
}

/** `auto`: JSON when the whole of it is, else text. */
export type EventData = 'auto' | 'json' | 'text';

export interface EventStreamOptions extends Omit<ItemStreamOptions, 'charset'> {
  data?: EventData;
}

/**
 * A value an event. By the standard they are UTF-8, an event without data is none, and one that the end of the stream cuts
 * off is dropped. Data that is not JSON, where it should be, ends the stream with a Failure INVALID_BODY; its `cause` has the
 * data as its message.
 */
export function eventStream(onItem: OnItem<ServerEvent>, options: EventStreamOptions = {}): Writable {
  return new ItemStream(new EventSplitter(options.data ?? 'auto', options.longest ?? longestItem), onItem);
}

class EventSplitter implements Splitter<ServerEvent> {
  readonly #parser: ReturnType<typeof createParser>;
  #events: ServerEvent[] = [];
  #count = 0;
  #last = '';
  #id = '';
  #retry: number | undefined;
  #failure: Failure | undefined;

  constructor(data: EventData, longest: number) {
    this.#parser = createParser({
      maxBufferSize: longest,
      onEvent: ({ event, id, data: text }) => {
        this.#count++;
        this.#id = id ?? this.#id;
        this.#events.push({
          event: event ?? 'message',
          data: readers[data](text, this.#count),
          id: this.#id,
          ...(this.#retry !== undefined && { retry: this.#retry }),
        });
      },
      onRetry: (retry) => {
        this.#retry = retry;
      },
      onError: ({ type }) => {
        if (type === 'max-buffer-size-exceeded')
          this.#failure = tooLong(`event ${this.#count + 1} of the body`, longest);
      },
    });
  }

  *push(text: string): Iterable<ServerEvent> {
    this.#last = text.at(-1) ?? this.#last;
    try {
      this.#parser.feed(text);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.#failure = error;
    }
    // what came whole before the fault is handed out
    yield* this.#events.splice(0);
    if (this.#failure) throw this.#failure;
  }

  /** A CR at the very end was held back: an LF might have followed. */
  end(): Iterable<ServerEvent> {
    return this.#last === '\r' ? this.push('\n') : [];
  }
}

const readers: Readonly<Record<EventData, (text: string, number: number) => unknown>> = {
  text: (text) => text,
  auto: (text) => {
    try {
      return parseJsonText(text, 'the data');
    } catch {
      return text;
    }
  },
  json: (text, number) => keepingText(text, () => parseJsonText(text, `the data of event ${number}`)),
};

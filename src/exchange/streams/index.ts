/** Where bodies of answers go as they arrive: to a file, or item by item to who wants them. */
import type { Writable } from 'node:stream';
import { getHeader } from '../../connection/headers';
import type { Sink } from '../../connection/sink';
import { charsetOf, mediaType } from '../decode';
import { isJsonSequenceType } from '../decode/media-type';
import { eventStream, type EventData, type ServerEvent } from './events';
import { FileStream, type FileStreamOptions, type WrittenFile } from './file';
import type { OnItem } from './item-stream';
import { jsonLineStream, lineStream } from './lines';

export { eventStream, type EventData, type ServerEvent } from './events';
export { FileStream, type FileStreamOptions, type WrittenFile } from './file';
export { ItemStream, longestItem, type OnItem } from './item-stream';
export { jsonLineStream, lineStream } from './lines';

/** `lines` are texts, `ndjson` values, `events` of type `ServerEvent`. */
export type StreamKind = 'lines' | 'ndjson' | 'events';

export interface ItemSinkOptions {
  /** Which answers are streamed; the others are collected as usual. */
  accepts(statusCode: number): boolean;
  /** Most characters of one item. */
  longest?: number;
  /** How the data of events is read; `auto` by default. */
  data?: EventData;
}

type Make = (onItem: OnItem<unknown>, contentType: string, options: ItemSinkOptions) => Writable;

const streams: Readonly<Record<StreamKind, Make>> = {
  lines: (onItem, contentType, { longest }) =>
    lineStream(onItem, { charset: charsetOf(contentType), longest }),
  ndjson: (onItem, contentType, { longest }) =>
    jsonLineStream(onItem, {
      charset: charsetOf(contentType),
      longest,
      sequence: isJsonSequenceType(mediaType(contentType)),
    }),
  events: (onItem: OnItem<ServerEvent>, _contentType, { longest, data }) =>
    eventStream(onItem, { longest, data }),
};

/** Hands out the items of an answer. What was handed out cannot be taken back, so no attempt begins anew. */
export function itemSink(kind: StreamKind, onItem: OnItem<unknown>, options: ItemSinkOptions): Sink {
  return {
    restartable: false,
    open: ({ statusCode, headers }) =>
      options.accepts(statusCode)
        ? streams[kind](onItem, getHeader(headers, 'content-type') ?? '', options)
        : undefined,
  };
}

export interface FileSinkOptions extends FileStreamOptions {
  /** Which answers are written; the others are collected as usual. */
  accepts(statusCode: number): boolean;
}

/** Writes the body of an answer to a file. Each attempt begins anew. */
export interface FileSink extends Sink {
  /** What was written, once the answer is there; undefined when none was accepted. */
  readonly written: WrittenFile | undefined;
}

export function fileSink(path: string, options: FileSinkOptions): FileSink {
  let latest: FileStream | undefined;
  return {
    restartable: true,
    open: ({ statusCode }) => {
      latest = options.accepts(statusCode) ? new FileStream(path, options) : undefined;
      return latest;
    },
    get written() {
      return latest?.written;
    },
  };
}

import type { EventMessage } from '../receiver';

/** An event on its way to the flow. */
export interface InboxEvent {
  /** `msg.event.id` and its name in the store. */
  id: string;
  message: EventMessage;
  /** Bytes that it takes, about. */
  size: number;
  /** See `StoredEvent`. */
  replayed?: number;
  /**
   * Milliseconds that the event is this process's own, where several share the store: its sender waits here for the flow's
   * answer. After that whoever delivers may have it.
   */
  ownFor?: number;
}

/** An event as the store keeps it. */
export interface StoredEvent {
  message: unknown;
  /** Where Buffers stood: base64, or the range of another Buffer in this list, by its place in it. */
  buffers?: StoredBuffer[];
  /** Hand-overs that were, or may have been, before it was put into the queue. */
  attempts: number;
  /** How many of them were before somebody replayed it as a dead letter: the policy counts from there. */
  replayed?: number;
  /** When and why it was given up, for a dead letter: ISO 8601, and the error's text. */
  dead?: { time: string; reason: string };
}

type Path = (string | number)[];
type StoredBuffer = [path: Path, base64: string] | [path: Path, of: number, start: number, end: number];

/**
 * An event in a form that JSON keeps as it is. Bytes that are part of others, as the files of a multipart body are of its
 * raw body, are stored once.
 */
export function pack(message: EventMessage, attempts: number, replayed?: number): StoredEvent {
  const packed = packMessage(message, attempts);
  if (replayed) packed.replayed = replayed;
  return packed;
}

function packMessage(message: EventMessage, attempts: number): StoredEvent {
  const { rawBody } = message.request;
  const found: [Path, Buffer][] = rawBody ? [[['request', 'rawBody'], rawBody]] : [];
  const payload = takeOut(message.payload, ['payload'], found);
  if (found.length === 0) return { message, attempts };
  const request = { ...message.request };
  delete request.rawBody;
  return {
    message: { ...message, payload, request },
    buffers: found.map(([path, bytes], n) => store(path, bytes, found, n)),
    attempts,
  };
}

/** @throws TypeError for what `pack` did not make */
export function unpack(stored: StoredEvent): EventMessage {
  const message = stored.message as EventMessage;
  const buffers: Buffer[] = [];
  for (const [path, ...where] of stored.buffers ?? []) {
    const [first, start, end] = where;
    const bytes =
      typeof first === 'string' ? Buffer.from(first, 'base64') : buffers[first]!.subarray(start, end);
    buffers.push(bytes);
    put(message, path, bytes);
  }
  return message;
}

/** The value without its Buffers, which go into `found`; the value itself when it has none. */
function takeOut(value: unknown, path: Path, found: [Path, Buffer][]): unknown {
  if (Buffer.isBuffer(value)) {
    found.push([path, value]);
    return null;
  }
  if (isPart(value)) {
    const before = found.length;
    const body = takeOut(value.body, [...path, 'body'], found);
    return found.length === before ? value : { ...value, body };
  }
  // only a multipart body has them deeper down: in the parts of its list, and in the parts of those
  if (!Array.isArray(value) || !isPart(value[0])) return value;
  return value.map((part: unknown, index) => (isPart(part) ? takeOut(part, [...path, index], found) : part));
}

/** A part of a multipart body; one that is on disk has a `file` in place of its `body`. */
function isPart(value: unknown): value is { body?: unknown } {
  return (
    typeof value === 'object' && value !== null && 'headers' in value && ('body' in value || 'file' in value)
  );
}

function store(path: Path, bytes: Buffer, all: readonly [Path, Buffer][], own: number): StoredBuffer {
  for (let n = 0; n < own; n++) {
    const other = all[n]![1];
    const start = bytes.byteOffset - other.byteOffset;
    if (bytes.buffer === other.buffer && start >= 0 && start + bytes.length <= other.length) {
      return [path, n, start, start + bytes.length];
    }
  }
  return [path, bytes.toString('base64')];
}

function put(root: object, path: Path, value: Buffer): void {
  let place = root as Record<string | number, unknown>;
  for (const step of path.slice(0, -1)) place = place[step] as Record<string | number, unknown>;
  place[path.at(-1)!] = value;
}

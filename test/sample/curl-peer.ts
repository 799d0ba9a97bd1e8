import { execFile } from 'node:child_process';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

/** A request as it came over the socket. */
export interface Raw {
  method: string;
  target: string;
  /** In order, as they came. */
  headers: [name: string, value: string][];
  body: Buffer;
}

export interface Recorder {
  port: number;
  /** Takes what came so far. */
  take(): Raw[];
  close(): Promise<void>;
}

/** Keeps every request byte for byte, and answers 200 with nothing. */
export async function startRecorder(): Promise<Recorder> {
  let seen: Raw[] = [];
  const sockets = new Set<{ destroy(): void }>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    // a client that goes away takes nothing with it
    socket.on('error', () => socket.destroy());
    let waiting = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      waiting = Buffer.concat([waiting, chunk]);
      for (let found = readRequest(waiting); found; found = readRequest(waiting)) {
        seen.push(found.request);
        waiting = waiting.subarray(found.length);
        socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    take: () => {
      const taken = seen;
      seen = [];
      return taken;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function readRequest(bytes: Buffer): { request: Raw; length: number } | undefined {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first, ...lines] = bytes.toString('utf8', 0, end).split('\r\n');
  const [method, target] = first!.split(' ');
  const headers = lines.map((line): [string, string] => {
    const colon = line.indexOf(':');
    return [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
  const valueOf = (name: string) => headers.find(([known]) => known.toLowerCase() === name)?.[1];
  const start = end + 4;
  const chunked = valueOf('transfer-encoding') !== undefined;
  const read = chunked
    ? readChunks(bytes, start)
    : { body: bytes.subarray(start, start + Number(valueOf('content-length') ?? 0)), end: 0 };
  if (!read) return undefined;
  const length = chunked ? read.end : start + Number(valueOf('content-length') ?? 0);
  if (bytes.length < length) return undefined;
  return { request: { method: method!, target: target!, headers, body: Buffer.from(read.body) }, length };
}

function readChunks(bytes: Buffer, start: number): { body: Buffer; end: number } | undefined {
  const chunks: Buffer[] = [];
  for (let at = start; ;) {
    const line = bytes.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = parseInt(bytes.toString('latin1', at, line), 16);
    at = line + 2 + size + 2;
    if (bytes.length < at) return undefined;
    if (size === 0) return { body: Buffer.concat(chunks), end: at };
    chunks.push(bytes.subarray(line + 2, line + 2 + size));
  }
}

/** Runs a command in bash, so that the words are bash's own; its output is of no interest. */
export function runInBash(command: string, folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const env = { PATH: process.env.PATH, HOME: folder, LC_ALL: 'C.UTF-8', NO_PROXY: '*' };
    execFile('bash', ['-c', command], { cwd: folder, env, timeout: 20_000 }, (error, _out, complaints) => {
      if (error) reject(new Error(`curl failed: ${complaints}`));
      else resolve();
    });
  });
}

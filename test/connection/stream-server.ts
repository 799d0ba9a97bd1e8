import { createServer, type RequestListener } from 'node:http';
import { createServer as createTcpServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { Writable } from 'node:stream';

/** A server whose sockets can be watched. */
export interface StreamServer {
  url: string;
  sockets: Set<Socket>;
  /** Resolves when no socket is left. */
  empty(): Promise<void>;
  close(): Promise<void>;
}

/** Real HTTP; the listener gets requests with their bodies unread. */
export const serveHttp = (listener: RequestListener): Promise<StreamServer> => listen(createServer(listener));

/** Raw TCP, for answers that no HTTP server would give; called with what came first. */
export const serveTcp = (onRequest: (socket: Socket) => void): Promise<StreamServer> =>
  listen(createTcpServer((socket) => socket.once('data', () => onRequest(socket))));

async function listen(server: Server): Promise<StreamServer> {
  const sockets = new Set<Socket>();
  let onEmpty: (() => void) | undefined;
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0) onEmpty?.();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sockets,
    empty: () => new Promise((resolve) => (sockets.size === 0 ? resolve() : (onEmpty = resolve))),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Keeps what it is given, and how it ended. */
export class Taken extends Writable {
  readonly chunks: Buffer[] = [];
  finished = false;
  failed: Error | undefined;

  constructor() {
    super();
    this.on('finish', () => (this.finished = true));
    this.on('error', (error) => (this.failed = error));
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.chunks.push(chunk);
    done();
  }

  get body(): Buffer {
    return Buffer.concat(this.chunks);
  }
}

/**
 * A process that floods a server, told how by its parent. It says `ready`, then `open` when its connections stand, and at
 * the end what came of them. What is sent is never read but for its status.
 */
import { connect, type Socket } from 'node:net';

/** Connections that send a little and then a byte now and then, until the server is tired of them or the parent says `stop`. */
interface Hold {
  kind: 'hold';
  port: number;
  address: string;
  count: number;
  /** What each begins with. */
  start: string;
  /** Milliseconds between two bytes. */
  every: number;
}

/** Requests over many connections at once, until so many bytes were sent in all. */
interface Stream {
  kind: 'stream';
  port: number;
  address: string;
  total: number;
  lanes: readonly Lane[];
}

/** A request that is sent again and again, each time over a new connection. */
export interface Lane {
  parallel: number;
  /** Its head. */
  start: string;
  /** Its body is this so many times, and `end`. */
  piece: string;
  pieces: number;
  end: string;
}

export type Orders = Hold | Stream;

export interface Outcome {
  kind: 'done';
  bytes: number;
  /** How often each status was answered; 0 where there was none. */
  statuses: Record<string, number>;
}

/** Connections that are being opened at once: more than the server's backlog would be dropped by the kernel. */
const opening = 500;

const statuses: Record<string, number> = {};
let bytes = 0;

/** Resolves when the connection is over. */
function talk(port: number, address: string, talking: (socket: Socket) => void): Promise<void> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', localAddress: address });
    let status = '0';
    socket.on('data', (chunk) => {
      if (status === '0') status = /^HTTP\/1\.1 (\d{3})/.exec(chunk.toString('latin1', 0, 12))?.[1] ?? '0';
    });
    socket.on('error', () => undefined);
    socket.once('connect', () => talking(socket));
    socket.once('close', () => {
      statuses[status] = (statuses[status] ?? 0) + 1;
      bytes += socket.bytesWritten;
      resolve();
    });
  });
}

async function hold({ port, address, count, start, every }: Hold): Promise<void> {
  const sockets = new Set<Socket>();
  const over: Promise<void>[] = [];
  process.once('message', () => sockets.forEach((socket) => socket.destroy()));
  for (let begun = 0; begun < count; begun += opening) {
    const batch = Array.from({ length: Math.min(opening, count - begun) }, async () => {
      let stands = () => {};
      const standing = new Promise<void>((resolve) => (stands = resolve));
      const closed = talk(port, address, (socket) => {
        sockets.add(socket);
        socket.once('close', () => sockets.delete(socket));
        socket.write(start, 'latin1', stands);
      });
      over.push(closed);
      await Promise.race([standing, closed]);
    });
    await Promise.all(batch);
  }
  process.send!('open');
  const dripping = setInterval(() => sockets.forEach((socket) => socket.write('x')), every);
  await Promise.all(over);
  clearInterval(dripping);
}

async function stream({ port, address, total, lanes }: Stream): Promise<void> {
  process.send!('open');
  const running = lanes.flatMap((lane) => {
    const block = Buffer.from(lane.piece);
    const last = Buffer.from(lane.piece + lane.end);
    return Array.from({ length: lane.parallel }, async () => {
      while (bytes < total) await talk(port, address, (socket) => sendAll(socket, lane, block, last));
    });
  });
  await Promise.all(running);
}

/** As fast as the server takes it. */
function sendAll(socket: Socket, { start, pieces }: Lane, block: Buffer, last: Buffer): void {
  let sent = 0;
  const more = () => {
    while (sent < pieces && socket.writable) if (!socket.write(++sent === pieces ? last : block)) return;
  };
  socket.on('drain', more).write(start, 'latin1');
  more();
}

process.once('message', (orders: Orders) => {
  void (orders.kind === 'hold' ? hold(orders) : stream(orders)).then(() => {
    process.send!({ kind: 'done', bytes, statuses } satisfies Outcome, () => process.exit());
  });
});
process.send!('ready');

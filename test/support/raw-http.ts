import { once } from 'node:events';
import { connect } from 'node:net';

/** A request as it is on the wire: what no HTTP client changes, adds or refuses. */
export interface RawRequest {
  port: number;
  method: string;
  /** The request target. */
  target: string;
  /** In their case and order. */
  headers: Readonly<Record<string, string>>;
  body?: Buffer;
}

export interface RawAnswer {
  status: number;
  /** Names in lower case. */
  headers: Record<string, string>;
  body: string;
}

/** Sends exactly these bytes over a connection of their own, and reads the answer to its end. */
export async function sendRaw({ port, method, target, headers, body }: RawRequest): Promise<RawAnswer> {
  const socket = connect(port, '127.0.0.1');
  const lines = Object.entries({ Host: 'example.test', ...headers, Connection: 'close' });
  if (body) lines.push(['Content-Length', String(body.length)]);
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  socket.write(`${method} ${target} HTTP/1.1\r\n${head}\r\n`, 'latin1');
  if (body) socket.write(body);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(socket, 'close');
  return readAnswer(Buffer.concat(chunks).toString('utf8'));
}

function readAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n');
  const [status = '', ...fields] = text.slice(0, end).split('\r\n');
  const entries = fields.map((field): [string, string] => {
    const colon = field.indexOf(':');
    return [field.slice(0, colon).toLowerCase(), field.slice(colon + 1).trim()];
  });
  return {
    status: Number(status.split(' ')[1]),
    headers: Object.fromEntries(entries),
    body: text.slice(end + 4),
  };
}

import { once } from 'node:events';
import { createServer as createProxy } from 'node:http';
import { createServer, type Server } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { selfSigned } from './certificate';

export interface FarHosts {
  /** The environment of a process that is to reach them: their way and the certificate to trust. */
  env: Record<string, string>;
  /** URLs that were called, in order. */
  called: string[];
  close(): Promise<void>;
}

/**
 * Servers with public names, as a process reaches them that has to go through a proxy: a CONNECT proxy that leads every
 * name to one HTTPS server here, whose certificate is for these names.
 *
 * @param writeCertificate keeps it in a file, whose name it returns: `NODE_EXTRA_CA_CERTS` wants one
 * @param answer the body of the answer to a URL; 404 where it is undefined
 */
export async function startFarHosts(
  names: readonly string[],
  writeCertificate: (pem: string) => string,
  answer: (url: string) => string | undefined,
): Promise<FarHosts> {
  const certificate = selfSigned(names);
  const called: string[] = [];
  const server = createServer(certificate, (request, response) => {
    const url = `https://${request.headers.host}${request.url}`;
    called.push(url);
    const text = answer(url);
    response.statusCode = text === undefined ? 404 : 200;
    response.end(text);
  });
  const proxy = createProxy();
  const sockets = new Set<Socket>();
  proxy.on('connect', (_request, near: Socket) => {
    const far = connect((server.address() as AddressInfo).port, '127.0.0.1');
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(socket);
      socket.on('error', () => other.destroy()).on('close', () => sockets.delete(socket));
      socket.pipe(other);
    }
    far.once('connect', () => near.write('HTTP/1.1 200 OK\r\n\r\n'));
  });
  const [, port] = await Promise.all([listen(server), listen(proxy)]);
  return {
    env: {
      https_proxy: `http://127.0.0.1:${port}`,
      no_proxy: '',
      NODE_EXTRA_CA_CERTS: writeCertificate(certificate.cert),
    },
    called,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await Promise.all([server, proxy].map((each) => once(each.close(), 'close')));
    },
  };
}

async function listen(server: Server | ReturnType<typeof createProxy>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

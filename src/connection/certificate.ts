/** Looks at the certificates of a server without judging them: to tell a person which one was refused. */
import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type DetailedPeerCertificate } from 'node:tls';
import { proxyFor, type Proxy } from './proxy';
import type { TransportOptions } from './transport';

type Way = Pick<TransportOptions, 'proxy' | 'guard'>;

/** Milliseconds. A person waits. */
const patience = 5000;

/**
 * The certificates that a server shows, its own first, on the way that requests take: through the proxy, and only where the
 * network guard lets them. Nothing is sent over the connection; none when there is no TLS at its end.
 */
export async function certificatesOf(
  url: URL,
  { proxy: settings, guard }: Way,
): Promise<DetailedPeerCertificate[]> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const port = Number(url.port || 443);
  const proxy = settings && proxyFor(url, settings);
  let tunnel: Duplex | undefined;
  if (proxy) {
    await guard?.checkName(url);
    tunnel = await openTunnel(proxy, `${url.hostname}:${port}`);
  } else guard?.checkLiteral(url);
  return new Promise((resolve, reject) => {
    const socket = connect({
      ...(tunnel ? { socket: tunnel } : { host, port, lookup: guard?.lookup }),
      // a server name cannot be an address (RFC 6066 section 3)
      servername: isIP(host) ? '' : host,
      rejectUnauthorized: false,
    });
    const end = (settle: () => void): void => {
      socket.destroy();
      tunnel?.destroy();
      settle();
    };
    socket.setTimeout(patience, () => end(() => resolve([])));
    socket.once('error', (error: Error) => end(() => reject(error)));
    socket.once('secureConnect', () => {
      const shown = chainOf(socket.getPeerCertificate(true));
      end(() => resolve(shown));
    });
  });
}

function openTunnel(proxy: Proxy, path: string): Promise<Duplex> {
  const request = proxy.uri.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const connecting = request(proxy.uri, {
      method: 'CONNECT',
      path,
      headers: { host: path, ...(proxy.token ? { 'proxy-authorization': proxy.token } : {}) },
      agent: false,
      timeout: patience,
      rejectUnauthorized: false,
    });
    const refuse = (): void => void connecting.destroy(new Error('the proxy opens no tunnel'));
    connecting.once('connect', ({ statusCode }, socket: Duplex) => {
      if (statusCode === 200) resolve(socket);
      else refuse();
    });
    connecting.once('response', refuse);
    connecting.once('timeout', refuse);
    connecting.once('error', reject);
    connecting.end();
  });
}

/** Node.js links each to its issuer, and the last to itself. */
function chainOf(leaf: DetailedPeerCertificate): DetailedPeerCertificate[] {
  const chain: DetailedPeerCertificate[] = [];
  let next: DetailedPeerCertificate | undefined = leaf;
  while (next?.subject && !chain.some(({ fingerprint256 }) => fingerprint256 === next!.fingerprint256)) {
    chain.push(next);
    next = next.issuerCertificate;
  }
  return chain;
}

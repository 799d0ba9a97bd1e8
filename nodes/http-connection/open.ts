import type { Node, NodeAPI } from 'node-red';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { Connection } from '../../src/connection/connection';
import type { HeaderFields } from '../../src/connection/headers';
import { NetworkGuard } from '../../src/connection/network-guard';
import { proxyFromEnvironment, type ProxySettings } from '../../src/connection/proxy';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { numberOf } from '../runtime/settings';
import type { HttpConnectionConfig, HttpConnectionCredentials, NamedText } from './config';
import { authenticatorOf } from './schemes';

const mebibyte = 1024 * 1024;

/** A core tls-config node, as far as it is used here. */
interface TlsConfigNode extends Node {
  valid?: boolean;
  addTLSOptions(options: TlsOptions): TlsOptions;
}

/** A core http proxy node. */
interface ProxyNode extends Node {
  url?: string;
  noproxy?: string[];
}

/**
 * Turns the fields of the dialog into a connection of the engine.
 *
 * @throws Failure CONFIG in a sentence that names the field
 */
export function openConnection(
  RED: NodeAPI,
  config: HttpConnectionConfig,
  credentials: HttpConnectionCredentials,
): Connection {
  const milliseconds = (value: number | string, field: string) => numberOf(value, field) * 1000;
  const maxDelay = milliseconds(config.retryMaxDelay, 'the longest wait before another attempt');
  const maxTotal = milliseconds(config.retryMaxTotal, 'the longest time for all attempts');
  return new Connection({
    baseUrl: config.baseUrl,
    allowedHosts: listOf(config.allowedHosts),
    authenticator: authenticatorOf(config, credentials),
    tls: tlsOf(RED, config.tls),
    proxy: proxyOf(RED, config.proxy),
    guard: config.guard ? new NetworkGuard(listOf(config.guardExceptions)) : undefined,
    connectTimeout: milliseconds(config.connectTimeout, 'the connect timeout'),
    firstByteTimeout: milliseconds(config.firstByteTimeout, 'the first byte timeout'),
    idleTimeout: milliseconds(config.idleTimeout, 'the idle timeout'),
    totalTimeout: milliseconds(config.totalTimeout, 'the total timeout'),
    keepAlive: config.keepAlive,
    maxResponseSize: numberOf(config.maxResponseSize, 'the size limit') * mebibyte,
    maxRedirects: numberOf(config.maxRedirects, 'the number of redirects'),
    cookies: config.cookies,
    idempotencyKeys: config.idempotencyKeys,
    limits: {
      requests: numberOf(config.rateRequests, 'the number of requests'),
      interval: milliseconds(config.rateInterval, 'the interval of the rate'),
      concurrency: numberOf(config.concurrency, 'the number of requests at once'),
      maxWait: maxTotal,
    },
    retry: {
      attempts: numberOf(config.retryAttempts, 'the number of attempts', 1),
      isRetried: config.retryStatuses.trim() ? parseStatuses(config.retryStatuses) : () => false,
      baseDelay: 500,
      maxDelay,
      maxTotal,
    },
    defaultHeaders: headersOf(config.headers),
    defaultQuery: config.query.filter(({ name }) => name).map(({ name, value }) => [name, value]),
    userAgent: 'node-red-contrib-http-connector',
  });
}

function listOf(text: string): string[] {
  return text.split(/[\s,]+/).filter(Boolean);
}

function headersOf(rows: readonly NamedText[]): HeaderFields {
  return Object.fromEntries(rows.filter(({ name }) => name).map(({ name, value }) => [name, value]));
}

function tlsOf(RED: NodeAPI, id: string): TlsOptions | undefined {
  if (!id) return undefined;
  const node = RED.nodes.getNode(id) as TlsConfigNode | null;
  if (!node) throw new Failure('CONFIG', 'the TLS configuration is missing or disabled');
  if (node.valid === false) throw new Failure('CONFIG', 'the TLS configuration is not valid');
  return node.addTLSOptions({});
}

function proxyOf(RED: NodeAPI, id: string): ProxySettings {
  if (!id) return proxyFromEnvironment(process.env);
  const node = RED.nodes.getNode(id) as ProxyNode | null;
  if (!node?.url) throw new Failure('CONFIG', 'the proxy is missing, disabled or has no URL');
  const url = withCredentials(node.url, (node.credentials ?? {}));
  return { http: url, https: url, noProxy: (node.noproxy ?? []).join(',') };
}

function withCredentials(text: string, { username = '', password = '' }): string {
  if (!username && !password) return text;
  let url: URL;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    throw new Failure('CONFIG', 'the proxy’s URL cannot be read');
  }
  url.username = encodeURIComponent(username);
  url.password = encodeURIComponent(password);
  return url.href;
}

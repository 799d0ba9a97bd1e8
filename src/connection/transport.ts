/**
 * The one place where bytes leave: axios over our own adapter on undici. Loaded on the first request, because the two
 * libraries cost an idle start more than everything else together (docs/decisions/0002-transport.md).
 */
import {
  Axios,
  type AxiosAdapter,
  type AxiosRequestConfig,
  type AxiosResponse,
  type InternalAxiosRequestConfig,
} from 'axios';
import { Agent, errors, Pool, ProxyAgent, type Dispatcher } from 'undici';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { classify, Failure } from '../exchange/failure';
import { decompress } from './decompress';
import type { HeaderFields } from './headers';
import type { NetworkGuard } from './network-guard';
import { proxyFailure, proxyFor, type Proxy, type ProxySettings } from './proxy';

/** One request to one URL: what a redirect or a retry repeats with changes. */
export interface Hop {
  method: string;
  url: URL;
  headers: HeaderFields;
  body?: Buffer;
}

/** The answer to one hop, its body decompressed. Header names are lower case. */
export interface HopAnswer {
  statusCode: number;
  statusText: string;
  headers: HeaderFields;
  body: Buffer;
  /** Milliseconds from the start of the hop to its headers. */
  firstByte: number;
}

/** Times in milliseconds, 0 for no limit; the size in bytes, after decompression. */
export interface TransportOptions {
  connectTimeout: number;
  firstByteTimeout: number;
  idleTimeout: number;
  keepAlive: boolean;
  maxResponseSize: number;
  tls?: TlsOptions;
  proxy?: ProxySettings;
  guard?: NetworkGuard;
  /** Most sockets to one origin; left out for as many as there are requests. */
  connections?: number;
}

interface Route {
  dispatcher: Dispatcher;
  adapter: AxiosAdapter;
  proxied: boolean;
}

export class Transport {
  readonly #options: TransportOptions;
  /** By proxy, and by whether the client certificate may be shown. */
  readonly #routes = new Map<string, Route>();
  readonly #axios: InstanceType<typeof Axios>;

  constructor(options: TransportOptions) {
    this.#options = options;
    // `new Axios` and not `axios.create`: none of the library's default headers and transforms
    this.#axios = new Axios({
      responseType: 'arraybuffer',
      maxContentLength: options.maxResponseSize,
      validateStatus: null,
    });
  }

  /**
   * Sends one hop and reads its whole answer.
   *
   * @param trusted whether the hop lies inside the connection's scope: elsewhere no client certificate is shown
   * @throws Failure with the code of what went wrong, or the signal's reason
   */
  async send(hop: Hop, signal: AbortSignal, trusted = true): Promise<HopAnswer> {
    let proxied = false;
    try {
      const route = await this.#routeFor(hop.url, trusted);
      proxied = route.proxied;
      const config: HopConfig = {
        adapter: route.adapter,
        method: hop.method,
        url: hop.url.href,
        signal,
        hop,
      };
      const answer = await this.#axios.request<Buffer, AxiosResponse<Buffer>>(config);
      return {
        statusCode: answer.status,
        statusText: answer.statusText,
        headers: answer.headers as HeaderFields,
        body: answer.data,
        firstByte: (answer.request as { firstByte: number }).firstByte,
      };
    } catch (error) {
      if (signal.aborted) throw classify(signal.reason);
      throw proxied ? proxyFailure(classify(error)) : classify(error);
    }
  }

  /** One with a socket to itself, kept alive: for schemes that log in a socket. */
  lane(): Transport {
    return new Transport({ ...this.#options, connections: 1, keepAlive: true });
  }

  /** Ends every connection at once, requests in flight included. */
  async close(): Promise<void> {
    await Promise.all([...this.#routes.values()].map(({ dispatcher }) => dispatcher.destroy()));
  }

  async #routeFor(url: URL, trusted: boolean): Promise<Route> {
    const { guard, proxy: settings } = this.#options;
    const proxy = settings && proxyFor(url, settings);
    if (proxy) await guard?.checkName(url);
    else guard?.checkLiteral(url);
    const key = `${trusted} ${proxy?.uri ?? ''} ${proxy?.token ?? ''}`;
    let route = this.#routes.get(key);
    if (!route) {
      const dispatcher = this.#makePool(proxy, trusted);
      route = { dispatcher, adapter: undiciAdapter(dispatcher), proxied: proxy !== undefined };
      this.#routes.set(key, route);
    }
    return route;
  }

  #makePool(proxy: Proxy | undefined, trusted: boolean): Dispatcher {
    const { tls, connectTimeout: timeout, guard } = this.#options;
    const { key, cert, pfx, passphrase, ...publicTls } = tls ?? {};
    const shown = trusted ? { key, cert, pfx, passphrase, ...publicTls } : publicTls;
    const common = {
      headersTimeout: this.#options.firstByteTimeout,
      bodyTimeout: this.#options.idleTimeout,
      pipelining: this.#options.keepAlive ? 1 : 0,
      connections: this.#options.connections,
    };
    if (!proxy) {
      const lookup = guard ? { lookup: guard.lookup } : {};
      return new Agent({ ...common, connect: { ...defined(shown), ...lookup, timeout } });
    }
    return new ProxyAgent({
      ...common,
      // what goes to the proxy itself has undici's own timeouts otherwise: requests that it forwards, and CONNECT
      factory: (origin, options) => new Pool(origin, { ...options, ...common }),
      clientFactory: (origin, options) => tunnelPool(origin, options, timeout),
      uri: proxy.uri,
      token: proxy.token,
      // http goes to the proxy as it is, https through a tunnel: many proxies allow CONNECT to port 443 alone
      proxyTunnel: false,
      requestTls: { ...defined(shown), timeout },
      proxyTls: { ...(publicTls.ca ? { ca: publicTls.ca } : {}), timeout },
    });
  }
}

interface Opener {
  connect(options: Dispatcher.ConnectOptions): Promise<Dispatcher.ConnectData>;
}

/** The connections to a proxy that it turns into tunnels; it has the connect timeout to do so. */
function tunnelPool(origin: URL, options: object, timeout: number): Pool {
  const pool = new Pool(origin, { ...options, headersTimeout: timeout });
  const plain: Opener = Pool.prototype;
  const connect: Opener['connect'] = (request) =>
    plain.connect.call(pool, request).catch((error: unknown) => {
      if (!(error instanceof errors.HeadersTimeoutError)) throw error;
      throw new Failure('CONNECT_TIMEOUT', 'the proxy opened no tunnel within the connect timeout');
    });
  return Object.assign(pool, { connect });
}

function defined<T extends object>(options: T): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}

/** Our part of an axios request: the hop goes to the adapter as it is, past axios' own handling of URL and headers. */
interface HopConfig extends AxiosRequestConfig<Buffer> {
  hop: Hop;
}

/** axios' contract (resolve an `AxiosResponse`, reject otherwise) over a dispatcher of undici. */
function undiciAdapter(dispatcher: Dispatcher): AxiosAdapter {
  return async (config: InternalAxiosRequestConfig) => {
    const started = performance.now();
    const { hop, signal } = config as unknown as HopConfig;
    const limit = config.maxContentLength ?? -1;
    const answer = await dispatch(dispatcher, hop, signal as AbortSignal, limit);
    const encoding = answer.headers['content-encoding'];
    const encoded = typeof encoding === 'string' && answer.body.length > 0;
    return {
      status: answer.statusCode,
      statusText: answer.statusText,
      headers: answer.headers,
      data: encoded ? await decompress(answer.body, encoding, limit) : answer.body,
      config,
      request: { firstByte: answer.headersAt - started },
    };
  };
}

interface Dispatched {
  statusCode: number;
  statusText: string;
  headers: HeaderFields;
  body: Buffer;
  /** On the clock of `performance.now()`. */
  headersAt: number;
}

/** One request on the wire, its body collected up to the limit. undici's streams cost as much as the rest together. */
function dispatch(dispatcher: Dispatcher, hop: Hop, signal: AbortSignal, limit: number): Promise<Dispatched> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) return reject(signal.reason as Error);
    const chunks: Buffer[] = [];
    let size = 0;
    let head: Omit<Dispatched, 'body'>;
    let started: Dispatcher.DispatchController | undefined;
    const settle = (end: () => void): void => {
      signal.removeEventListener('abort', abort);
      end();
    };
    const refuse = (error: Error): void => settle(() => reject(error));
    const abort = (): void => {
      // while there is no connection undici cannot be told: it hears of it when there is one
      refuse(signal.reason as Error);
      started?.abort(signal.reason as Error);
    };
    signal.addEventListener('abort', abort);
    const handler: Dispatcher.DispatchHandler = {
      onRequestStart(controller) {
        // again for a request that undici makes again on a fresh socket
        started = controller;
        if (signal.aborted) controller.abort(signal.reason as Error);
      },
      onResponseStart(_controller, statusCode, headers, statusText = '') {
        if (statusCode < 200) return;
        head = { statusCode, statusText, headers: joinRepeated(headers), headersAt: performance.now() };
      },
      onResponseData(controller, chunk) {
        size += chunk.length;
        if (limit >= 0 && size > limit) {
          controller.abort(
            new Failure('BODY_TOO_LARGE', `the answer is larger than the limit of ${limit} bytes`),
          );
        } else chunks.push(chunk);
      },
      onResponseEnd() {
        settle(() =>
          resolve({ ...head, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) }),
        );
      },
      onResponseError: (_controller, error) => refuse(error),
    };
    try {
      dispatcher.dispatch(
        {
          origin: hop.url.origin,
          path: hop.url.pathname + hop.url.search,
          method: hop.method,
          headers: hop.headers,
          body: hop.body,
        },
        handler,
      );
    } catch (error) {
      refuse(error as Error);
    }
  });
}

/** Several lines of one header are one list (RFC 9110 section 5.3); only `set-cookie` cannot be joined. */
function joinRepeated(raw: Record<string, string | string[] | undefined>): HeaderFields {
  const headers: HeaderFields = {};
  for (const name in raw) {
    const value = raw[name];
    if (value === undefined) continue;
    if (name === 'set-cookie') headers[name] = Array.isArray(value) ? value : [value];
    else headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return headers;
}

/**
 * The one place where bytes leave: axios over our own adapter on undici. Loaded apart from the rest, because the two
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
import type { Body } from './body';
import { decompress } from './decompress';
import type { HeaderFields } from './headers';
import type { Incoming } from './incoming';
import type { NetworkGuard } from './network-guard';
import { proxyFailure, proxyFor, type Proxy, type ProxySettings } from './proxy';
import { dispatch, type WireRules } from './wire';

/** One request to one URL: what a redirect or a retry repeats with changes. */
export interface Hop {
  method: string;
  url: URL;
  headers: HeaderFields;
  body?: Body;
}

/** The beginning of an answer. Header names are lower case. */
export interface Head {
  statusCode: number;
  headers: HeaderFields;
}

/** The answer to one hop, its body decompressed. */
export interface HopAnswer extends Head {
  statusText: string;
  body: Buffer;
  /** The body while it is on its way, in place of `body`, which is empty: to be poured or discarded. */
  incoming?: Incoming;
  /** Milliseconds from the start of the hop to its headers. */
  firstByte: number;
}

/** Times in milliseconds, 0 for no limit; the size in bytes, after decompression. */
export interface TransportOptions extends WireRules {
  connectTimeout: number;
  keepAlive: boolean;
  tls?: TlsOptions;
  proxy?: ProxySettings;
  guard?: NetworkGuard;
  /** Most sockets to one origin; left out for as many as there are requests. */
  connections?: number;
}

/** How a hop is sent, where it is not as the options say. */
export interface Sending {
  /** Whether the hop lies inside the connection's scope: elsewhere no client certificate is shown. */
  trusted?: boolean;
  rules?: WireRules;
  /** Whether the body of an answer with this head is left on its way. */
  streamed?: (head: Head) => boolean;
  /** Told of the hop just before it leaves. */
  onHop?: (hop: Hop) => void;
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
      validateStatus: null,
    });
  }

  /**
   * Sends one hop and reads its whole answer, unless that is to be streamed.
   *
   * @throws Failure with the code of what went wrong, or the signal's reason
   */
  async send(hop: Hop, signal: AbortSignal, how: Sending = {}): Promise<HopAnswer> {
    let proxied = false;
    try {
      const found = this.#routeFor(hop.url, how.trusted ?? true);
      const route = 'adapter' in found ? found : await found;
      proxied = route.proxied;
      how.onHop?.(hop);
      const errand = new Errand(hop, signal, how.rules ?? this.#options, how.streamed);
      const config: ErrandConfig = { adapter: route.adapter, signal, errand };
      const answer = await this.#axios.request<never, ErrandResponse>(config);
      return answer.request;
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

  /** @throws Failure HOST_NOT_ALLOWED, at once or later */
  #routeFor(url: URL, trusted: boolean): Route | Promise<Route> {
    const { guard, proxy: settings } = this.#options;
    const proxy = settings && proxyFor(url, settings);
    if (proxy && guard) return guard.checkName(url).then(() => this.#routeOver(proxy, trusted));
    guard?.checkLiteral(url);
    return this.#routeOver(proxy, trusted);
  }

  #routeOver(proxy: Proxy | undefined, trusted: boolean): Route {
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
      pipelining: this.#options.keepAlive ? 1 : 0,
      connections: this.#options.connections,
    };
    if (!proxy) {
      const lookup = guard ? { lookup: guard.lookup } : {};
      return new Agent({ ...common, connect: { ...defined(shown), ...lookup, timeout } });
    }
    return new ProxyAgent({
      ...common,
      // what goes to the proxy itself: requests that it forwards, and CONNECT
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

/**
 * What the adapter is to do, handed past axios' own handling of URL and headers. A class, because axios makes a deep copy of
 * every plain object in a request.
 */
class Errand {
  readonly hop: Hop;
  readonly signal: AbortSignal;
  readonly rules: WireRules;
  readonly streamed: ((head: Head) => boolean) | undefined;

  constructor(hop: Hop, signal: AbortSignal, rules: WireRules, streamed: Sending['streamed']) {
    this.hop = hop;
    this.signal = signal;
    this.rules = rules;
    this.streamed = streamed;
  }
}

interface ErrandConfig extends AxiosRequestConfig {
  errand: Errand;
}

interface ErrandResponse extends AxiosResponse {
  request: HopAnswer;
}

/**
 * axios' contract (resolve an `AxiosResponse`, reject otherwise) over a dispatcher of undici. The answer goes past axios too,
 * as its `request`: what axios does to headers is neither needed nor cheap.
 */
function undiciAdapter(dispatcher: Dispatcher): AxiosAdapter {
  return async (config: InternalAxiosRequestConfig) => {
    const started = performance.now();
    const { hop, signal, rules, streamed } = (config as unknown as ErrandConfig).errand;
    const { headersAt, ...answer } = await dispatch(dispatcher, hop, signal, rules, streamed);
    const encoding = answer.headers['content-encoding'];
    if (typeof encoding === 'string' && answer.body.length > 0) {
      answer.body = await decompress(answer.body, encoding, rules.maxResponseSize);
    }
    const request: HopAnswer = { ...answer, firstByte: headersAt - started };
    return { status: answer.statusCode, statusText: '', headers: {}, data: undefined, config, request };
  };
}

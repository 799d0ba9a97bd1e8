import type { Node, NodeAPI } from 'node-red';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { authorizationCodeBinding } from '../../src/connection/auth/oauth2-code';
import type { ExpiredCondition, TokenAuthenticator } from '../../src/connection/auth/token-authenticator';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { Connection } from '../../src/connection/connection';
import type { HeaderFields } from '../../src/connection/headers';
import type { LimitOptions } from '../../src/connection/limits';
import { NetworkGuard } from '../../src/connection/network-guard';
import { proxyFromEnvironment, type ProxySettings } from '../../src/connection/proxy';
import { decodeLeniently } from '../../src/exchange/decode';
import { SharedBudget, type SharedBudgetOptions } from '../../src/connection/shared-budget';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { compileJsonata } from '../runtime/jsonata';
import { milliseconds, rulesOf } from '../runtime/rules';
import { numberOf } from '../runtime/settings';
import type { HttpConnectionConfig, HttpConnectionCredentials, NamedText } from './config';
import { authenticatorOf } from './schemes';

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

/** What a connection needs to know of the node that it is made for. */
export interface ConnectionContext {
  /** By which stored tokens are found; the same for all instances of a subflow. */
  tokenId: string;
  vault: TokenVault;
  warn: (sentence: string) => void;
  /** The state, where several processes share it: their requests share the limit too. */
  shared?: SharedBudgetOptions['store'];
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
  context: ConnectionContext,
): OpenedConnection {
  const wire = wireOptions(RED, config);
  const authenticator = authenticatorOf(config, credentials, {
    tokens: () => ({
      http: new Connection({ ...wire, ...tokenCalls }),
      now: Date.now,
      warn: context.warn,
      place: { in: config.tokenUse.in, name: config.tokenUse.name, prefix: config.tokenUse.prefix },
      expired: expiredCondition(RED, config),
    }),
    store: (settings) => context.vault.of(context.tokenId, authorizationCodeBinding(settings)),
  });
  const connection = new Connection({
    ...wire,
    baseUrl: config.baseUrl,
    allowedHosts: listOf(config.allowedHosts),
    authenticator,
    cookies: config.cookies,
    idempotencyKeys: config.idempotencyKeys,
    limits: limitsOf(config),
    budget: budgetOf(config, context),
    defaultHeaders: headersOf(config.headers),
    defaultQuery: config.query.filter(({ name }) => name).map(({ name, value }) => [name, value]),
  });
  return {
    connection,
    reload: () => (authenticator as Partial<TokenAuthenticator>).reload?.(),
  };
}

export interface OpenedConnection {
  connection: Connection;
  /** Somebody has connected or disconnected it: the stored tokens are read again. */
  reload: () => void;
}

/** A connection for the token calls of the dialog's *Connect*. @throws Failure CONFIG */
export function openTokenConnection(RED: NodeAPI, config: HttpConnectionConfig): Connection {
  return new Connection({ ...wireOptions(RED, config), ...tokenCalls });
}

/** Token calls have a place of their own to go to, and nothing of the connection's but the way there. */
const tokenCalls = { baseUrl: '', allowedHosts: [], maxRedirects: 0, retry: undefined };

/** What holds for every byte that a connection sends. */
function wireOptions(RED: NodeAPI, config: HttpConnectionConfig) {
  return {
    tls: tlsOf(RED, config.tls),
    proxy: proxyOf(RED, config.proxy),
    guard: config.guard ? new NetworkGuard(listOf(config.guardExceptions)) : undefined,
    ...rulesOf(config),
    connectTimeout: milliseconds(config.connectTimeout, 'the connect timeout'),
    keepAlive: config.keepAlive,
    userAgent: 'node-red-contrib-http-connector',
  };
}

function limitsOf(config: HttpConnectionConfig): LimitOptions {
  return {
    requests: numberOf(config.rateRequests, 'the number of requests'),
    interval: milliseconds(config.rateInterval, 'the interval of the rate'),
    concurrency: numberOf(config.concurrency, 'the number of requests at once'),
    maxWait: milliseconds(config.retryMaxTotal, 'the longest time for all attempts'),
  };
}

function budgetOf(
  config: HttpConnectionConfig,
  { tokenId: name, shared, warn }: ConnectionContext,
): SharedBudget | undefined {
  const { requests, interval } = limitsOf(config);
  if (!shared || requests <= 0) return undefined;
  return new SharedBudget({ store: shared, name, requests, interval, now: Date.now, warn });
}

/** @throws Failure CONFIG for a condition that does not parse */
function expiredCondition(RED: NodeAPI, { tokenUse: token }: HttpConnectionConfig): ExpiredCondition {
  const listed = token.expiredStatuses.trim() ? parseStatuses(token.expiredStatuses) : () => false;
  const evaluate = token.expiredCondition
    ? compileJsonata(RED, {} as Node, token.expiredCondition, 'the condition for expired tokens')
    : undefined;
  return {
    statuses: [],
    readsBody: evaluate !== undefined,
    async matches({ statusCode, headers, body }) {
      if (listed(statusCode)) return true;
      if (!evaluate) return false;
      const type = String(headers['content-type'] ?? '');
      return Boolean(
        await evaluate({ statusCode, headers, body: decodeLeniently(body.toString('utf8'), type) }),
      );
    },
  };
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
  const url = withCredentials(node.url, node.credentials ?? {});
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

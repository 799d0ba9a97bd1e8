/**
 * The editor's side of a login with OAuth 2: Connect, Disconnect, and whether a connection is connected.
 *
 * `start` and the others ask for the editor's permission. The callback cannot: a browser comes there from elsewhere. It
 * does nothing but what a pending login allows, which is known by its state (one use, ten minutes) and bound to the
 * browser that began it by a cookie.
 */
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { clientSecrets } from '../../src/connection/auth/oauth2-client';
import {
  authorizationCodeBinding,
  AuthorizationCodeLogin,
  type AuthorizationCodeSettings,
} from '../../src/connection/auth/oauth2-code';
import type { TokenConnection } from '../../src/connection/auth/token-request';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { redactor } from '../../src/connection/redact';
import { classify, Failure } from '../../src/exchange/failure';
import { ensureTokenKey } from '../runtime/tokens';
import type { DialogValues } from './dialog-values';
import { loginChannel, sendLoginPage, type LoginResult } from './oauth-page';
import { PendingLogins } from './pending-logins';

/** Below Node-RED's admin root. */
export const oauthPath = '/http-connection/oauth';

/** What the http-connection node knows and these endpoints need. */
export interface OAuthWiring {
  vault: TokenVault;
  /**
   * The settings that such a dialog means, stored secrets filled in. Need not be complete.
   *
   * @throws Failure CONFIG
   */
  settings(id: string, dialog: DialogValues): AuthorizationCodeSettings;
  /** A connection for the token calls of such a dialog. It is closed after each call. @throws Failure CONFIG */
  connect(id: string, dialog: DialogValues): TokenConnection;
  /** The stored tokens of a connection have changed. */
  changed(id: string): void;
}

/** What `state` answers. No token. */
export interface LoginState {
  connected: boolean;
  /** Milliseconds since 1970, of the access token. */
  expiresAt?: number;
  /** Whether it renews itself, without a person. */
  renewable?: boolean;
  scope?: string;
  /** Why a login that was there cannot be used. */
  problem?: string;
}

interface Details {
  id: string;
  dialog: DialogValues;
}

type Request = IncomingMessage & { body?: unknown; params: Record<string, string>; originalUrl: string };
type Handler = (request: Request, response: ServerResponse) => Promise<void>;
type Next = (error?: unknown) => void;
type Route = (path: string, ...handlers: unknown[]) => unknown;

/** How long a call of the editor may take, whatever the connection's own limits are. */
const longestCall = 60_000;

/** Call once: the endpoints live as long as the process. */
export function oauthEndpoints(RED: NodeAPI, wiring: OAuthWiring): void {
  // without an admin server there is no editor
  const app = RED.httpAdmin as unknown as { get: Route; post: Route } | undefined;
  if (!app) return;
  const logins = new PendingLogins<Details>();
  const caught =
    (handler: Handler) =>
    (request: Request, response: ServerResponse, _next: Next): void => {
      handler(request, response).catch((error: unknown) => sendFailure(response, error));
    };
  const write = RED.auth.needsPermission('http-connection.write') as unknown;
  const read = RED.auth.needsPermission('http-connection.read') as unknown;

  /** The body is the dialog and `callbackUrl`; the answer is the `url` to open in a window. */
  const start: Handler = async (request, response) => {
    const id = connectionId(RED, request);
    const dialog = dialogOf(request);
    const callbackUrl = callbackOf(request);
    const settings = wiring.settings(id, dialog);
    const { url, pending } = await using(wiring, id, dialog, (http, signal) =>
      new AuthorizationCodeLogin(settings, http, Date.now).begin(callbackUrl.href, signal),
    );
    await ensureTokenKey(RED, id);
    const ticket = logins.add(pending, { id, dialog });
    response.setHeader('Set-Cookie', cookie(pending.state, ticket, callbackUrl, 600));
    sendJson(response, 200, { url });
  };

  const callback: Handler = async (request, response) => {
    const query = new URL(request.originalUrl, 'http://callback.invalid').searchParams;
    const state = query.get('state') ?? '';
    const end = (status: number, ok: boolean, message: string, connection?: string) =>
      sendLoginPage(response, status, { type: loginChannel, connection, ok, message } satisfies LoginResult);
    // Express answers HEAD through GET: a look must not use up the login
    if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end();
    const taken = logins.take(state, cookies(request).get(cookieName(state)) ?? '');
    if (taken === 'unknown') {
      return end(
        400,
        false,
        'This login is not known here: it was used already, or it began more than ten minutes ago. Press Connect again.',
      );
    }
    if (taken === 'foreign') {
      return end(
        400,
        false,
        'This login began in another browser, or at another address of the editor than that of the callback URL. Press Connect again.',
      );
    }
    const { pending, details } = taken;
    const { id, dialog } = details;
    response.setHeader('Set-Cookie', cookie(state, '', new URL(pending.redirectUri), 0));
    try {
      const settings = wiring.settings(id, dialog);
      const tokens = await using(wiring, id, dialog, (http, signal) =>
        new AuthorizationCodeLogin(settings, http, Date.now).complete(pending, query, signal),
      );
      await wiring.vault.of(id, authorizationCodeBinding(settings)).save(tokens);
      wiring.changed(id);
      const renews = tokens.refreshToken
        ? ''
        : ' The provider gave no refresh token: when this one ends, somebody has to log in again.';
      end(200, true, `The connection is logged in.${renews}`, id);
    } catch (error) {
      end(400, false, classify(error).message, id);
    }
  };

  const disconnect: Handler = async (request, response) => {
    const id = connectionId(RED, request);
    await wiring.vault.clear(id);
    wiring.changed(id);
    sendJson(response, 200, { connected: false } satisfies LoginState);
  };

  const state: Handler = async (request, response) => {
    const id = connectionId(RED, request);
    const settings = wiring.settings(id, dialogOf(request));
    const { tokens, problem } = await wiring.vault.of(id, authorizationCodeBinding(settings)).load();
    const answer: LoginState = tokens
      ? {
          connected: true,
          expiresAt: tokens.expiresAt,
          renewable: tokens.refreshToken !== undefined,
          scope: tokens.scope,
        }
      : { connected: false, problem };
    sendJson(response, 200, answer);
  };

  app.get(`${oauthPath}/callback`, caught(callback));
  app.post(`${oauthPath}/:id/start`, write, caught(start));
  app.post(`${oauthPath}/:id/disconnect`, write, caught(disconnect));
  app.post(`${oauthPath}/:id/state`, read, caught(state));
}

/** Runs a call with a connection of its own; what it says of a failure holds no secret of the dialog. */
async function using<T>(
  wiring: OAuthWiring,
  id: string,
  dialog: DialogValues,
  work: (http: TokenConnection, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { clientId, authentication } = wiring.settings(id, dialog);
  const http = wiring.connect(id, dialog);
  const patience = new AbortController();
  const timeout = new Failure('TIMEOUT', `the provider did not answer within ${longestCall / 1000} s`);
  const timer = setTimeout(() => patience.abort(timeout), longestCall);
  try {
    return await work(http, patience.signal);
  } catch (error) {
    const failure = classify(error);
    const redact = redactor(clientSecrets(clientId, authentication));
    throw new Failure(failure.code, redact(failure.message));
  } finally {
    clearTimeout(timer);
    await http.close();
  }
}

/** @throws Failure when the id is that of another kind of node, whose credentials must not be touched */
function connectionId(RED: NodeAPI, request: Request): string {
  const id = request.params.id ?? '';
  let type: string | undefined;
  RED.nodes.eachNode((node) => {
    if (node.id === id) type = node.type;
  });
  const allowed = /^[\w.-]{1,64}$/.test(id) && (type === undefined || type === 'http-connection');
  if (!allowed) throw new Failure('CONFIG', 'this is not a connection');
  return id;
}

function dialogOf({ body }: Request): DialogValues {
  const { config, credentials } = isRecord(body) ? body : {};
  const texts = Object.entries(isRecord(credentials) ? credentials : {}).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return { config: isRecord(config) ? config : {}, credentials: Object.fromEntries(texts) };
}

/**
 * The callback as the browser sees it: only the editor knows under which address it was opened.
 *
 * @throws Failure CONFIG
 */
function callbackOf(request: Request): URL {
  const text = isRecord(request.body) ? request.body.callbackUrl : undefined;
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : undefined;
  const web =
    url && /^https?:$/.test(url.protocol) && !url.username && !url.password && !url.search && !url.hash;
  if (!web || !url.pathname.endsWith(`${oauthPath}/callback`)) {
    throw new Failure('CONFIG', 'the callback URL is not one of this Node-RED');
  }
  const { origin } = request.headers;
  if (origin && origin !== url.origin) {
    throw new Failure(
      'CONFIG',
      `open the editor at ${url.origin}, the address of the callback URL, to connect`,
    );
  }
  return url;
}

function cookieName(state: string): string {
  return `http-connection-login-${createHash('sha256').update(state).digest('hex').slice(0, 12)}`;
}

/** Sent along when the provider sends the browser back: a top-level GET, which `Lax` covers (RFC 6265bis section 5.7.1). */
function cookie(state: string, value: string, callbackUrl: URL, seconds: number): string {
  const secure = callbackUrl.protocol === 'https:' ? '; Secure' : '';
  return `${cookieName(state)}=${value}; Path=${callbackUrl.pathname}; Max-Age=${seconds}; HttpOnly; SameSite=Lax${secure}`;
}

function cookies({ headers }: Request): Map<string, string> {
  const pairs = (headers.cookie ?? '').split(/;\s*/).map((pair) => {
    const at = pair.indexOf('=');
    return [pair.slice(0, Math.max(at, 0)), pair.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

function sendFailure(response: ServerResponse, error: unknown): void {
  const failure = classify(error);
  if (response.headersSent) return void response.destroy();
  sendJson(response, failure.code === 'INTERNAL' ? 500 : 400, {
    code: failure.code,
    message: failure.message,
  });
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' });
  response.end(JSON.stringify(value));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

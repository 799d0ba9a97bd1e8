import { createHash, randomBytes } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { sendJson, startServer, type Received, type TestServer } from './server';

/** A token request as the server reads it. */
export interface TokenRequest {
  form: URLSearchParams;
  authorization: string | undefined;
  received: Received;
}

/** A small authorization server over real sockets that gives what it is told to give; and an API that takes its tokens. */
export interface AuthorizationServerDouble extends TestServer {
  tokenRequests: TokenRequest[];
  /** Answers the next token requests in place of the server's own answer. */
  answer: ((request: TokenRequest, response: ServerResponse) => void | Promise<void>) | undefined;
  /** Access tokens that `/api` accepts. */
  valid: Set<string>;
  /** Refresh tokens that were used before: each of these would have logged the user out. */
  reused: string[];
  /** How many requests to `/api` were accepted and refused. */
  api: { accepted: number; refused: number };
  /** The discovery document, or none. */
  discovery: { path: string; document: Record<string, unknown> } | undefined;
  /** Seconds that tokens live. */
  life: number;
  /** A pair of tokens as a login would bring it. */
  login(): { access_token: string; refresh_token: string };
  /** No token that was issued is accepted from now on. */
  expire(): void;
}

/** Rotates refresh tokens, and ends the whole family when one is used twice (RFC 9700 section 4.14.2). */
export async function startAuthorizationServer(): Promise<AuthorizationServerDouble> {
  const refreshTokens = new Map<string, 'new' | 'used'>();
  const codes = new Map<string, URLSearchParams>();

  function issue(): { access_token: string; refresh_token: string } {
    const set = {
      access_token: `access-${randomBytes(9).toString('hex')}`,
      refresh_token: `refresh-${randomBytes(9).toString('hex')}`,
    };
    double.valid.add(set.access_token);
    refreshTokens.set(set.refresh_token, 'new');
    return set;
  }

  function grant(form: URLSearchParams): object | string {
    const full = () => ({ ...issue(), token_type: 'Bearer', expires_in: double.life });
    switch (form.get('grant_type')) {
      case 'client_credentials':
      case 'urn:ietf:params:oauth:grant-type:jwt-bearer':
        return { ...full(), refresh_token: undefined };
      case 'authorization_code': {
        const asked = codes.get(form.get('code') ?? '');
        codes.delete(form.get('code') ?? '');
        const challenge = createHash('sha256')
          .update(form.get('code_verifier') ?? '')
          .digest('base64url');
        const same = asked?.get('redirect_uri') === form.get('redirect_uri');
        return same && asked?.get('code_challenge') === challenge ? full() : 'invalid_grant';
      }
      case 'refresh_token': {
        const token = form.get('refresh_token') ?? '';
        const known = refreshTokens.get(token);
        if (known === 'new') {
          refreshTokens.set(token, 'used');
          return full();
        }
        if (known === 'used') {
          double.reused.push(token);
          refreshTokens.clear();
          double.valid.clear();
        }
        return 'invalid_grant';
      }
      case null:
      default:
        return 'unsupported_grant_type';
    }
  }

  const server = await startServer(async (received, response) => {
    const url = new URL(received.url, server.url);
    if (url.pathname === double.discovery?.path) return sendJson(response, double.discovery.document);
    if (url.pathname === '/authorize') {
      const code = randomBytes(9).toString('hex');
      codes.set(code, url.searchParams);
      const back = new URL(url.searchParams.get('redirect_uri')!);
      back.searchParams.set('code', code);
      back.searchParams.set('state', url.searchParams.get('state')!);
      response.writeHead(302, { location: back.href });
      return void response.end();
    }
    if (url.pathname === '/api') {
      const accepted = double.valid.has((received.headers.authorization ?? '').replace('Bearer ', ''));
      double.api[accepted ? 'accepted' : 'refused']++;
      return sendJson(response, { accepted }, accepted ? 200 : 401);
    }
    if (url.pathname !== '/token') return sendJson(response, { error: 'not_found' }, 404);
    const form = new URLSearchParams(received.body.toString('utf8'));
    const request = { form, authorization: received.headers.authorization, received };
    double.tokenRequests.push(request);
    if (double.answer) return double.answer(request, response);
    const result = grant(form);
    if (typeof result === 'string') sendJson(response, { error: result }, 400);
    else sendJson(response, result);
  });

  const double: AuthorizationServerDouble = Object.assign(server, {
    tokenRequests: [],
    answer: undefined,
    valid: new Set<string>(),
    reused: [],
    api: { accepted: 0, refused: 0 },
    discovery: undefined,
    life: 3600,
    login: issue,
    expire: () => double.valid.clear(),
  });
  return double;
}

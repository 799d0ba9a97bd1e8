import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** An OAuth 2 client that may fetch tokens with its own credentials. */
export interface Client {
  id: string;
  secret: string;
}

/** The answer of the token endpoint, by RFC 6749 section 5. */
export interface TokenAnswer {
  status: 200 | 400 | 401;
  headers?: Record<string, string>;
  body:
    | { access_token: string; token_type: 'Bearer'; expires_in: number }
    | { error: string; error_description: string };
}

/** Who may use the shop: the holder of the fixed token, and of each token it gave out that has not expired. */
export class Guard {
  readonly #token: string;
  readonly #client: Client;
  readonly #lifetime: number;
  readonly #expiry = new Map<string, number>();

  /** @param lifetime of the tokens given out, in seconds */
  constructor(token: string, client: Client, lifetime: number) {
    this.#token = token;
    this.#client = client;
    this.#lifetime = lifetime;
  }

  /** The `WWW-Authenticate` header (RFC 6750) that refuses the request, or nothing when it may pass. */
  refusal(request: IncomingMessage): string | undefined {
    const [, token] = /^bearer +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (!token) return 'Bearer realm="shop"';
    if (equal(token, this.#token)) return undefined;
    const expiry = this.#expiry.get(token);
    if (expiry !== undefined && expiry > Date.now()) return undefined;
    this.#expiry.delete(token);
    const why = expiry === undefined ? 'unknown token' : 'the token has expired';
    return `Bearer realm="shop", error="invalid_token", error_description="${why}"`;
  }

  /** Gives out a token for client credentials, sent as basic authentication or in the form. */
  grant(request: IncomingMessage, form: URLSearchParams): TokenAnswer {
    const basic = basicCredentials(request);
    const id = basic?.id ?? form.get('client_id') ?? '';
    const secret = basic?.secret ?? form.get('client_secret') ?? '';
    if (!(equal(id, this.#client.id) && equal(secret, this.#client.secret))) {
      return {
        status: 401,
        headers: { 'www-authenticate': 'Basic realm="shop"' },
        body: { error: 'invalid_client', error_description: 'unknown client or wrong secret' },
      };
    }
    const kind = form.get('grant_type');
    if (kind !== 'client_credentials') {
      return {
        status: 400,
        body: {
          error: kind ? 'unsupported_grant_type' : 'invalid_request',
          error_description: 'grant_type must be client_credentials',
        },
      };
    }
    return {
      status: 200,
      body: { access_token: this.#issue(), token_type: 'Bearer', expires_in: this.#lifetime },
    };
  }

  #issue(): string {
    const now = Date.now();
    for (const [token, expiry] of this.#expiry) if (expiry <= now) this.#expiry.delete(token);
    const token = randomBytes(24).toString('base64url');
    this.#expiry.set(token, now + this.#lifetime * 1000);
    return token;
  }
}

/** Client id and secret are form-encoded inside the basic credentials (RFC 6749, 2.3.1). */
function basicCredentials(request: IncomingMessage): Client | undefined {
  const [, encoded] = /^basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (!encoded) return undefined;
  const [id = '', ...rest] = Buffer.from(encoded, 'base64').toString('utf8').split(':');
  const decode = (text: string) => new URLSearchParams(`v=${text}`).get('v') ?? '';
  return { id: decode(id), secret: decode(rest.join(':')) };
}

function equal(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * What the schemes of OAuth 2 share: the authorization server, found by discovery or given by hand, and the client's way
 * to say who it is. Everything goes through the connection that is made for token calls, so that its TLS, proxy, guard
 * and limits hold; openid-client decides what is sent.
 */
import type { Configuration, CustomFetch, ServerMetadata } from 'openid-client';
import { Failure } from '../../exchange/failure';
import { redactor } from '../redact';
import { checkClientAuthentication, clientAuth, type ClientAuthentication } from './oauth2-client';
import { describeError, readTokenAnswer, type Grant } from './token-answer';
import { send, withoutQuery, type TokenConnection } from './token-request';

export type ExtraParameters = readonly (readonly [name: string, value: string])[];

export interface OAuth2Settings {
  /** Discovered from here (OpenID Connect Discovery 1.0, RFC 8414) unless the endpoints below are given; or ''. */
  issuer: string;
  /** By hand; or ''. */
  authorizationEndpoint: string;
  /** By hand; or ''. */
  tokenEndpoint: string;
  clientId: string;
  authentication: ClientAuthentication;
  /** Separated by blanks; or ''. */
  scope: string;
  /** More for the token request: audience, resource (RFC 8707), whatever the provider wants. */
  parameters: ExtraParameters;
}

type Library = typeof import('openid-client');
type Endpoint = 'authorizationEndpoint' | 'tokenEndpoint';

/** An authorization server as one client sees it. */
export class AuthorizationServer {
  readonly settings: OAuth2Settings;
  readonly #http: TokenConnection;
  readonly #needed: readonly Endpoint[];
  #metadata: ServerMetadata | undefined;

  /** @throws Failure CONFIG when something is missing */
  constructor(
    settings: OAuth2Settings,
    http: TokenConnection,
    needed: readonly Endpoint[] = ['tokenEndpoint'],
  ) {
    if (!settings.clientId) throw new Failure('CONFIG', 'the client ID is empty');
    checkClientAuthentication(settings.authentication);
    for (const name of ['issuer', 'authorizationEndpoint', 'tokenEndpoint'] as const) {
      if (settings[name]) checkUrl(settings[name], names[name]);
    }
    for (const name of needed) {
      if (!settings[name] && !settings.issuer) {
        throw new Failure(
          'CONFIG',
          `${names[name]} is empty, and so is the issuer URL that it could come from`,
        );
      }
    }
    this.settings = settings;
    this.#http = http;
    this.#needed = needed;
  }

  /**
   * Runs one call of openid-client.
   *
   * @throws Failure: AUTHENTICATION when the server refuses, CONFIG when the settings cannot work, or the request's
   */
  async call<T>(
    grant: Grant,
    signal: AbortSignal,
    work: (library: Library, config: Configuration) => T | Promise<T>,
  ): Promise<T> {
    const library = await import('openid-client');
    try {
      this.#metadata ??= await this.#findEndpoints(library, signal);
      return await work(library, await this.#configure(library, this.#metadata, grant, signal));
    } catch (error) {
      throw explained(error, library, grant);
    }
  }

  async #configure(
    library: Library,
    metadata: ServerMetadata,
    grant: Grant,
    signal: AbortSignal,
  ): Promise<Configuration> {
    const { clientId, authentication } = this.settings;
    const config = new library.Configuration(
      metadata,
      clientId,
      { use_mtls_endpoint_aliases: authentication.method === 'certificate' },
      await clientAuth(library, authentication, metadata),
    );
    // the connection has its own time limits
    config.timeout = 0;
    config[library.customFetch] = this.#fetch(signal, grant);
    const endpoints = [metadata.token_endpoint, metadata.authorization_endpoint];
    if (endpoints.some((url) => url?.startsWith('http:'))) library.allowInsecureRequests(config);
    return config;
  }

  async #findEndpoints(library: Library, signal: AbortSignal): Promise<ServerMetadata> {
    const { issuer, authorizationEndpoint, tokenEndpoint } = this.settings;
    const given = {
      ...(authorizationEndpoint && { authorization_endpoint: authorizationEndpoint }),
      ...(tokenEndpoint && { token_endpoint: tokenEndpoint }),
    };
    if (this.#needed.every((name) => this.settings[name])) {
      // a token URL stands in for an issuer that is not known: nothing is compared with it then
      return { issuer: issuer || tokenEndpoint, ...given };
    }
    const discovered = await this.#discover(library, signal);
    const metadata = { ...discovered, ...given };
    for (const [name, url] of [
      ['authorizationEndpoint', metadata.authorization_endpoint],
      ['tokenEndpoint', metadata.token_endpoint],
    ] as const) {
      if (url) checkUrl(url, names[name]);
      else if (this.#needed.includes(name)) {
        throw new Failure(
          'CONFIG',
          `the discovery document of ${issuer} does not name ${names[name]}: enter it`,
        );
      }
    }
    return metadata;
  }

  /** OpenID Connect's place first; a server that has nothing there may have a document at that of RFC 8414. */
  async #discover(library: Library, signal: AbortSignal): Promise<ServerMetadata> {
    const url = new URL(this.settings.issuer);
    const read = (algorithm: 'oidc' | 'oauth2') =>
      library.discovery(url, this.settings.clientId, undefined, undefined, {
        algorithm,
        execute: url.protocol === 'http:' ? [library.allowInsecureRequests] : [],
        [library.customFetch]: this.#fetch(signal),
      });
    try {
      return (await read('oidc')).serverMetadata();
    } catch (error) {
      if (!(failureIn(error) instanceof NoDocument)) throw error;
    }
    return (await read('oauth2')).serverMetadata();
  }

  /**
   * What openid-client sends goes through the connection; what it gets is made what it understands. Only a token request
   * has a `grant_type`, only discovery has no grant at all.
   */
  #fetch(signal: AbortSignal, grant?: Grant): CustomFetch {
    return async (url, { method, headers, body }) => {
      const ours = Object.fromEntries(Object.entries(headers).filter(([name]) => name !== 'user-agent'));
      const form = body instanceof URLSearchParams ? body : new URLSearchParams();
      const sent = method === 'POST' ? form.toString() : undefined;
      const what = grant ? 'the token request' : 'the discovery';
      const answer = await send(this.#http, { method, url, headers: ours, body: sent }, what, signal);
      if (grant && form.has('grant_type')) {
        return jsonResponse(readTokenAnswer(answer, grant, redactSent(headers.authorization, form)));
      }
      if (grant) return jsonResponse(parseJson(answer.body, url), answer.statusCode);
      if (answer.statusCode !== 200) throw new NoDocument(url, answer.statusCode);
      return jsonResponse(parseJson(answer.body, url));
    };
  }
}

class NoDocument extends Failure {
  constructor(url: string, status: number) {
    const sentence = `there is no discovery document at ${withoutQuery(url)} (status ${status})`;
    super('CONFIG', `${sentence}: check the issuer URL, or enter the endpoints by hand`, {
      retryable: status >= 500 || status === 429,
    });
  }
}

const names = {
  issuer: 'the issuer URL',
  authorizationEndpoint: 'the authorization URL',
  tokenEndpoint: 'the token URL',
} as const;

/** Whose tokens they are: with another server or client, stored ones count as none. */
export function bindingOf({ issuer, tokenEndpoint, clientId }: OAuth2Settings): string {
  return JSON.stringify([issuer, tokenEndpoint, clientId]);
}

/** Of the token request: scope and whatever the provider wants besides. */
export function tokenParameters({ scope, parameters }: OAuth2Settings): URLSearchParams {
  const all = new URLSearchParams(parameters.map(([name, value]) => [name, value]));
  if (scope) all.set('scope', scope);
  return all;
}

/** Whatever openid-client throws, in our words. */
function explained(error: unknown, library: Library, grant: Grant): Failure {
  const known = failureIn(error);
  if (known) return known;
  if (error instanceof library.AuthorizationResponseError || error instanceof library.ResponseBodyError) {
    return new Failure('AUTHENTICATION', describeError(error.error, error.error_description, grant));
  }
  // the outer message of openid-client is general, the inner one says what was wrong
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = inner instanceof Error ? inner.message : String(inner);
  return new Failure('AUTHENTICATION', `the authorization server's answer was refused: ${text}`);
}

function failureIn(error: unknown): Failure | undefined {
  for (let e = error, depth = 0; e instanceof Error && depth < 5; e = e.cause, depth++) {
    if (e instanceof Failure) return e;
  }
  return undefined;
}

/** Removes from an error what the request had carried. */
function redactSent(authorization: string | undefined, form: URLSearchParams): (text: string) => string {
  const secret = /^(client_secret|client_assertion|refresh_token|code|code_verifier)$/;
  const values = [...form].filter(([name]) => secret.test(name)).map(([, value]) => value);
  return redactor([...values, ...(authorization?.split(' ').slice(1) ?? [])]);
}

function parseJson(body: Buffer, url: string): unknown {
  try {
    return JSON.parse(body.toString('utf8')) as unknown;
  } catch {
    throw new Failure('CONFIG', `what is at ${withoutQuery(url)} is not JSON: check the URLs of the server`);
  }
}

function jsonResponse(value: unknown, status = 200): globalThis.Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json' } });
}

function checkUrl(text: string, name: string): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:') && !url.username && !url.password)
    return;
  throw new Failure('CONFIG', `${name} is not an absolute http(s) URL`);
}

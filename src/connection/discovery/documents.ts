/** The well-known documents: where they are, and what they say. Whatever does not fit is as if it were not there. */
import type { ServerDescription } from './suggestion';

/** Where an issuer's metadata can be: RFC 8414 sections 3.1 and 5, OpenID Connect Discovery 1.0 section 4. */
export function issuerDocuments(issuer: URL): URL[] {
  const path = pathOf(issuer);
  const places = [
    `/.well-known/oauth-authorization-server${path}`,
    `${path}/.well-known/openid-configuration`,
    `/.well-known/openid-configuration${path}`,
  ];
  return [...new Set(places)].map((place) => new URL(place, issuer.origin));
}

/** Where a service says who gives out its tokens: RFC 9728 section 3.1. */
export function resourceDocuments(service: URL): URL[] {
  const places = [pathOf(service), ''].map((path) => `/.well-known/oauth-protected-resource${path}`);
  return [...new Set(places)].map((place) => new URL(place, service.origin));
}

/** Who may have published beside the service: its origin, and its whole base URL. */
export function issuersBeside(service: URL): URL[] {
  return [...new Set([service.origin + pathOf(service), service.origin])].map((issuer) => new URL(issuer));
}

/**
 * A document of an authorization server. Its issuer must be the one that it was asked for (RFC 8414 section 3.3): with any
 * other, one server could send people to the login of another.
 */
export function readIssuer(document: unknown, asked: URL): ServerDescription | undefined {
  const { issuer, authorization_endpoint, token_endpoint, grant_types_supported } = objectOf(document);
  if (typeof issuer !== 'string' || withoutSlash(issuer) !== withoutSlash(asked.href)) return undefined;
  if (typeof token_endpoint !== 'string') return undefined;
  const grants = Array.isArray(grant_types_supported) ? (grant_types_supported as unknown[]) : undefined;
  const code = typeof authorization_endpoint === 'string';
  return {
    issuer,
    // left out, it is the code and the implicit grant (RFC 8414 section 2); many leave it out and have more
    code: code && (grants?.includes('authorization_code') ?? true),
    client: grants?.includes('client_credentials') ?? true,
  };
}

/**
 * Issuers that the metadata of a service name. The service must be the one that it is about (RFC 9728 section 3.3), and
 * an issuer is asked only by https, or where the service itself is.
 */
export function readResource(document: unknown, service: URL): URL[] {
  const { resource, authorization_servers: servers } = objectOf(document);
  const about = typeof resource === 'string' ? URL.parse(resource) : null;
  if (!about || about.origin !== service.origin || !isBelow(pathOf(service), pathOf(about))) return [];
  const urls = (Array.isArray(servers) ? (servers as unknown[]) : []).map((issuer) =>
    typeof issuer === 'string' ? URL.parse(issuer) : null,
  );
  return urls.filter((url): url is URL => url !== null && isSafe(url, service)).slice(0, 3);
}

/** Where a server may send us: it must not make us knock elsewhere in the clear. */
export function isSafe(url: URL, service: URL): boolean {
  if (url.username || url.password) return false;
  return url.protocol === 'https:' || url.origin === service.origin;
}

function pathOf({ pathname }: URL): string {
  return withoutSlash(pathname);
}

/** Without a pattern, which many slashes before the end would keep busy for minutes: a server chooses the text. */
function withoutSlash(text: string): string {
  let end = text.length;
  while (text[end - 1] === '/') end--;
  return text.slice(0, end);
}

function isBelow(path: string, prefix: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

import type { Authenticator } from '../../src/connection/auth/authenticator';
import type { Hop } from '../../src/connection/transport';

/** A hop as `Connection` makes it, but for what a test sets. */
export function hop(
  part: { url?: string; method?: string; headers?: Hop['headers']; body?: string } = {},
): Hop {
  return {
    method: part.method ?? 'GET',
    url: new URL(part.url ?? 'http://host.test/path'),
    headers: { ...part.headers },
    body: part.body === undefined ? undefined : Buffer.from(part.body),
  };
}

/** The hop with the credentials on it. */
export async function authorized(authenticator: Authenticator, given: Hop = hop()): Promise<Hop> {
  await authenticator.authorize(given, new AbortController().signal);
  return given;
}

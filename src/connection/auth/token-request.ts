/** The requests that schemes make for themselves, to get a token. */
import { classify, Failure } from '../../exchange/failure';
import type { Connection, Response } from '../connection';

/** A connection for token calls: without credentials, without a base URL, and it follows no redirects. */
export type TokenConnection = Pick<Connection, 'send' | 'close'>;

/** Sends one request for a scheme. @throws Failure of the request, which says that it was not the user's own */
export async function send(
  http: TokenConnection,
  {
    method,
    url,
    headers,
    body,
  }: { method: string; url: string; headers: Record<string, string>; body?: string },
  what: string,
  signal: AbortSignal,
): Promise<Response> {
  try {
    const bytes = body === undefined ? undefined : Buffer.from(body, 'utf8');
    return await http.send({ method, url, headers, body: bytes }, { signal });
  } catch (error) {
    const failure = classify(error);
    if (signal.aborted) throw failure;
    throw new Failure(failure.code, `${what} to ${withoutQuery(url)} failed: ${failure.message}`, {
      retryable: failure.retryable,
    });
  }
}

export function withoutQuery(url: string): string {
  return url.split(/[?#]/)[0]!;
}

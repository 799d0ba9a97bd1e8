import assert from 'node:assert/strict';
import type { Delivery } from '../../../src/webhook/delivery';
import { Refusal } from '../../../src/webhook/refusal';
import type { Verifier } from '../../../src/webhook/verification/verifier';

/** A delivery as it arrives: names of headers in lower case, a URL without its origin. */
export function delivery(
  sent: {
    method?: string;
    url?: string;
    headers?: Record<string, string>;
    body?: Buffer | string;
    ip?: string;
  } = {},
): Delivery {
  const {
    method = 'POST',
    url = 'https://example.test/hooks/in',
    headers = {},
    body = '',
    ip = '192.0.2.1',
  } = sent;
  const { host, pathname, search } = new URL(url);
  const lower = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return {
    method,
    url: pathname + search,
    params: {},
    headers: { host, ...Object.fromEntries(lower) },
    ip,
    body: typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
  };
}

/** How a verifier refuses; undefined when it does not. Whatever else is thrown fails the test. */
export async function refusalOf(verifier: Verifier, delivered: Delivery): Promise<Refusal | undefined> {
  try {
    await verifier.verify(delivered);
    return undefined;
  } catch (error) {
    assert(error instanceof Refusal, String(error));
    return error;
  }
}

/** What the log reads of a refusal, and '' when there is none. */
export async function detailOf(verifier: Verifier, delivered: Delivery): Promise<string> {
  return (await refusalOf(verifier, delivered))?.detail ?? '';
}

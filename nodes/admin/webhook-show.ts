import type { IncomingHttpHeaders } from 'node:http';

const mask = '•••';
/** They carry secrets whatever the verification is. */
const secretHeaders: ReadonlySet<string> = new Set([
  'authorization',
  'cookie',
  'proxy-authorization',
  'x-api-key',
]);
/** Bytes of a Buffer that are shown. */
const mostBytes = 1000;

/** Headers without secrets. @param others names in lower case that carry one too */
export function redactHeaders(
  headers: IncomingHttpHeaders,
  others: readonly string[] = [],
): IncomingHttpHeaders {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      secretHeaders.has(name) || others.includes(name) || /token|secret|password/.test(name) ? mask : value,
    ]),
  );
}

/** A message as the editor can show it: Buffers cut to their beginning. */
export function showMessage(message: object): unknown {
  const text = JSON.stringify(message, (_name, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
    // Buffers come here as what their toJSON makes of them
    if (type !== 'Buffer' || !Array.isArray(data)) return value;
    return { type, data: (data as unknown[]).slice(0, mostBytes), length: data.length };
  });
  return JSON.parse(text) as unknown;
}

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
  return JSON.parse(JSON.stringify(withShortBuffers(message))) as unknown;
}

/** Before JSON makes lists of their numbers, for which a large one would take the memory of many. */
function withShortBuffers(value: unknown): unknown {
  if (Buffer.isBuffer(value)) {
    return { type: 'Buffer', data: [...value.subarray(0, mostBytes)], length: value.length };
  }
  if (Array.isArray(value)) return value.map(withShortBuffers);
  if (typeof value !== 'object' || value === null || 'toJSON' in value) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withShortBuffers(inner)]));
}

import { createHash, hash } from 'node:crypto';
import type { Delivery } from './delivery';
import { parseJson, valueAt } from './verification/json-body';

/** By what a repeated delivery is known. */
export type RepeatSource = { header: string } | { path: string } | 'hash';

/** The id of a delivery, and whether its sender gave it: then it is the event's as well. */
export interface FoundId {
  id: string;
  isSenders: boolean;
}

const longestId = 200;
const longestBody = 16 * 1024 * 1024;

/** Undefined when there is none where it should stand: a repeat of that one is not known. */
export function repeatIdOf(
  source: RepeatSource,
  { headers, body, url }: Delivery,
  payload: unknown,
): FoundId | undefined {
  if (source === 'hash') {
    const digest = createHash('sha256').update(url).update('\n').update(body).digest('base64url');
    return { id: `body ${digest}`, isSenders: false };
  }
  const value = 'header' in source ? headerOf(headers, source.header) : atPath(source.path, body, payload);
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.trim() === '') return undefined;
  return { id: text.length <= longestId ? text : `sha256-${hash('sha256', text)}`, isSenders: true };
}

function headerOf(headers: Delivery['headers'], name: string): unknown {
  const key = name.toLowerCase();
  return Object.hasOwn(headers, key) ? headers[key] : undefined;
}

/** In what was made of the body, or in its JSON where it was read as something else. */
function atPath(path: string, body: Buffer, payload: unknown): unknown {
  const parsed = typeof payload === 'object' && payload !== null && !Buffer.isBuffer(payload);
  return valueAt(parsed ? payload : parseJson(body, longestBody), path);
}

import { getHeader } from '../connection/headers';
import { Failure } from '../exchange/failure';
import { valueAt } from '../exchange/values';
import type { Turn } from './pager';

/**
 * Where an answer says something: a property path in the body, a header, or a property path in the last record ('' for
 * the record itself).
 */
export type Field = { path: string } | { header: string } | { record: string };

/** What an answer says there, undefined when it says nothing. */
export function readField(field: Field, { answer, records }: Turn): unknown {
  if ('header' in field) return getHeader(answer.summary.headers, field.header);
  return 'record' in field ? propertyAt(records.at(-1), field.record) : propertyAt(answer.body, field.path);
}

export function nameField(field: Field): string {
  if ('header' in field) return `the header "${field.header}"`;
  if ('record' in field && field.record === '') return 'the last record';
  return 'record' in field ? `"${field.record}" in the last record` : `"${field.path}" in the answer`;
}

/** @throws Failure CONFIG */
export function checkField(field: Field | undefined, what: string): Field {
  const name = field && ('header' in field ? field.header : 'record' in field ? field.record : field.path);
  if (field && typeof name === 'string' && ('record' in field || name.trim() !== '')) return field;
  throw new Failure('CONFIG', `the pages: it is not said where in the answer ${what} is`);
}

/** A property path whose last name may have dots in it, as `@odata.nextLink` has. */
export function propertyAt(value: unknown, path: string): unknown {
  const plain = valueAt(value, path);
  if (plain !== undefined) return plain;
  for (let dot = path.length; dot > 0;) {
    dot = path.lastIndexOf('.', dot - 1);
    const owner = valueAt(value, path.slice(0, Math.max(dot, 0)));
    const name = path.slice(dot + 1);
    if (owner !== null && typeof owner === 'object' && Object.hasOwn(owner, name)) {
      return (owner as Record<string, unknown>)[name];
    }
  }
  return undefined;
}

/** What APIs write for "there is none": also as the text of a header. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null || value === false || value === '' || value === 'false';
}

/** What APIs write for "no more": as above, or none left. */
export function saysNoMore(value: unknown): boolean {
  return isNothing(value) || value === 0 || value === '0';
}

/** A whole number, also as the text of a header. */
export function asCount(value: unknown): number | undefined {
  const count = typeof value === 'string' && /^\d+$/.test(value.trim()) ? Number(value) : value;
  return Number.isSafeInteger(count) && (count as number) >= 0 ? (count as number) : undefined;
}

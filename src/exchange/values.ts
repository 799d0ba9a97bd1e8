import { Failure } from './failure';

/**
 * A value as the text that a URL, a header or a form carries. What is missing is ''.
 *
 * @throws Failure INVALID_REQUEST for an object that JSON cannot carry (one that contains itself, a BigInt in it)
 */
export function asText(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
    case 'boolean':
    case 'bigint':
      return String(value);
    case 'object':
      if (value === null) return '';
      if (value instanceof Uint8Array) return new TextDecoder().decode(value);
      if (value instanceof Date) return Number.isNaN(value.getTime()) ? '' : value.toISOString();
      return jsonText(value);
    case 'undefined':
    case 'function':
    case 'symbol':
      return '';
  }
}

function jsonText(value: object): string {
  try {
    return JSON.stringify(value) ?? '';
  } catch (cause) {
    throw new Failure('INVALID_REQUEST', 'a value cannot be written as text', { cause });
  }
}

/** Named values as name–text pairs: a list repeats its name, what is missing is left out. */
export function asPairs(values: readonly (readonly [string, unknown])[]): [string, string][] {
  return values.flatMap(([name, value]) => {
    const list: unknown[] = Array.isArray(value) ? value : [value];
    return list
      .filter((item) => item !== undefined && item !== null)
      .map((item): [string, string] => [name, asText(item)]);
  });
}

/** A property path of dots and brackets (`a.b[0].c`), own properties only. '' is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value;
  return path
    .replace(/\[(\d+)\]/g, '.$1')
    .split('.')
    .filter((segment, index) => !(index === 0 && segment === ''))
    .reduce<unknown>(
      (current, segment) =>
        current !== null && typeof current === 'object' && Object.hasOwn(current, segment)
          ? (current as Record<string, unknown>)[segment]
          : undefined,
      value,
    );
}

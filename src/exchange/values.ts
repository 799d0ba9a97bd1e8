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

/**
 * How a list, and an object below it, is written where there are only names and texts.
 *
 * - `repeat`: `a=1&a=2`; objects are JSON
 * - `brackets`: `a[]=1&a[]=2`, objects as `a[b]=1` (PHP, Rails)
 * - `indices`: `a[0]=1&a[1]=2`, objects as `a[b]=1` (qs)
 * - `comma`: `a=1,2`; objects are JSON. A comma in an item cannot be told from the one between two items
 */
export type ListStyle = 'repeat' | 'brackets' | 'indices' | 'comma';

type Pair = [name: string, text: string];
type Write = (name: string, value: unknown) => Pair[];

const styles: Readonly<Record<ListStyle, Write>> = {
  repeat: (name, value) => present(asList(value)).map((item): Pair => [name, asText(item)]),
  comma: (name, value) => {
    const items = present(asList(value));
    return items.length === 0 ? [] : [[name, items.map(asText).join(',')]];
  },
  brackets: (name, value) => nested(name, value, () => ''),
  indices: (name, value) => nested(name, value, String),
};

/**
 * Named values as name–text pairs. What is missing (`undefined`, `null`) is left out, and so is an empty list.
 *
 * @throws Failure INVALID_REQUEST for what has no text, or is nested too deep
 */
export function asPairs(
  values: readonly (readonly [string, unknown])[],
  style: ListStyle = 'repeat',
): [string, string][] {
  return values.flatMap(([name, value]) => styles[style](name, value));
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function present(values: unknown[]): unknown[] {
  return values.filter((value) => value !== undefined && value !== null);
}

const deepest = 100;

function nested(name: string, value: unknown, keyOf: (index: number) => string, level = 0): Pair[] {
  if (value === undefined || value === null) return [];
  if (!isBranch(value)) return [[name, asText(value)]];
  if (level === deepest) {
    throw new Failure(
      'INVALID_REQUEST',
      `a value is nested deeper than ${deepest} levels, or contains itself`,
    );
  }
  const below = Array.isArray(value)
    ? present(value).map((item, index): [string, unknown] => [keyOf(index), item])
    : Object.entries(value);
  return below.flatMap(([key, item]) => nested(`${name}[${key}]`, item, keyOf, level + 1));
}

/** Whether a value has names below it. Bytes, dates and what else writes itself are one text. */
function isBranch(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && !(value instanceof Uint8Array) && !('toJSON' in value)
  );
}

/** A property path of dots and brackets (`a.b[0].c`), own properties only. '' is the value itself. */
export function valueAt(value: unknown, path: string): unknown {
  if (path === '') return value;
  const names = path.replace(/\[(\d+)\]/g, '.$1').split('.');
  return valueBelow(
    value,
    names.filter((name, index) => !(index === 0 && name === '')),
  );
}

/** What names lead to one below the other, own properties only. */
export function valueBelow(value: unknown, names: readonly string[]): unknown {
  return names.reduce<unknown>(
    (current, name) =>
      current !== null && typeof current === 'object' && Object.hasOwn(current, name)
        ? (current as Record<string, unknown>)[name]
        : undefined,
    value,
  );
}

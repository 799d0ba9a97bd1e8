/** The properties of a sample, each with its type and a short sample value. */
import { Unseen, isBranch, type Step } from './known-message';

export type PropertyType =
  'string' | 'number' | 'boolean' | 'null' | 'object' | 'array' | 'buffer' | 'any' | 'secret';

export interface Property {
  /** From the message on. */
  path: readonly Step[];
  type: PropertyType;
  /** Of a value: as text, shortened; '' where nobody has seen one. */
  sample: string;
  /** Of an object or a list that was seen: how many it holds. */
  size?: number;
  children: readonly Property[];
  /** How many below it are not shown. */
  hidden: number;
}

/** Most characters of a sample value. */
export const longestSample = 60;
/** Most steps of a path, names of one object, and properties of all. */
const limits = { depth: 8, names: 100, all: 1000 };

/**
 * Names whose values nobody should read over a shoulder, or in a screenshot. The path can be picked all the same.
 */
const secretName =
  /^(proxy-?)?authorization$|^(set-)?cookies?$|passw|passphrase|secret|credential|token$|api[-_]?key|private[-_]?key|signature$|^otp$|^pin$/i;
/** Values that are secrets whatever they are called: an HTTP credential, a JWT, a URL with a password. */
const secretValue = /^(basic|bearer|digest)\s+\S|^eyJ[\w-]+\.[\w-]+\.|^[a-z][\w+.-]*:\/\/[^\s/@]*:[^\s/@]*@/i;

/** @param message the properties of a message, JSON with `Unseen` in it */
export function propertiesOf(message: Readonly<Record<string, unknown>>): Property[] {
  const budget = { left: limits.all };
  return Object.entries(message).flatMap(([name, value]) => {
    if (name === '_msgid' || budget.left <= 0) return [];
    return [property([name], value, isSecret(name), budget)];
  });
}

function property(
  path: readonly Step[],
  value: unknown,
  secret: boolean,
  budget: { left: number },
): Property {
  budget.left--;
  const type = typeOf(value);
  const leaf = { path, children: [], hidden: 0 };
  if (type !== 'object' && type !== 'array') {
    const hides = secret || (typeof value === 'string' && secretValue.test(value));
    if (hides && type !== 'null' && value !== '') return { ...leaf, type: 'secret', sample: '' };
    return { ...leaf, type, sample: sampleOf(value) };
  }
  if (!isBranch(value)) return { ...leaf, type, sample: '' };
  const entries: [Step, unknown][] = Array.isArray(value)
    ? (value as unknown[]).slice(0, 1).map((item, index) => [index, item])
    : Object.entries(value);
  const shown = path.length < limits.depth ? entries.slice(0, limits.names) : [];
  const children = shown.flatMap(([step, below]) => {
    if (budget.left <= 0) return [];
    return [property([...path, step], below, secret || isSecret(step), budget)];
  });
  const size = Array.isArray(value) ? value.length : entries.length;
  return { path, type, sample: '', size, children, hidden: entries.length - children.length };
}

function isSecret(step: Step): boolean {
  return typeof step === 'string' && secretName.test(step);
}

function typeOf(value: unknown): PropertyType {
  if (value instanceof Unseen) return value.type;
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'object') return (value as { type?: unknown }).type === 'Buffer' ? 'buffer' : 'object';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return typeof value as PropertyType;
  return 'any';
}

function sampleOf(value: unknown): string {
  if (value instanceof Unseen || value === undefined || typeof value === 'object')
    return value === null ? 'null' : '';
  const text = (typeof value === 'string' ? value : JSON.stringify(value)).replace(/\s+/g, ' ');
  // not through the middle of a character
  const characters = [...text.slice(0, longestSample * 2)];
  return characters.length > longestSample || text.length > longestSample * 2
    ? `${characters.slice(0, longestSample).join('')}…`
    : text;
}

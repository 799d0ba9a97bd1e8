import type { NodeMessage } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import type { Overridable } from './config';

type Named = [name: string, value: unknown];

/** What `msg.request` says of a request; only the fields that the node lets it replace. */
export interface Overrides {
  /** As it stands: no template. */
  url?: string;
  method?: string;
  /** By name; null takes one away. */
  headers?: Record<string, unknown>;
  query?: Record<string, unknown>;
  body?: unknown;
  /** Milliseconds for the whole answer. */
  timeout?: number;
}

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isObject: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

const forms: Readonly<Record<Overridable, [Check, string]>> = {
  url: [isText, 'a text'],
  method: [isText, 'a text'],
  headers: [isObject, 'an object'],
  query: [isObject, 'an object'],
  body: [() => true, ''],
  timeout: [(value) => Number.isFinite(value) && (value as number) > 0, 'a number of milliseconds'],
};

/** @throws Failure INVALID_REQUEST for a field that is there and is of another form */
export function overridesOf(msg: NodeMessage, allowed: readonly Overridable[]): Overrides {
  const { request } = msg as { request?: unknown };
  if (allowed.length === 0 || typeof request !== 'object' || request === null) return {};
  const given = Object.entries(request).filter(
    ([name, value]) => value !== undefined && (allowed as readonly string[]).includes(name),
  );
  for (const [name, value] of given) {
    const [check, what] = forms[name as Overridable];
    if (!check(value)) throw new Failure('INVALID_REQUEST', `msg.request.${name} must be ${what}`);
  }
  return Object.fromEntries(given);
}

/** The rows with those of an override in the place of the ones that have their names. */
export function replaced(
  rows: readonly Named[],
  override: Record<string, unknown> | undefined,
  sameName: (name: string) => string = (name) => name,
): Named[] {
  if (!override) return [...rows];
  const names = new Set(Object.keys(override).map(sameName));
  return [...rows.filter(([name]) => !names.has(sameName(name))), ...Object.entries(override)];
}

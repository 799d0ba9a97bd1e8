/** What is known of a message at one place of a flow. Values are never changed: each step makes new ones. */

/** A value that nobody has seen yet. */
export class Unseen {
  /** @param type as `typeof` says it, with `array`, `buffer` and, when even that is not known, `any` */
  constructor(
    readonly type: 'string' | 'number' | 'boolean' | 'object' | 'array' | 'buffer' | 'any' = 'any',
  ) {}
}

/** A property of a message. */
export interface Known {
  /** JSON, with `Unseen` where only the name is known. */
  value: unknown;
  /** Id of the node that put it there. */
  by: string;
}

/** By the name of the property. */
export type KnownMessage = ReadonlyMap<string, Known>;

export type Step = string | number;

export const nothing: KnownMessage = new Map();

/**
 * A property expression of Node-RED as its steps: `a["b c"][0]` is `a`, `b c`, `0`.
 *
 * @returns undefined for what is none, and for one that depends on the message (`a[msg.b]`)
 */
export function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = [];
  const next = /(?:^|\.)([^.[\]"'\s]+)|\[(\d+)\]|\["([^"]+)"\]|\['([^']+)'\]/y;
  while (next.lastIndex < path.length) {
    const found = next.exec(path);
    if (!found) return undefined;
    const [, name, index, ...quoted] = found;
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? quoted.find((text) => text !== undefined)!);
  }
  return typeof steps[0] === 'string' ? steps : undefined;
}

/** The message with values of one node. */
export function withValues(
  message: KnownMessage,
  by: string,
  values: Readonly<Record<string, unknown>>,
): KnownMessage {
  return new Map([
    ...message,
    ...Object.entries(values).map(([name, value]): [string, Known] => [name, { value, by }]),
  ]);
}

export function without(message: KnownMessage, path: string): KnownMessage {
  const [first, ...rest] = stepsOf(path) ?? [];
  const known = typeof first === 'string' ? message.get(first) : undefined;
  if (!known) return message;
  const changed = new Map(message);
  if (rest.length === 0) changed.delete(first as string);
  else changed.set(first as string, { ...known, value: removedAt(known.value, rest) });
  return changed;
}

/** What is known of a path; undefined when it is not there. */
export function valueIn(message: KnownMessage, path: string): unknown {
  const [first, ...rest] = stepsOf(path) ?? [];
  if (typeof first !== 'string') return undefined;
  return rest.reduce(valueBelow, message.get(first)?.value);
}

/** The message with a value at a path. What somebody else's object gets stays in that one's name. */
export function withValueAt(message: KnownMessage, by: string, path: string, value: unknown): KnownMessage {
  const [first, ...rest] = stepsOf(path) ?? [];
  if (typeof first !== 'string') return message;
  const before = rest.length > 0 ? message.get(first) : undefined;
  const owner = before && isBranch(before.value) ? before.by : by;
  return new Map(message).set(first, { value: placedAt(before?.value, rest, value), by: owner });
}

/** Whether a value has others below it. */
export function isBranch(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !(value instanceof Unseen);
}

/** Own properties only; the first of a list that is not known by its entries stands for all. */
function valueBelow(value: unknown, step: Step): unknown {
  if (value instanceof Unseen)
    return value.type === 'any' || value.type === 'object' ? new Unseen() : undefined;
  return isBranch(value) && Object.hasOwn(value, step) ? value[step] : undefined;
}

function placedAt(value: unknown, [step, ...rest]: Step[], placed: unknown): unknown {
  if (step === undefined) return placed;
  const copy = Array.isArray(value) ? [...(value as unknown[])] : isBranch(value) ? { ...value } : {};
  // not by an assignment: `__proto__` is a name like any other here
  const below = placedAt(Object.hasOwn(copy, step) ? (copy as never)[step] : undefined, rest, placed);
  Object.defineProperty(copy, step, { value: below, enumerable: true, writable: true, configurable: true });
  return copy;
}

function removedAt(value: unknown, [step, ...rest]: Step[]): unknown {
  if (!isBranch(value) || step === undefined || !Object.hasOwn(value, step)) return value;
  if (rest.length > 0) return placedAt(value, [step], removedAt(value[step], rest));
  if (Array.isArray(value)) return (value as unknown[]).filter((_, index) => index !== step);
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== step));
}

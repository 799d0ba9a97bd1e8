import { Failure } from '../failure';
import type { EncodedBody } from './encoded';
import { jsonValueBody } from './json';

/**
 * Rows of a table as one JSON object: a name is a path (`a.b[0].c`, a name with dots in it as `a["b.c"]`). Rows without
 * a value are left out; in a list they are `null`, so that the others keep their places.
 *
 * @throws Failure CONFIG for names that cannot be read or contradict each other; INVALID_REQUEST for a value that JSON
 *   cannot carry
 */
export function jsonFieldsBody(rows: readonly (readonly [string, unknown])[]): EncodedBody<Buffer> {
  return jsonValueBody(valueOf(grow(rows)));
}

/** @throws Failure CONFIG for names that cannot be read or contradict each other */
export function checkJsonFields(names: readonly string[]): void {
  valueOf(grow(names.map((name) => [name, undefined])));
}

/** A place in the object: a row's value, or what is below it by name or by position. */
type Place =
  | { kind: 'value'; value: unknown }
  | { kind: 'object'; below: Map<string, Place> }
  | { kind: 'list'; below: Map<number, Place> };

type Step = string | number;

function grow(rows: readonly (readonly [string, unknown])[]): Place {
  let root: Place | undefined;
  for (const [name, value] of rows) {
    const path = stepsOf(name);
    const leaf: Place = { kind: 'value', value };
    root ??= emptyFor(path[0]!);
    let place = root;
    path.forEach((step, index) => {
      const below = belowOf(place, step, name);
      const known = below.get(step);
      const last = index === path.length - 1;
      if (last && known) throw conflict(name);
      const next = known ?? (last ? leaf : emptyFor(path[index + 1]!));
      below.set(step, next);
      place = next;
    });
  }
  return root ?? emptyFor('');
}

function emptyFor(step: Step): Place {
  return typeof step === 'number' ? { kind: 'list', below: new Map() } : { kind: 'object', below: new Map() };
}

function belowOf(place: Place, step: Step, name: string): Map<Step, Place> {
  const kind = typeof step === 'number' ? 'list' : 'object';
  if (place.kind === 'value' || place.kind !== kind) throw conflict(name);
  return place.below;
}

function conflict(name: string): Failure {
  return new Failure(
    'CONFIG',
    `the field "${name}" contradicts another field of the body: a name has one value, or fields below it, or a list`,
  );
}

function valueOf(place: Place): unknown {
  if (place.kind === 'value') return place.value;
  if (place.kind === 'object') {
    // own properties, whatever their names are: `__proto__` too
    return Object.fromEntries([...place.below].map(([name, below]) => [name, valueOf(below)]));
  }
  return Array.from({ length: place.below.size }, (_, index) => {
    const below = place.below.get(index);
    if (!below) throw new Failure('CONFIG', `a list of the body has no element ${index}, but one after it`);
    return valueOf(below);
  });
}

/** @throws Failure CONFIG */
function stepsOf(name: string): Step[] {
  const steps: Step[] = [];
  const part = /\.?([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/y;
  const whole = name.trim();
  while (part.lastIndex < whole.length) {
    const start = part.lastIndex;
    const match = part.exec(whole);
    const startsWithDot = whole[start] === '.';
    // a dot stands between two names, and nowhere else
    const plain = match?.[1] !== undefined;
    if (!match || (plain && start > 0 && !startsWithDot) || (startsWithDot && start === 0))
      throw unreadable(name);
    steps.push(
      plain ? match[1]! : match[2] !== undefined ? Number(match[2]) : (JSON.parse(match[3]!) as string),
    );
  }
  if (steps.length === 0) throw unreadable(name);
  return steps;
}

function unreadable(name: string): Failure {
  return new Failure(
    'CONFIG',
    name.trim() === ''
      ? 'a field of the body has no name'
      : `"${name}" is not a path of names and [positions]`,
  );
}

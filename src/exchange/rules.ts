/** A condition as rules over a value: what somebody can set who writes no expressions. */
import { Failure } from './failure';
import { asText, valueAt } from './values';

/** As dialogs save it. */
export interface Rule {
  /** A path into the value: `payload.total`, `payload.items[0].id`. Only own properties are looked at. */
  property: string;
  operator: RuleOperator;
  /** Not looked at by `exists` and `missing`. */
  value: string;
}

export type RuleOperator = keyof typeof operators;

type Holds = (found: unknown, value: string) => boolean;

/**
 * What each operator says of what is found. A value is text, so a number or a boolean that is found is compared by what it
 * means: 5 equals "5.0". What is missing equals nothing, and is neither more nor less than anything.
 */
const operators = {
  equals,
  'not-equals': (found, value) => !equals(found, value),
  contains,
  'not-contains': (found, value) => !contains(found, value),
  'starts-with': (found, value) => typeof found === 'string' && found.startsWith(value),
  'ends-with': (found, value) => typeof found === 'string' && found.endsWith(value),
  more: (found, value) => compare(found, value) > 0,
  'at-least': (found, value) => compare(found, value) >= 0,
  less: (found, value) => compare(found, value) < 0,
  'at-most': (found, value) => compare(found, value) <= 0,
  exists: (found) => found !== undefined && found !== null,
  missing: (found) => found === undefined || found === null,
} satisfies Record<string, Holds>;

export const ruleOperators = Object.keys(operators) as RuleOperator[];

const ordering: readonly RuleOperator[] = ['more', 'at-least', 'less', 'at-most'];

/** Whether an operator looks at a rule's value. */
export function takesValue(operator: RuleOperator): boolean {
  return operator !== 'exists' && operator !== 'missing';
}

/** Whether an operator needs a number or a date. */
export function takesOrder(operator: RuleOperator): boolean {
  return ordering.includes(operator);
}

/** Whether a text is a number or a date with which an ordering operator can do something. */
export function isOrdered(text: string): boolean {
  return numberOf(text) !== undefined || dateOf(text) !== undefined;
}

/**
 * @param match whether all rules must hold, or one of them; no rules hold for everything
 * @throws Failure CONFIG for a rule that cannot work
 */
export function compileRules(rules: readonly Rule[], match: 'all' | 'any'): (value: unknown) => boolean {
  const tests = rules.map((rule, index) => testOf(rule, index + 1));
  if (tests.length === 0) return () => true;
  return (value) =>
    match === 'any' ? tests.some((test) => test(value)) : tests.every((test) => test(value));
}

function testOf({ property, operator, value: given }: Rule, number: number): (root: unknown) => boolean {
  const path = asText(property).trim();
  // an environment variable of a flow can be a number
  const value = asText(given);
  if (path === '') throw new Failure('CONFIG', `rule ${number} of the condition names no property`);
  if (!Object.hasOwn(operators, operator)) {
    throw new Failure('CONFIG', `rule ${number} of the condition: "${String(operator)}" is no comparison`);
  }
  if (takesOrder(operator) && !isOrdered(value)) {
    throw new Failure('CONFIG', `rule ${number} of the condition: "${value}" is no number and no date`);
  }
  const holds: Holds = operators[operator];
  return (root) => holds(valueAt(root, path), value);
}

function equals(found: unknown, value: string): boolean {
  if (typeof found === 'string') return found === value;
  if (typeof found === 'number') return found === numberOf(value);
  return typeof found === 'boolean' && String(found) === value.trim();
}

/** A part of a text, or an entry of a list. */
function contains(found: unknown, value: string): boolean {
  if (typeof found === 'string') return found.includes(value);
  return Array.isArray(found) && found.some((entry) => equals(entry, value));
}

/** Not a number where the two cannot be compared: then nothing is more, less or the same. */
function compare(found: unknown, value: string): number {
  const number = typeof found === 'number' ? found : typeof found === 'string' ? numberOf(found) : undefined;
  const other = numberOf(value);
  if (number !== undefined && other !== undefined) return number - other;
  const date = typeof found === 'string' ? dateOf(found) : undefined;
  return (date ?? Number.NaN) - (dateOf(value) ?? Number.NaN);
}

function numberOf(text: string): number | undefined {
  const number = text.trim() === '' ? Number.NaN : Number(text);
  return Number.isNaN(number) ? undefined : number;
}

/** ISO 8601: a day, with a time or without. */
function dateOf(text: string): number | undefined {
  const date = /^\s*\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(date) ? undefined : date;
}

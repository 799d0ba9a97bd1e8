/** Checks of templates and of the tables whose values are templates; apart, because they bring the parser along. */
import Mustache from 'mustache';
import type { TypedRow } from '../runtime/rows';
import { isEnvironment, nameProblem, type NameKind } from './checks';
import type { Texts } from './texts';

/** The parser's reason why a template does not parse. */
export function templateProblem(text: string, t: Texts): string | undefined {
  try {
    Mustache.parse(text);
    return undefined;
  } catch (error) {
    return t('error.template', { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** A value and what it is. */
export type TypedValue = Pick<TypedRow, 'value' | 'type'>;

/** What the runtime would refuse; a type that Node-RED knows is judged in Node-RED's words. */
export function typedValueProblem({ value, type }: TypedValue, t: Texts): string | undefined {
  if (isEnvironment(value)) return undefined;
  if (!type || type === 'str') return templateProblem(value, t);
  if (type === 'num' && value.trim() === '') return RED._('validator.errors.invalid-num');
  const verdict = RED.utils.validateTypedProperty(value, type);
  return verdict === true ? undefined : verdict;
}

/** A row of a table of typed values. */
export function rowProblem(row: TypedRow, kind: NameKind, t: Texts): string | undefined {
  return nameProblem(row.name, kind, t) ?? typedValueProblem(row, t);
}

/** The first thing wrong in a table, with the row's name in front. */
export function tableProblem(rows: unknown, kind: NameKind, t: Texts): string | undefined {
  if (!Array.isArray(rows)) return undefined;
  for (const row of rows as TypedRow[]) {
    const problem = rowProblem(row, kind, t);
    if (problem) return row.name ? `${row.name}: ${problem}` : problem;
  }
  return undefined;
}

/** Checks of templates and of the tables whose values are templates; apart, because they bring the parser along. */
import Mustache from 'mustache';
import type { TypedRow } from '../runtime/rows';
import { nameProblem, type NameKind } from './checks';
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

/** A row of a table of typed values. The value's own type is checked where it is edited; templates are checked here. */
export function rowProblem(row: TypedRow, kind: NameKind, t: Texts): string | undefined {
  const name = nameProblem(row.name, kind, t);
  if (name) return name;
  return row.type === 'str' ? templateProblem(row.value, t) : undefined;
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

/** What the dialogs check. Each answers `undefined` when the value is fine, else what is wrong. */
import type { Texts } from './texts';

/** A field's value as text; what is missing is ''. */
export function asText(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : '';
}

/** A value that Node-RED replaces by an environment variable when the flow starts: only as the whole value. */
export function isEnvironment(value: unknown): boolean {
  return typeof value === 'string' && /^\$(\{\w+\}|\(\w+\))$/.test(value);
}

/** What Node-RED shows and sends in place of a stored secret that was not touched. */
export const stored = '__PWRD__';

/** A token of RFC 9110: what a method or a header name is made of. */
export function isToken(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text);
}

/** A property path such as `data.items[0].id`. */
export function isPropertyPath(text: string): boolean {
  try {
    return RED.utils.validatePropertyExpression(text) === true;
  } catch {
    return false;
  }
}

/** A path in an answer's data: names with dots between them, `[0]` for an entry of a list; other brackets are not read. */
export function isDataPath(text: string): boolean {
  const segments = text.replace(/\[(\d+)\]/g, '.$1').split('.');
  return segments.every(
    (segment, index) => /^[^[\]]+$/.test(segment) || (segment === '' && index === 0 && text.startsWith('[')),
  );
}

export type NameKind = 'header' | 'parameter';

export function nameProblem(name: string, kind: NameKind, t: Texts): string | undefined {
  if (name.trim() === '') return t('error.nameMissing');
  if (isEnvironment(name.trim())) return undefined;
  if (kind === 'header' && !isToken(name.trim())) return t('error.headerName', { name });
  return undefined;
}

/** Node-RED's validators answer `true` for fine. Outside a dialog they are told the field's label: the reason names it. */
export function verdict(problem: string | undefined, { label }: { label?: string } = {}): Verdict {
  if (!problem) return true;
  return label ? `${label}: ${problem}` : problem;
}

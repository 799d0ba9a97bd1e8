import { asText } from './checks';
import type { Texts } from './texts';

export interface Range {
  min: number;
  max: number;
  whole?: boolean;
}

export function numberProblem(value: unknown, { min, max, whole }: Range, t: Texts): string | undefined {
  // A flow written by hand: the default holds.
  if (value === undefined) return undefined;
  const text = asText(value).trim();
  const number = Number(text);
  const fine = text !== '' && number >= min && number <= max && (!whole || Number.isInteger(number));
  return fine ? undefined : t(whole ? 'error.wholeNumber' : 'error.number', { min, max });
}

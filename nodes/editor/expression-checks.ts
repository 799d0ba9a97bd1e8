/** Checks of what a field holds as an expression; apart, because not every dialog has their texts. */
import { parseStatuses } from '../../src/exchange/success';
import type { Texts } from './texts';

/** Why a JSONata expression does not parse; '' is none and fine. */
export function jsonataProblem(value: string, t: Texts): string | undefined {
  if (value.trim() === '') return undefined;
  try {
    jsonata(value);
    return undefined;
  } catch (error) {
    return t('error.condition', { reason: (error as { message?: string }).message ?? '' });
  }
}

/** `2xx, 304, 400-404`; '' is none and fine. */
export function statusesProblem(value: string, t: Texts): string | undefined {
  if (value.trim() === '') return undefined;
  try {
    parseStatuses(value);
    return undefined;
  } catch {
    return t('error.statuses');
  }
}

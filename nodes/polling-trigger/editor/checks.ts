/** What the fields of a poll are checked for. Each answers `undefined` when the value is fine. */
import { isDataPath } from '../../editor/checks';
import { jsonataProblem, statusesProblem } from '../../editor/expression-checks';
import { numberProblem } from '../../editor/number-check';
import { templateProblem } from '../../editor/template-checks';
import { textsOf } from '../../editor/texts';
import type { PollingTriggerConfig } from '../config';

export const t = textsOf('polling-trigger');

export function urlProblem(url: string): string | undefined {
  return templateProblem(url, t);
}

export function successProblem(list: string): string | undefined {
  return list.trim() === '' ? t('error.statuses') : statusesProblem(list, t);
}

export function conditionProblem(condition: string): string | undefined {
  return jsonataProblem(condition, t);
}

/** A path in the answer or in a record; '' is none and fine. */
export function pathProblem(path: string): string | undefined {
  return path.trim() === '' || isDataPath(path.trim()) ? undefined : t('error.path');
}

const keys: Record<PollingTriggerConfig['keyKind'], (key: string) => string | undefined> = {
  properties: (list) => {
    const paths = list
      .split(',')
      .map((path) => path.trim())
      .filter(Boolean);
    if (paths.length === 0) return t('error.keyMissing');
    const wrong = paths.find((path) => !isDataPath(path));
    return wrong === undefined ? undefined : t('error.key', { path: wrong });
  },
  jsonata: (key) => (key.trim() === '' ? t('error.keyExpression') : jsonataProblem(key, t)),
  content: () => undefined,
};

export function keyProblem(key: string, kind: PollingTriggerConfig['keyKind']): string | undefined {
  return keys[kind]?.(key);
}

const isoDate = /^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.,]\d{1,18})?)?\s?(Z|[+-]\d\d(:?\d\d)?)?)?$/i;

/** A date, a number, or another value of the cursor's field; what looks like a date must be one. */
export function startProblem(value: string): string | undefined {
  const text = value.trim();
  if (text === '') return t('error.startMissing');
  if (!/^\d{4}-\d\d/.test(text)) return undefined;
  const day = text.slice(0, 10);
  const date = new Date(`${day}T00:00:00Z`);
  // February has no 30th, which Date reads as a day of March
  const exists = !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
  return isoDate.test(text) && exists ? undefined : t('error.start');
}

/** The first run's date: only the cursor's field says which records come before it. */
export function sinceProblem(value: string, cursor: string): string | undefined {
  return cursor.trim() === '' ? t('error.sinceCursor') : startProblem(value);
}

const secondsIn: Record<string, number> = { s: 1, m: 60, h: 3600 };
const longestInterval = 366 * 24 * 3600;

/** From a second to a year, in the chosen unit. */
export function intervalProblem(value: string, unit: string): string | undefined {
  const max = longestInterval / (secondsIn[unit] ?? 1);
  return numberProblem(value, { min: unit === 's' ? 1 : 0.1, max }, t);
}

/** Coarsely: the runtime reads it. */
export function cronProblem(pattern: string): string | undefined {
  const fields = pattern.trim().split(/\s+/);
  const fine = (fields.length === 5 || fields.length === 6) && fields.every((field) => isCronField(field));
  return fine ? undefined : t('error.cron');
}

function isCronField(field: string): boolean {
  return /^[\d*?/,#LW+-]*$/i.test(field.replace(/[a-z]{3}/gi, '1'));
}

export function zoneProblem(zone: string): string | undefined {
  if (zone.trim() === '') return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone.trim() });
    return undefined;
  } catch {
    return t('error.zone', { zone });
  }
}

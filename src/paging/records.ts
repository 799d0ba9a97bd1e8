import type { DecodedAnswer } from '../exchange/exchange';
import { isXmlType, mediaType, type DecodeKind } from '../exchange/decode';
import { getHeader } from '../connection/headers';
import { Failure } from '../exchange/failure';
import { valueAt } from '../exchange/values';
import { xmlRecords } from './xml-records';

/**
 * The list in an answer. An empty one is fine; one that is missing is not "nothing new".
 *
 * @param path property path; '' for the answer itself when that is a list, else for the only list among its properties
 * @param isXml the answer was XML, where nothing stands for an empty list: see `xml-records.ts`
 * @throws Failure RECORDS_NOT_FOUND
 */
export function recordsIn(answer: unknown, path: string, isXml = false): readonly unknown[] {
  if (isXml) return xmlRecords(answer, path);
  return path === '' ? only(answer).list : at(answer, path);
}

/** The same for the answers to one series of requests: the property that was found in the first holds for all. */
export function recordsFinder(path: string): (answer: unknown, isXml?: boolean) => readonly unknown[] {
  if (path !== '') return (answer, isXml) => recordsIn(answer, path, isXml);
  let property: string | undefined;
  return (answer, isXml) => {
    if (isXml) return xmlRecords(answer, path);
    if (property !== undefined) return property === '' ? itself(answer) : own(answer, property);
    const found = only(answer);
    property = found.property;
    return found.list;
  };
}

/** Whether an answer was read as XML. @param decode how it was to be read */
export function wasXml({ summary }: Pick<DecodedAnswer, 'summary'>, decode: DecodeKind = 'auto'): boolean {
  if (decode !== 'auto') return decode === 'xml';
  return isXmlType(mediaType(getHeader(summary.headers, 'content-type') ?? ''));
}

function at(answer: unknown, path: string): readonly unknown[] {
  const value = valueAt(answer, path);
  // an empty list of a Go program; it is there, so it is not the path that is wrong
  if (value === null) return [];
  return asList(value, `"${path}" in the answer`, answer, path);
}

function own(answer: unknown, property: string): readonly unknown[] {
  const value = Object.entries(answer ?? {}).find(([name]) => name === property)?.[1] as unknown;
  return asList(value, `"${property}" in the answer`, answer, property);
}

function itself(answer: unknown): readonly unknown[] {
  return asList(answer, 'the answer', answer, '');
}

function asList(value: unknown, where: string, answer: unknown, path: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  const what = value === undefined ? 'missing' : `${describe(value)}, not a list`;
  throw new Failure('RECORDS_NOT_FOUND', `${where} is ${what}${hint(answer, path)}`);
}

function only(answer: unknown): { property: string; list: readonly unknown[] } {
  const [first, ...others] = listsIn(answer);
  if (Array.isArray(answer) || !first) return { property: '', list: itself(answer) };
  if (others.length === 0) return first;
  const names = [first, ...others].map(({ property }) => `"${property}"`).join(', ');
  throw new Failure(
    'RECORDS_NOT_FOUND',
    `the answer has several lists, ${names}: name the one with the records`,
  );
}

function listsIn(answer: unknown): { property: string; list: readonly unknown[] }[] {
  if (answer === null || typeof answer !== 'object' || Array.isArray(answer)) return [];
  return Object.entries(answer).flatMap(([property, list]) =>
    Array.isArray(list) ? [{ property, list: list as unknown[] }] : [],
  );
}

function describe(value: unknown): string {
  if (value === null) return 'null';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** Where a list is, when it is in plain sight: the most frequent mistake is a path that is not quite right. */
function hint(answer: unknown, path: string): string {
  if (Array.isArray(answer)) return path === '' ? '' : ': the answer itself is a list, leave the path empty';
  const names = listsIn(answer).map(({ property }) => `"${property}"`);
  return names.length === 0 ? '' : `: there is a list in ${names.slice(0, 3).join(', ')}`;
}

/** What the fields of a request are checked for. Each answers `undefined` when the value is fine. */
import { checkJsonFields } from '../../../src/exchange/body/json-fields';
import { isDataPath, isPropertyPath, isToken } from '../../editor/checks';
import { jsonataProblem, statusesProblem } from '../../editor/expression-checks';
import * as request from '../../editor/request-checks';
import { templateProblem } from '../../editor/template-checks';
import { textsOf } from '../../editor/texts';
import type { TypedRow } from '../../runtime/rows';
import type { BodyKind } from '../config';

export const t = textsOf('send-request');

export function methodProblem(method: string): string | undefined {
  return method === '' || isToken(method) ? undefined : t('error.method', { method });
}

export function urlProblem(url: string): string | undefined {
  return templateProblem(url, t);
}

export function successProblem(list: string): string | undefined {
  return list.trim() === '' ? t('error.statuses') : statusesProblem(list, t);
}

export function conditionProblem(condition: string): string | undefined {
  return jsonataProblem(condition, t);
}

export function propertyProblem(path: string): string | undefined {
  return isPropertyPath(path) ? undefined : t('error.property');
}

/** A path in the answer's body; '' is all of it. */
export function partProblem(path: string): string | undefined {
  return path.trim() === '' || isDataPath(path.trim()) ? undefined : t('error.path');
}

/** The path of a file: a template. */
export function fileProblem(path: string): string | undefined {
  return path.trim() === '' ? t('error.fileMissing') : templateProblem(path, t);
}

export const contentTypeProblem = (value: string): string | undefined => request.contentTypeProblem(value, t);

export const variablesProblem = (text: string): string | undefined => request.variablesProblem(text, t);

export const bodyProblem = (text: string, kind: BodyKind): string | undefined =>
  request.bodyProblem(text, kind, t);

/** The fields of a JSON body: their names are paths into one object. */
export function fieldNamesProblem(rows: readonly TypedRow[]): string | undefined {
  try {
    checkJsonFields(rows.map(({ name }) => name.trim()).filter(Boolean));
    return undefined;
  } catch (error) {
    return t('error.fields', { reason: (error as Error).message });
  }
}

/** What the fields of a request are checked for. Each answers `undefined` when the value is fine. */
import { checkJsonFields } from '../../../src/exchange/body/json-fields';
import { isEnvironment, isPropertyPath, isToken } from '../../editor/checks';
import { jsonataProblem, statusesProblem } from '../../editor/expression-checks';
import { jsonTemplateProblem } from '../../editor/json-template-check';
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

/** The path of a file: a template. */
export function fileProblem(path: string): string | undefined {
  return path.trim() === '' ? t('error.fileMissing') : templateProblem(path, t);
}

/** `type/subtype`, parameters behind it; '' is the kind's own. */
export function contentTypeProblem(value: string): string | undefined {
  const fine =
    value === '' || isEnvironment(value) || /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+ *(;[\t\x20-\x7e]*)?$/.test(value);
  return fine ? undefined : t('error.contentType');
}

export function variablesProblem(text: string): string | undefined {
  return text.trim() === '' ? undefined : jsonTemplateProblem(text, t);
}

/** What a body's text can be; a kind that is not here has none. */
const texts: Partial<Record<BodyKind, (text: string) => string | undefined>> = {
  json: (text) => jsonTemplateProblem(text, t),
  xml: (text) => templateProblem(text, t),
  text: (text) => templateProblem(text, t),
  jsonata: (text) => (text.trim() === '' ? t('error.jsonataMissing') : jsonataProblem(text, t)),
  // the query is no template: what varies is in its variables
  graphql: (text) => (text.trim() === '' ? t('error.queryMissing') : undefined),
};

export function bodyProblem(text: string, kind: BodyKind): string | undefined {
  return texts[kind]?.(text);
}

/** The fields of a JSON body: their names are paths into one object. */
export function fieldNamesProblem(rows: readonly TypedRow[]): string | undefined {
  try {
    checkJsonFields(rows.map(({ name }) => name.trim()).filter(Boolean));
    return undefined;
  } catch (error) {
    return t('error.fields', { reason: (error as Error).message });
  }
}

/** Checks of what a request sends: the body of each kind, its media type. */
import type { BodyKind } from '../send-request/config';
import { isEnvironment } from './checks';
import { jsonataProblem } from './expression-checks';
import { jsonTemplateProblem } from './json-template-check';
import { templateProblem } from './template-checks';
import type { Texts } from './texts';

/** What a body's text can be; a kind that is not here has none. */
const texts: Partial<Record<BodyKind, (text: string, t: Texts) => string | undefined>> = {
  json: jsonTemplateProblem,
  xml: templateProblem,
  text: templateProblem,
  jsonata: (text, t) => (text.trim() === '' ? t('error.jsonataMissing') : jsonataProblem(text, t)),
  // the query is no template: what varies is in its variables
  graphql: (text, t) => (text.trim() === '' ? t('error.queryMissing') : undefined),
};

export function bodyProblem(text: string, kind: BodyKind, t: Texts): string | undefined {
  return texts[kind]?.(text, t);
}

/** Of GraphQL: a JSON object; '' is none and fine. */
export function variablesProblem(text: string, t: Texts): string | undefined {
  return text.trim() === '' ? undefined : jsonTemplateProblem(text, t);
}

/** `type/subtype`, parameters behind it; '' is the kind's own. */
export function contentTypeProblem(value: string, t: Texts): string | undefined {
  const fine =
    value === '' || isEnvironment(value) || /^[\w!#$&^.+-]+\/[\w!#$&^.+*-]+ *(;[\t\x20-\x7e]*)?$/.test(value);
  return fine ? undefined : t('error.contentType');
}

/** What the fields of a webhook are checked for. Each answers `undefined` when the value is fine. */
import { PathPattern } from '../../../src/webhook/path-pattern';
import { wrongAddress } from '../../editor/addresses';
import { isEnvironment, isToken } from '../../editor/checks';
import { jsonataProblem } from '../../editor/expression-checks';
import { textsOf } from '../../editor/texts';
import type { TypedRow } from '../../runtime/rows';
import { tableProblem } from '../../editor/template-checks';

export const t = textsOf('webhook-trigger');

export function pathProblem(path: string): string | undefined {
  if (path.replaceAll('/', '').trim() === '') return t('error.pathMissing');
  try {
    new PathPattern(path);
    return undefined;
  } catch (error) {
    return t('error.path', { reason: error instanceof Error ? error.message : String(error) });
  }
}

/** '' is wrong. */
export function headerProblem(name: string): string | undefined {
  if (name.trim() === '') return t('error.nameMissing');
  return isToken(name.trim()) ? undefined : t('error.headerName', { name });
}

/** A path into JSON: names and indexes between dots; '' is wrong. */
export function jsonPathProblem(path: string): string | undefined {
  const steps = path.trim().split('.');
  return steps.every((step) => step.trim() !== '' && !/[[\]*]/.test(step)) ? undefined : t('error.jsonPath');
}

/** The same, with `*` for each entry of a list. */
export function tokenPathProblem(path: string): string | undefined {
  return jsonPathProblem(path.replace(/(^|\.)\*(?=\.|$)/g, '$1each'));
}

export function userProblem(user: string): string | undefined {
  return user.includes(':') ? t('error.userColon') : undefined;
}

/** `https://example.com`, or a whole URL; '' is fine. */
export function publicUrlProblem(text: string): string | undefined {
  const url = text.trim();
  if (url === '') return undefined;
  return /^https?:\/\/[^/?#\s]+(\/[^?#\s]*)?$/i.test(url) && URL.canParse(url)
    ? undefined
    : t('error.publicUrl');
}

/** A complete http(s) URL; '' is wrong. */
export function urlProblem(text: string): string | undefined {
  const fine = /^https?:$/.test(URL.canParse(text) ? new URL(text).protocol : '');
  return fine ? undefined : t('error.url');
}

export function addressesProblem(text: string): string | undefined {
  if (isEnvironment(text.trim())) return undefined;
  const address = wrongAddress(text);
  return address === undefined ? undefined : t('error.address', { address });
}

export function conditionProblem(condition: string): string | undefined {
  return jsonataProblem(condition, t);
}

/** They belong to the server. */
const serverHeaders = ['content-length', 'transfer-encoding', 'connection', 'upgrade'];

export function answerHeadersProblem(rows: TypedRow[]): string | undefined {
  const wrong = rows.find(({ name }) => serverHeaders.includes(name.trim().toLowerCase()));
  return wrong ? t('error.serverHeader', { name: wrong.name }) : tableProblem(rows, 'header', t);
}

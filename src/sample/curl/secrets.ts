/** API keys, tokens and cookies: what of a request belongs to the connection's credentials. */
import { splitExactly } from './pairs';
import type { CurlBody, CurlSecret, Notes, Pair } from './types';
import type { Place } from './url';

const secretHeader =
  /(?:^|[-_])(?:(?:api|app|application|access|auth|secret|subscription|functions|master|account)[-_]?key|key[-_]?id|auth|token|secret|password|authtoken|authorization|cookie)$/i;
const secretField =
  /^(?:.*[-_])?(?:h?api[-_]?key|access[-_]?token|auth[-_]?token|token|secret|password|passwd|private[-_]?token|subscription-key|signature|sig)$/i;
/** Names of keys for some services, of harmless things for others. */
const shortName = /^(?:key|appid|app_id|auth|code)$/i;
const leastKey = 8;

export interface SplitSecrets {
  taken: CurlSecret[];
  headers: Pair[];
  query: Pair[];
  /** What of the query cannot be taken apart. */
  rawQuery: string;
}

export function takeSecrets(headers: readonly Pair[], query: string, notes: Notes): SplitSecrets {
  const taken: CurlSecret[] = [];
  const kept: Pair[] = [];
  const headersNamed = countOf(headers.map(([name]) => name.toLowerCase()));
  for (const [name, value] of headers) {
    const single = headersNamed.get(name.toLowerCase()) === 1;
    if (value !== '' && single && secretHeader.test(name)) {
      taken.push({ in: 'header', name, value });
      if (name.toLowerCase() === 'cookie') notes.add('sessionCookies');
    } else kept.push([name, value]);
  }
  const segments = query === '' ? [] : query.split('&');
  const segmentsNamed = countOf(segments.map(nameOf));
  const left = segments.filter((segment) => {
    const pair = splitExactly(segment);
    if (!pair || !isSecret(pair) || segmentsNamed.get(nameOf(segment))! > 1) return true;
    taken.push({ in: 'query', name: pair[0], value: pair[1] });
    return false;
  });
  const pairs = left.map((segment) => splitExactly(segment));
  const exact = pairs.every((pair) => pair !== undefined);
  return { taken, headers: kept, query: exact ? pairs : [], rawQuery: exact ? '' : left.join('&') };
}

function nameOf(segment: string): string {
  return segment.split('=', 1)[0]!;
}

/** A credential stands for one value: what is there several times stays where it is. */
function countOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function isSecret([name, value]: Pair): boolean {
  return value !== '' && (secretField.test(name) || (shortName.test(name) && value.length >= leastKey));
}

/** Paths that let in whoever knows them: Telegram, Slack, Discord. */
const secretPath =
  /\/bot\d+:[\w-]{20,}|^hooks\.slack\.com\/services\/|^discord(?:app)?\.com\/api\/(?:v\d+\/)?webhooks\//;

/** What stays in the request although it looks like a secret. */
export function noteSecretsLeft({ host, path }: Place, query: string, body: CurlBody, notes: Notes): void {
  if (secretPath.test(host + path)) notes.add('secretInUrl');
  for (const segment of query.split('&')) {
    const [name = '', value] = segment.split('=', 2);
    if (value && secretField.test(name)) notes.add('secretInRequest', { name });
  }
  for (const name of fieldsOf(body)) if (secretField.test(name)) notes.add('secretInBody', { name });
}

function fieldsOf(body: CurlBody): string[] {
  if (body.kind === 'form') return body.fields.filter(([, value]) => value !== '').map(([name]) => name);
  if (body.kind !== 'json') return [];
  const value: unknown = JSON.parse(body.text);
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.keys(value) : [];
}

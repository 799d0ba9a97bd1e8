/** Where in a real answer the list of records is. Pure. */
import type { Reason } from './reason';
import { besideNames, listNames, plainName } from './record-names';

export interface ListSuggestion {
  /** As the polling trigger's field takes it: '' when the answer itself is the list. */
  path: string;
  /** How many records are in it. */
  count: number;
  reasons: Reason<ListReason>[];
}

/** With `count`; `named` with `name` too. */
export type ListReason =
  | 'itself'
  | 'only'
  | 'named'
  | 'records'
  | 'values'
  | 'empty'
  | 'graphNodes'
  | 'jsonApi'
  | 'rss'
  | 'atom'
  | 'elements';

interface Candidate {
  /** Names from the root; none for the answer itself. */
  names: readonly string[];
  list: readonly unknown[];
}

/** Deeper, or more names, is no wrapper around records any more. */
const deepest = 6;
const mostObjects = 2000;
const mostNames = 200;
const mostLists = 8;
/** So many records say what the others are. */
const mostLooked = 50;

/**
 * The lists in an answer, the likeliest first; none when there is none that a path leads to.
 *
 * @param isXml the answer was XML, where every element stands in a list (docs/xml.md)
 */
export function suggestLists(body: unknown, isXml = false): ListSuggestion[] {
  const candidates = listsIn(body, isXml);
  const scored = candidates.map((candidate) => ({ candidate, score: score(candidate) }));
  return scored
    .sort((a, b) => b.score - a.score)
    .slice(0, mostLists)
    .map(({ candidate }) => ({
      path: candidate.names.join('.'),
      count: candidate.list.length,
      reasons: [{ code: codeOf(candidate, candidates, isXml), values: valuesOf(candidate) }],
    }));
}

/** What a path can name: without dots and brackets in it. */
export function isPathName(name: string): boolean {
  return name !== '' && !/[.,[\]]/.test(name) && name.trim() === name;
}

function listsIn(body: unknown, isXml: boolean): Candidate[] {
  if (Array.isArray(body)) return isXml ? [] : [{ names: [], list: body }];
  const found: Candidate[] = [];
  let waiting: { value: unknown; names: readonly string[] }[] = [{ value: body, names: [] }];
  for (let seen = 0; waiting.length > 0 && seen < mostObjects;) {
    const next: typeof waiting = [];
    for (const { value, names } of waiting) {
      if (!isObject(value) || names.length >= deepest || seen++ >= mostObjects) continue;
      for (const [name, inner] of Object.entries(value).slice(0, mostNames)) {
        if (!isPathName(name)) continue;
        const path = [...names, name];
        if (!isXml) {
          if (Array.isArray(inner)) found.push({ names: path, list: inner });
          else next.push({ value: inner, names: path });
        } else if (names.length === 0) next.push({ value: inner, names: path });
        else if (Array.isArray(inner)) xmlElements(inner, path, found, next);
      }
    }
    waiting = next;
  }
  return found;
}

/** One element may be a wrapper as well as a list of one. */
function xmlElements(
  list: readonly unknown[],
  names: readonly string[],
  found: Candidate[],
  next: { value: unknown; names: readonly string[] }[],
): void {
  if (list.length > 1 || (isObject(list[0]) && isEntry(names.at(-1)!))) found.push({ names, list });
  else if (list.length === 1) next.push({ value: list[0], names });
}

function isEntry(name: string): boolean {
  return /^(?:.*:)?(?:item|entry|record|row)$/i.test(name);
}

function score(candidate: Candidate): number {
  const { names, list } = candidate;
  const last = names.at(-1) ?? '';
  const plain = plainName(last);
  let score = isGraphNodes(candidate) ? 15 : 0;
  if (listNames.has(plain)) score += 40;
  if (besideNames.has(plain)) score -= 90;
  if (list.length === 0) score += 20;
  else score += objectsIn(list) === Math.min(list.length, mostLooked) ? 100 : 5;
  return score + Math.min(list.length, 60) / 2 - names.length * 4;
}

function codeOf(candidate: Candidate, all: readonly Candidate[], isXml: boolean): ListReason {
  const { names, list } = candidate;
  const last = names.at(-1);
  if (list.length === 0) return 'empty';
  if (last === undefined) return 'itself';
  if (isXml) {
    const root = names[0]!.replace(/^.*:/, '').toLowerCase();
    const isFeed = isEntry(last) && ['rss', 'feed', 'rdf'].includes(root);
    return isFeed ? (root === 'feed' ? 'atom' : 'rss') : 'elements';
  }
  if (isGraphNodes(candidate)) return 'graphNodes';
  if (isJsonApi(list)) return 'jsonApi';
  if (objectsIn(list) === 0) return 'values';
  if (all.length === 1) return 'only';
  return listNames.has(plainName(last)) ? 'named' : 'records';
}

function valuesOf({ names, list }: Candidate): Record<string, string | number> {
  return { count: list.length, name: names.at(-1) ?? '' };
}

function objectsIn(list: readonly unknown[]): number {
  return list.slice(0, mostLooked).filter(isObject).length;
}

/** `edges` hold the same records in a wrapper each. */
function isGraphNodes({ names }: Candidate): boolean {
  return names[0] === 'data' && names.length > 1 && names.at(-1) === 'nodes';
}

function isJsonApi(list: readonly unknown[]): boolean {
  const [first] = list;
  return isObject(first) && 'type' in first && isObject(first.attributes);
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

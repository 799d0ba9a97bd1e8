/** The parts of an answer that a path leads to: what a person chooses from. Pure. */

export interface AnswerPart {
  /** As src/exchange/values reads it; '' is the whole. */
  path: string;
  /** The last name of the path; '' for the whole. */
  name: string;
  /** 0 for the whole. */
  level: number;
  kind: 'list' | 'object' | 'text' | 'number' | 'boolean' | 'nothing';
  /** How many entries a list has, or properties an object. */
  count?: number;
  /** The start of a single value. */
  preview?: string;
}

const mostParts = 200;
const deepest = 5;
const longestPreview = 60;

/**
 * The whole and its parts, each object before what is in it. Of a list the first entry stands for all. Names that a path
 * cannot hold are left out; what is deeper, or beyond the first two hundred, too.
 */
export function partsOf(value: unknown): AnswerPart[] {
  const parts: AnswerPart[] = [];
  const add = (path: string, name: string, level: number, part: unknown): void => {
    if (parts.length === mostParts) return;
    parts.push({ path, name, level, ...lookOf(part) });
    if (level === deepest || typeof part !== 'object' || part === null) return;
    const entries = Array.isArray(part)
      ? part.slice(0, 1).map((entry: unknown) => ['[0]', entry] as const)
      : Object.entries(part).filter(([key]) => key !== '' && !/[.[\]]/.test(key));
    for (const [key, entry] of entries) {
      add(key === '[0]' ? `${path}[0]` : path === '' ? key : `${path}.${key}`, key, level + 1, entry);
    }
  };
  add('', '', 0, value);
  return parts;
}

function lookOf(value: unknown): Pick<AnswerPart, 'kind' | 'count' | 'preview'> {
  if (value === null || value === undefined) return { kind: 'nothing' };
  if (Array.isArray(value)) return { kind: 'list', count: value.length };
  if (typeof value === 'object') return { kind: 'object', count: Object.keys(value).length };
  if (typeof value !== 'string')
    return {
      kind: typeof value === 'number' ? 'number' : 'boolean',
      preview: `${value as number | boolean}`,
    };
  const preview = value.length > longestPreview ? `${value.slice(0, longestPreview)}…` : value;
  return { kind: 'text', preview };
}

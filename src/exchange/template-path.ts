/**
 * What stands between `{{` and `}}`: names between dots, a number in brackets, and in brackets and quotes any name at all:
 * `payload.items[0]["a.b"]`. In quotes `\` is as in JSON (`\"`, `\n`, `\u007d`), so that also a name with `}}` can be written.
 * Other brackets are part of a name, as they are in Mustache.
 */

const bracket = /\[(?:(\d+)|"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)')\]/gs;

/** Names that need no quotes: letters, digits and what is common between them. */
const plainName = /^[\p{L}\p{N}\p{M}_$@:-]+$/u;

/** The steps of a path. Every text is one: what is no bracket is a name between dots, also an empty one. */
export function readPath(text: string): string[] {
  if (!text.includes('[')) return text.split('.');
  const steps: string[] = [];
  let end = 0;
  const addNames = (between: string) => {
    if (between === '') return;
    const isBelow = end > 0 && between.startsWith('.');
    steps.push(...(isBelow ? between.slice(1) : between).split('.'));
  };
  for (const found of text.matchAll(bracket)) {
    const [whole, index, double, single] = found;
    addNames(text.slice(end, found.index));
    steps.push(index ?? unescaped(double ?? single!));
    end = found.index + whole.length;
  }
  addNames(text.slice(end));
  return steps;
}

/** A path that `readPath` reads as these steps, whatever they are called; at least one. */
export function writePath(steps: readonly string[]): string {
  const write = (step: string, at: number) => {
    if (plainName.test(step)) return at === 0 ? step : `.${step}`;
    return `[${JSON.stringify(step).replaceAll('{', '\\u007b').replaceAll('}', '\\u007d')}]`;
  };
  return steps.map(write).join('');
}

/** One spelling for a path that can be written in several: `["env"]['HOME']` is `env.HOME`. */
export function canonicalPath(text: string): string {
  return /\[["']/.test(text) ? writePath(readPath(text)) : text;
}

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' };

function unescaped(text: string): string {
  return text.replace(/\\(?:u([\da-fA-F]{4})|(.))/gs, (_, unit: string | undefined, character: string) =>
    unit === undefined ? (escapes[character] ?? character) : String.fromCharCode(parseInt(unit, 16)),
  );
}

/** A path as each place wants it written. `undefined` where the place has no way to write it. */
import { writePath } from '../../../src/exchange/template-path';
import type { Step } from './known-message';

export type Syntax = 'template' | 'msg' | 'jsonata' | 'data';

const identifier = /^[A-Za-z_$][\w$]*$/;

/** Names in the words of JSONata that would be read as operators or values. */
const jsonataWords: ReadonlySet<string> = new Set(['and', 'or', 'in', 'true', 'false', 'null', 'function']);

function templatePath(path: readonly Step[]): string {
  return writePath(path.map(String));
}

/** As `normalisePropertyExpression` of Node-RED reads it, which knows no escapes inside quotes. */
function messagePath(path: readonly Step[]): string | undefined {
  let text = '';
  for (const [index, step] of path.entries()) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (identifier.test(step)) text += index === 0 ? step : `.${step}`;
    else if (index === 0 || step === '' || (step.includes('"') && step.includes("'"))) return undefined;
    else text += step.includes('"') ? `['${step}']` : `["${step}"]`;
  }
  return text;
}

/** Odd names in backticks; one that holds a backtick has to be looked up. */
function jsonataPath(path: readonly Step[]): string | undefined {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (step.includes('`')) text = `$lookup(${text || '$'}, ${JSON.stringify(step)})`;
    else {
      const plain = /^[A-Za-z_]\w*$/.test(step) && !jsonataWords.has(step);
      text += `${text === '' ? '' : '.'}${plain ? step : `\`${step}\``}`;
    }
  }
  return text;
}

/** A path in an answer's data, as src/exchange/values reads it: names between dots. */
function dataPath(path: readonly Step[]): string | undefined {
  const writable = path.every((step) => typeof step === 'number' || /^[^.[\],\s]+$/.test(step));
  if (!writable) return undefined;
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
    .join('');
}

const writers: Readonly<Record<Syntax, (path: readonly Step[]) => string | undefined>> = {
  template: templatePath,
  msg: messagePath,
  jsonata: jsonataPath,
  data: dataPath,
};

export function pathText(path: readonly Step[], syntax: Syntax): string | undefined {
  return path.length === 0 ? undefined : writers[syntax](path);
}

/** A change of a text: what is between `from` and `to` becomes `text`, and the caret stands behind it. */
export interface Edit {
  from: number;
  to: number;
  text: string;
}

/**
 * What putting a path into a template changes. A tag that was begun before the caret is filled in and closed.
 *
 * @param start of the selection, in UTF-16 code units
 */
export function templateEdit(text: string, start: number, end: number, path: string): Edit {
  const open = /(\{\{\{?)[#^&]?\s*[^{}]*$/.exec(text.slice(0, start));
  if (!open) return { from: start, to: end, text: `{{${path}}}` };
  const brackets = open[1]!;
  const [sign = ''] = /^[#^&]/.exec(open[0].slice(brackets.length)) ?? [];
  const closing = '}'.repeat(brackets.length);
  // what is left of the name, and the end of the tag when it is there
  const [rest] = /^[^{}\n]*?\}{1,3}|^[\w.[\]]*/.exec(text.slice(end)) ?? [''];
  return { from: open.index, to: end + rest.length, text: `${brackets}${sign}${path}${closing}` };
}

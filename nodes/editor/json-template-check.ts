import Mustache from 'mustache';
import { templateProblem } from './template-checks';
import type { Texts } from './texts';

type Token = [kind: string, text: string, ...rest: unknown[]];

/**
 * A JSON template: that it parses, and that it is JSON with any value in place of each `{{x}}`. Sections and raw values
 * can be anything, so a template with them is not judged further.
 */
export function jsonTemplateProblem(text: string, t: Texts): string | undefined {
  const problem = templateProblem(text, t);
  if (problem) return problem;
  if (text.trim() === '') return t('error.jsonMissing');
  const tokens = Mustache.parse(text) as unknown as Token[];
  if (tokens.some(([kind]) => !['text', 'name', '!', '='].includes(kind))) return undefined;
  try {
    JSON.parse(filledIn(tokens));
    return undefined;
  } catch (error) {
    return t('error.jsonTemplate', { reason: (error as Error).message });
  }
}

/** Each `{{x}}` as a value that fits its place: part of a text, part of a number, else a text, which may be a name. */
function filledIn(tokens: Token[]): string {
  let json = '';
  let quoted = false;
  let escaped = false;
  for (const [index, [kind, text]] of tokens.entries()) {
    if (kind === 'name') {
      const [before, next] = [tokens[index - 1], tokens[index + 1]];
      const isNumber =
        before?.[0] === 'name' ||
        next?.[0] === 'name' ||
        /[-+.\dEe]$/.test(json) ||
        (next?.[0] === 'text' && /^[.\dEe]/.test(next[1]));
      json += quoted ? 'x' : isNumber ? '1' : '"x"';
      continue;
    }
    if (kind !== 'text') continue;
    json += text;
    for (const character of text) {
      if (escaped) escaped = false;
      else if (quoted && character === '\\') escaped = true;
      else if (character === '"') quoted = !quoted;
    }
  }
  return json;
}

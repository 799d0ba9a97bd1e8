/** Words of the Windows prompt, as Chrome's "Copy as cURL (cmd)" writes them, and of PowerShell. */
import type { Command } from './shell';
import { CurlError, type Notes } from './types';

/**
 * The prompt takes carets away outside its quotes and joins lines; what is left the program itself splits into words
 * (Microsoft, "Parsing C command-line arguments").
 */
export function readPrompt(text: string): Command[] {
  return splitCommands(text.replace(/\r\n/g, '\n'))
    .map((line) => ({ words: splitArguments(line) }))
    .filter(({ words }) => words.length > 0);
}

function splitCommands(text: string): string[] {
  const lines: string[] = [];
  let line: string[] = [];
  let quoted = false;
  const end = (): void => {
    lines.push(line.join(''));
    line = [];
    quoted = false;
  };
  for (let at = 0; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') quoted = !quoted;
    if (character === '^' && !quoted) {
      // what follows stands for itself; a line break is left out, and then what follows it does
      const broken = /\^[ \t]*\n/y;
      broken.lastIndex = at;
      const [found] = broken.exec(text) ?? [];
      if (found) at += found.length - 1;
      if (!found || text[at + 1] === '\n') line.push(text.charAt(++at));
    } else if (character === '\n' || (character === '&' && !quoted)) end();
    else line.push(character);
  }
  end();
  return lines;
}

function splitArguments(line: string): string[] {
  const words: string[] = [];
  let word: string[] | undefined;
  let quoted = false;
  const piece = /(\\*)("+)|\\+|[ \t]+|[^\\" \t]+/g;
  for (const [found, slashes, quotes] of line.matchAll(piece)) {
    if (quotes !== undefined) {
      word ??= [];
      word.push('\\'.repeat(Math.floor(slashes!.length / 2)));
      let at = slashes!.length % 2;
      if (at === 1) word.push('"');
      while (at < quotes.length) {
        // two inside quotes are one that stands for itself
        const pair = quoted && at + 1 < quotes.length;
        if (pair) word.push('"');
        else quoted = !quoted;
        at += pair ? 2 : 1;
      }
    } else if (/^[ \t]/.test(found) && !quoted) {
      if (word) words.push(word.join(''));
      word = undefined;
    } else (word ??= []).push(found);
  }
  if (quoted) throw new CurlError('unbalancedQuote', { quote: '"' });
  if (word) words.push(word.join(''));
  return words;
}

const controls: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  e: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** PowerShell's words: `'…'`, `"…"` with backtick escapes, doubled quotes (about_Quoting_Rules). */
export function readPowerShell(source: string, notes: Notes): Command[] {
  const text = source.replace(/\r\n/g, '\n').replace(/^PS [^>\n]*>\s*/, '');
  const commands: Command[] = [];
  let words: string[] = [];
  let word: string | undefined;
  const endWord = (): void => {
    if (word !== undefined) words.push(word);
    word = undefined;
  };
  const endCommand = (): void => {
    endWord();
    if (words.length > 0) commands.push({ words });
    words = [];
  };
  const tokens =
    /`[ \t]*\n|`([\s\S])|'((?:[^']|'')*)'|"((?:[^"`]|`[\s\S]|"")*)"|[ \t]+|[\n;|]|[^\s'"`;|]+|[\s\S]/gy;
  for (const [found, escaped, single, double] of text.matchAll(tokens)) {
    if (/^`[ \t]*\n/.test(found) || /^[ \t]/.test(found)) endWord();
    else if (escaped !== undefined) word = (word ?? '') + escaped;
    else if (single !== undefined) word = (word ?? '') + handedOver(single.replaceAll("''", "'"));
    else if (double !== undefined) word = (word ?? '') + handedOver(unescape(double, notes));
    else if (/^[\n;|]/.test(found)) endCommand();
    else if (/^['"`]/.test(found)) throw new CurlError('unbalancedQuote', { quote: found });
    else word = (word ?? '') + found;
  }
  endCommand();
  return commands;
}

function unescape(text: string, notes: Notes): string {
  for (const [, name] of text.matchAll(/(?<!`)\$\{?([A-Za-z_][\w:]*)/g)) {
    notes.add('variable', { name: name! });
  }
  return text.replace(/`([\s\S])|""/g, (_, escaped: string | undefined) =>
    escaped === undefined ? '"' : (controls[escaped] ?? escaped),
  );
}

/** Windows PowerShell hands `\"` over as a quote and drops plain ones: whoever wrote it so meant that. */
function handedOver(text: string): string {
  return /\\"/.test(text) && !/(?<!\\)"/.test(text) ? text.replaceAll('\\"', '"') : text;
}

/** Which shell a command was written for, and which of its commands is curl. */
import { readPosix } from './posix';
import { CurlError, type Notes } from './types';
import { readPowerShell, readPrompt } from './windows';

/** A simple command: its words, unquoted, and what stands on its standard input. */
export interface Command {
  words: string[];
  /** From a here-document or a here-string. */
  stdin?: string;
}

/** Stand before the command itself: prompts, and commands that run another. */
const before = new Set(['$', '%', '>', 'sudo', 'time', 'env', 'exec', 'command', '&']);

/** @throws CurlError notCurl, unbalancedQuote */
export function readCommand(text: string, notes: Notes): Command {
  const commands = shellOf(text)(text.trim(), notes).map(({ words, stdin }) => ({
    words: withoutPrefix(words),
    stdin,
  }));
  const index = commands.findIndex(({ words: [name = ''] }) => isCurl(name));
  if (index < 0) throw new CurlError('notCurl');
  commands.forEach(({ words }, at) => {
    if (at !== index && words.length > 0) notes.add('otherCommand', { text: words[0]! });
  });
  const { words, stdin } = commands[index]!;
  return { words: words.slice(1), stdin };
}

function isCurl(word: string): boolean {
  return /^(?:.*[/\\])?curl(?:\.exe)?$/i.test(word);
}

function withoutPrefix(words: readonly string[]): string[] {
  const start = words.findIndex((word) => !before.has(word) && !/^\w+=/.test(word));
  return start < 0 ? [] : words.slice(start);
}

/** By PowerShell's prompt, by how the lines go on, and by the first quote: `^"` is one of the Windows prompt and of nothing else. */
function shellOf(text: string): (text: string, notes: Notes) => Command[] {
  if (/^\s*PS [^>\n]*>\s/.test(text)) return readPowerShell;
  if (/\\[ \t]*\r?\n/.test(text)) return readPosix;
  const [quote] = /\^?["'`]/.exec(text) ?? [];
  if (quote?.startsWith('^') || /[ \t]\^[ \t]*\r?\n/.test(text)) return readPrompt;
  if (/[ \t]`[ \t]*\r?\n/.test(text)) return readPowerShell;
  return readPosix;
}

/** Words of a POSIX shell (POSIX.1-2024, Shell Command Language 2.2), with what bash and zsh add: `$'…'`, `<<<`. */
import { readAnsi } from './ansi';
import type { Command } from './shell';
import { CurlError, type Notes } from './types';

export function readPosix(text: string, notes: Notes): Command[] {
  return new PosixReader(text.replace(/\r\n/g, '\n'), notes).read();
}

class PosixReader {
  readonly #text: string;
  readonly #notes: Notes;
  #at = 0;
  /** Undefined between words; '' in one that is empty so far. */
  #word: string | undefined;
  /** Whether the word is a URL: found at its first `&`, because looking at a word costs its length. */
  #isUrl: boolean | undefined;
  #command: Command = { words: [] };
  readonly #commands: Command[] = [];
  /** Here-documents whose text begins after the line. */
  readonly #awaited: { command: Command; end: string; tabs: boolean }[] = [];

  constructor(text: string, notes: Notes) {
    this.#text = text;
    this.#notes = notes;
  }

  read(): Command[] {
    while (this.#at < this.#text.length) this.#step();
    this.#endCommand();
    return this.#commands;
  }

  #step(): void {
    const character = this.#text[this.#at]!;
    const handle = steps[character];
    if (handle) handle(this);
    else this.take();
  }

  take(length = 1): void {
    this.#word = (this.#word ?? '') + this.#text.slice(this.#at, this.#at + length);
    this.#at += length;
  }

  blank(): void {
    this.#endWord();
    this.#at++;
  }

  newline(): void {
    this.#endWord();
    this.#at++;
    while (this.#awaited.length > 0) this.#readHere(this.#awaited.shift()!);
    if (this.#command.words.length === 0) return;
    const option = /\s*(?=--?\w)/y;
    option.lastIndex = this.#at;
    const [blanks] = option.exec(this.#text) ?? [];
    if (blanks === undefined) return this.#endCommand();
    // a line that begins with an option is no command: a backslash got lost
    this.#notes.add('continuation');
    this.#at += blanks.length;
  }

  backslash(): void {
    const broken = /\\[ \t]*(?:\n|$)/y;
    broken.lastIndex = this.#at;
    const [found] = broken.exec(this.#text) ?? [];
    if (found === undefined) {
      this.#word = (this.#word ?? '') + this.#text.charAt(this.#at + 1);
      this.#at += 2;
      return;
    }
    if (found.length > 2) {
      this.#notes.add('continuation');
      this.#endWord();
    }
    this.#at += found.length;
  }

  single(): void {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end < 0) throw new CurlError('unbalancedQuote', { quote: "'" });
    this.#word = (this.#word ?? '') + this.#text.slice(this.#at + 1, end);
    this.#at = end + 1;
  }

  double(): void {
    this.#word ??= '';
    this.#at++;
    for (;;) {
      const character = this.#text[this.#at];
      if (character === undefined) throw new CurlError('unbalancedQuote', { quote: '"' });
      if (character === '"') break;
      if (character === '\\') this.#doubleBackslash();
      else if (character === '$') this.#expansion();
      else if (character === '`') this.backtick();
      else this.take();
    }
    this.#at++;
  }

  #doubleBackslash(): void {
    const next = this.#text.charAt(this.#at + 1);
    if (next === '\n') this.#at += 2;
    else if (next !== '' && '$`"\\'.includes(next)) {
      this.#word += next;
      this.#at += 2;
    } else this.take();
  }

  dollar(): void {
    const next = this.#text[this.#at + 1];
    if (next === "'") {
      const { text, end } = readAnsi(this.#text, this.#at + 2, this.#notes);
      this.#word = (this.#word ?? '') + text;
      this.#at = end;
    } else if (next === '"') {
      this.#at++;
      this.double();
    } else this.#expansion();
  }

  /** What the shell would replace stays as text. */
  #expansion(): void {
    const variable = /\$(?:\{([^}\n]{0,200})\}|([A-Za-z_]\w*|[0-9@*#?$!-]))/y;
    variable.lastIndex = this.#at;
    const found = variable.exec(this.#text);
    if (found) {
      this.#notes.add('variable', { name: found[1] ?? found[2]! });
      this.take(found[0].length);
    } else if (this.#text[this.#at + 1] === '(') this.#substitution();
    else this.take();
  }

  #substitution(): void {
    let depth = 0;
    let end = this.#at + 1;
    for (; end < this.#text.length; end++) {
      if (this.#text[end] === '(') depth++;
      if (this.#text[end] === ')' && --depth === 0) break;
    }
    if (depth !== 0) throw new CurlError('unbalancedQuote', { quote: '$(' });
    this.#notes.add('substitution', { text: this.#text.slice(this.#at, end + 1) });
    this.take(end + 1 - this.#at);
  }

  backtick(): void {
    const end = this.#text.indexOf('`', this.#at + 1);
    if (end < 0) throw new CurlError('unbalancedQuote', { quote: '`' });
    this.#notes.add('substitution', { text: this.#text.slice(this.#at, end + 1) });
    this.take(end + 1 - this.#at);
  }

  comment(): void {
    if (this.#word !== undefined) return this.take();
    const end = this.#text.indexOf('\n', this.#at);
    this.#at = end < 0 ? this.#text.length : end;
  }

  ampersand(): void {
    const next = this.#text.charAt(this.#at + 1);
    this.#isUrl ??= this.#word?.includes('://') ?? false;
    if (this.#isUrl && /[^\s&]/.test(next)) {
      this.#notes.add('ampersand');
      this.take();
    } else this.separator();
  }

  separator(): void {
    this.#at++;
    this.#endCommand();
  }

  less(): void {
    const placeholder = /<[A-Za-z][\w -]{0,60}>/y;
    placeholder.lastIndex = this.#at;
    const found = placeholder.exec(this.#text);
    if (found) return this.take(found[0].length);
    const [operator] = /^<(?:<[<-]?|&)?/.exec(this.#text.slice(this.#at, this.#at + 3))!;
    const target = this.#target(operator.length);
    const command = this.#command;
    if (operator === '<<<') command.stdin = `${target}\n`;
    else if (operator.startsWith('<<')) {
      this.#awaited.push({ command, end: target, tabs: operator.endsWith('-') });
    } else this.#notes.add('redirection', { target });
  }

  greater(): void {
    const [operator] = /^>[>&|]?/.exec(this.#text.slice(this.#at, this.#at + 2))!;
    const target = this.#target(operator.length);
    if (target !== '/dev/null' && operator !== '>&') this.#notes.add('redirection', { target });
  }

  /** The word after an operator; digits right before it are a descriptor and no word. */
  #target(length: number): string {
    if (/^\d+$/.test(this.#word ?? '')) this.#word = undefined;
    this.#endWord();
    this.#at += length;
    while (/[ \t]/.test(this.#text.charAt(this.#at))) this.#at++;
    while (this.#at < this.#text.length && !/[\s<>|&;]/.test(this.#text[this.#at]!)) this.#step();
    const word = this.#word ?? '';
    this.#word = undefined;
    return word;
  }

  #readHere({ command, end, tabs }: { command: Command; end: string; tabs: boolean }): void {
    const lines: string[] = [];
    while (this.#at < this.#text.length) {
      const stop = this.#text.indexOf('\n', this.#at);
      let line = this.#text.slice(this.#at, stop < 0 ? undefined : stop);
      this.#at = stop < 0 ? this.#text.length : stop + 1;
      if (tabs) line = line.replace(/^\t+/, '');
      if (line === end) break;
      lines.push(`${line}\n`);
    }
    command.stdin = lines.join('');
  }

  #endWord(): void {
    if (this.#word !== undefined) this.#command.words.push(this.#word);
    this.#word = undefined;
    this.#isUrl = undefined;
  }

  #endCommand(): void {
    this.#endWord();
    if (this.#command.words.length > 0) this.#commands.push(this.#command);
    this.#command = { words: [] };
  }
}

/** Characters that mean something outside quotes. */
const steps: Readonly<Record<string, ((reader: PosixReader) => void) | undefined>> = {
  ' ': (reader) => reader.blank(),
  '\t': (reader) => reader.blank(),
  '\n': (reader) => reader.newline(),
  '\\': (reader) => reader.backslash(),
  "'": (reader) => reader.single(),
  '"': (reader) => reader.double(),
  $: (reader) => reader.dollar(),
  '`': (reader) => reader.backtick(),
  '#': (reader) => reader.comment(),
  '&': (reader) => reader.ampersand(),
  ';': (reader) => reader.separator(),
  '|': (reader) => reader.separator(),
  '<': (reader) => reader.less(),
  '>': (reader) => reader.greater(),
};

/**
 * Structured Field Values for HTTP (RFC 9651): dictionaries, lists and items, read and written in their one canonical form.
 */
export type BareItem =
  | { type: 'integer' | 'decimal' | 'date'; value: number }
  | { type: 'string' | 'token' | 'display-string'; value: string }
  | { type: 'boolean'; value: boolean }
  | { type: 'binary'; value: Buffer };
export type Parameters = Map<string, BareItem>;
export interface Item {
  item: BareItem;
  parameters: Parameters;
}
export interface InnerList {
  items: Item[];
  parameters: Parameters;
}
export type Member = Item | InnerList;

/** @throws SyntaxError for what is not a dictionary */
export function parseDictionary(text: string): Map<string, Member> {
  return new Parser(text).whole((parser) => parser.dictionary());
}

/** @throws SyntaxError for what is not a list */
export function parseList(text: string): Member[] {
  return new Parser(text).whole((parser) => parser.list());
}

/** @throws SyntaxError for what is not an item */
export function parseItem(text: string): Item {
  return new Parser(text).whole((parser) => parser.item());
}

/** Section 4.1 for one member of a list or dictionary. */
export function serialiseMember(member: Member): string {
  const text = 'items' in member ? `(${member.items.map(serialiseMember).join(' ')})` : bare(member.item);
  return text + serialiseParameters(member.parameters);
}

export function serialiseParameters(parameters: Parameters): string {
  return [...parameters]
    .map(([key, item]) => (item.type === 'boolean' && item.value ? `;${key}` : `;${key}=${bare(item)}`))
    .join('');
}

/** Section 4.2. Sticky expressions walk over the text once, so the work grows with its length and no more. */
class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  whole<T>(read: (parser: this) => T): T {
    this.#take(/ */y);
    const value = read(this);
    this.#take(/ */y);
    if (this.#at < this.#text.length) throw this.#fault();
    return value;
  }

  dictionary(): Map<string, Member> {
    const members = new Map<string, Member>();
    this.#separated(() => {
      const key = this.#key();
      const member: Member = this.#take(/=/y)
        ? this.#member()
        : { item: { type: 'boolean', value: true }, parameters: this.#parameters() };
      // of a name that is there twice the last value counts, in the place of the first
      members.set(key, member);
    });
    return members;
  }

  list(): Member[] {
    const members: Member[] = [];
    this.#separated(() => members.push(this.#member()));
    return members;
  }

  item(): Item {
    return { item: this.#bare(), parameters: this.#parameters() };
  }

  #separated(read: () => void): void {
    if (this.#at === this.#text.length) return;
    do read();
    while (this.#take(/[ \t]*,[ \t]*/y) && (this.#at < this.#text.length || this.#fail()));
  }

  #member(): Member {
    if (!this.#take(/\(/y)) return this.item();
    const items: Item[] = [];
    while (this.#take(/ */y) !== undefined && !this.#take(/\)/y)) {
      items.push(this.item());
      if (!/[ )]/.test(this.#text[this.#at] ?? '')) throw this.#fault();
    }
    return { items, parameters: this.#parameters() };
  }

  #parameters(): Parameters {
    const parameters: Parameters = new Map();
    while (this.#take(/; */y)) {
      const key = this.#key();
      parameters.set(key, this.#take(/=/y) ? this.#bare() : { type: 'boolean', value: true });
    }
    return parameters;
  }

  #key(): string {
    return this.#take(/[a-z*][a-z0-9_.*-]*/y) ?? this.#fail();
  }

  #bare(): BareItem {
    for (const [pattern, read] of bareItems) {
      const text = this.#take(pattern);
      if (text !== undefined) return read(text) ?? this.#fail();
    }
    return this.#fail();
  }

  #take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const [match] = pattern.exec(this.#text) ?? [];
    if (match !== undefined) this.#at += match.length;
    return match;
  }

  #fail(): never {
    throw this.#fault();
  }

  #fault(): SyntaxError {
    return new SyntaxError(`not a structured field at character ${this.#at}`);
  }
}

const bareItems: readonly [RegExp, (text: string) => BareItem | undefined][] = [
  [/-?\d+(?:\.\d+)?(?![\d.])/y, readNumber],
  [
    /"(?:[ !#-[\]-~]|\\["\\])*"/y,
    (text) => ({ type: 'string', value: text.slice(1, -1).replace(/\\(.)/g, '$1') }),
  ],
  [/:[A-Za-z0-9+/]*={0,2}:/y, readBinary],
  [/\?[01]/y, (text) => ({ type: 'boolean', value: text === '?1' })],
  [/@-?\d{1,15}(?![\d.])/y, (text) => ({ type: 'date', value: numberOf(text.slice(1)) })],
  [/%"(?:[ !#$&-~]|%[0-9a-f]{2})*"/y, readDisplayString],
  [/[A-Za-z*][\w!#$%&'*+.^`|~:/-]*/y, (text) => ({ type: 'token', value: text })],
];

function readNumber(text: string): BareItem | undefined {
  const [, whole = '', fraction] = /^-?(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (fraction === undefined)
    return whole.length <= 15 ? { type: 'integer', value: numberOf(text) } : undefined;
  if (whole.length > 12 || fraction.length > 3) return undefined;
  return { type: 'decimal', value: numberOf(text) };
}

/** Minus zero is zero. */
function numberOf(text: string): number {
  return Number(text) + 0;
}

function readBinary(text: string): BareItem | undefined {
  const written = text.slice(1, -1);
  const value = Buffer.from(written, 'base64');
  // padding may be missing, and what it pads may be anything; nothing else may differ
  const digits = written.replace(/=+$/, '');
  return digits.length % 4 === 1 || (written !== digits && written.length % 4 !== 0)
    ? undefined
    : { type: 'binary', value };
}

function readDisplayString(text: string): BareItem | undefined {
  try {
    return { type: 'display-string', value: decodeURIComponent(text.slice(2, -1)) };
  } catch {
    return undefined;
  }
}

function bare(item: BareItem): string {
  switch (item.type) {
    case 'integer':
      return String(item.value);
    case 'decimal':
      return Number.isInteger(item.value) ? `${item.value}.0` : String(item.value);
    case 'date':
      return `@${item.value}`;
    case 'string':
      return `"${item.value.replace(/["\\]/g, '\\$&')}"`;
    case 'token':
      return item.value;
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'binary':
      return `:${item.value.toString('base64')}:`;
    case 'display-string':
      return `%"${[...Buffer.from(item.value, 'utf8')]
        .map((byte) =>
          byte < 0x20 || byte > 0x7e || byte === 0x22 || byte === 0x25
            ? `%${byte.toString(16).padStart(2, '0')}`
            : String.fromCharCode(byte),
        )
        .join('')}"`;
  }
}

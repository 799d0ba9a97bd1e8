/** One challenge of a `WWW-Authenticate` header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** In lower case. */
  scheme: string;
  /** Names in lower case, values unquoted. Of a name that stands there twice, the first. */
  params: ReadonlyMap<string, string>;
  /** The one value that schemes such as Negotiate and NTLM carry in place of parameters. */
  token68?: string;
}

const token = /[!#$%&'*+.^_`|~0-9a-z-]+/iy;
const token68 = /[a-z0-9._~+/-]+=*(?=[ \t]*(?:,|$))/iy;
const equals = /[ \t]*=[ \t]*/y;
const quoted = /"(?:[^"\\]|\\[^])*"/y;
/** Wider than the grammar: servers send `stale=true/false` and nonces without quotes. */
const bare = /[^\s,"]+/y;
const separators = /[ \t,]*/y;
const blanks = /[ \t]+/y;

/**
 * Reads the challenges of one header, or of several joined by `, `. Commas part both challenges and their parameters: a
 * name followed by `=` is a parameter, any other begins a challenge. What follows an error in the syntax is left out.
 */
export function parseChallenges(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let position = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = position;
    const found = pattern.exec(header)?.[0];
    if (found !== undefined) position += found.length;
    return found;
  };

  let current: { scheme: string; params: Map<string, string>; token68?: string } | undefined;
  for (take(separators); position < header.length; take(separators)) {
    const name = take(token)?.toLowerCase();
    if (name === undefined) break;
    if (current && current.token68 === undefined && take(equals) !== undefined) {
      const text = take(quoted);
      const value = text === undefined ? take(bare) : unquote(text);
      if (value === undefined) break;
      if (!current.params.has(name)) current.params.set(name, value);
      continue;
    }
    current = { scheme: name, params: new Map() };
    challenges.push(current);
    if (take(blanks) !== undefined) current.token68 = take(token68);
  }
  return challenges;
}

/** A quoted-string (RFC 9110 section 5.6.4) around a value. */
export function quote(value: string): string {
  return `"${value.replace(/["\\]/g, '\\$&')}"`;
}

function unquote(text: string): string {
  return text.slice(1, -1).replace(/\\([^])/g, '$1');
}

import { isXmlText } from '../xml-text';

/** Most characters that the entities of a document's own DOCTYPE may add to it. */
const mostExpanded = 100_000;

/** What a reference that cannot be read is about. */
export class UnreadableReference extends Error {
  override readonly name = 'UnreadableReference';
}

/**
 * Reads the references of one document: those of XML, characters by number, the usual names of HTML, and what the
 * document itself declares. Nothing is ever fetched, entities made of entities do not exist, and the text that they add
 * is bounded, so that no document grows.
 */
export class Entities {
  #declared: Readonly<Record<string, string>> = {};
  #expanded = 0;

  declare(entities: Readonly<Record<string, string>>): void {
    this.#declared = entities;
  }

  /** @throws UnreadableReference for an ampersand that begins no reference, and for a reference to nothing */
  decode(text: string): string {
    if (!text.includes('&')) return text;
    return text.replace(/&(?:(#x[0-9a-f]+|#\d+|[^\s&;#<>"']+);)?/gi, (_whole, name: string | undefined) => {
      if (name === undefined) throw new UnreadableReference('"&" stands for itself only as "&amp;"');
      return name.startsWith('#') ? numbered(name) : this.#named(name);
    });
  }

  #named(name: string): string {
    if (Object.hasOwn(predefined, name)) return predefined[name]!;
    if (Object.hasOwn(this.#declared, name)) return this.#own(name, this.#declared[name]!);
    const character = htmlNames.get(name);
    if (character === undefined)
      throw new UnreadableReference(`the entity "&${name.slice(0, 50)};" is not known`);
    return character;
  }

  #own(name: string, value: string): string {
    if (value.includes('<'))
      throw new UnreadableReference(`the entity "&${name};" holds markup, which is not read`);
    this.#expanded += value.length;
    if (this.#expanded > mostExpanded) {
      throw new UnreadableReference(`its entities add more than ${mostExpanded} characters`);
    }
    return value;
  }
}

function numbered(reference: string): string {
  const digits = reference.slice(1);
  const code = /^x/i.test(digits) ? Number.parseInt(digits.slice(1), 16) : Number.parseInt(digits, 10);
  const text = code <= 0x10ffff ? String.fromCodePoint(code) : '';
  if (text === '' || !isXmlText(text)) {
    throw new UnreadableReference(`"&${reference.slice(0, 20)};" is not a character of XML`);
  }
  return text;
}

const predefined: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** HTML's names from U+00A0 on, in order. */
const latin1 =
  'nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 acute micro ' +
  'para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig Ccedil ' +
  'Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave ' +
  'Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml ' +
  'igrave iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute ' +
  'thorn yuml';

/** And what else feeds and pages use. */
const others: Readonly<Record<string, string>> = {
  euro: '€',
  trade: '™',
  hellip: '…',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  sbquo: '‚',
  ldquo: '“',
  rdquo: '”',
  bdquo: '„',
  lsaquo: '‹',
  rsaquo: '›',
  bull: '•',
  dagger: '†',
  Dagger: '‡',
  permil: '‰',
  prime: '′',
  Prime: '″',
  larr: '←',
  uarr: '↑',
  rarr: '→',
  darr: '↓',
  harr: '↔',
  minus: '−',
  infin: '∞',
  ne: '≠',
  le: '≤',
  ge: '≥',
  asymp: '≈',
  OElig: 'Œ',
  oelig: 'œ',
  Scaron: 'Š',
  scaron: 'š',
  Yuml: 'Ÿ',
  fnof: 'ƒ',
  circ: 'ˆ',
  tilde: '˜',
  ensp: '\u2002',
  emsp: '\u2003',
  thinsp: '\u2009',
  zwnj: '\u200c',
  zwj: '\u200d',
};

const htmlNames: ReadonlyMap<string, string> = new Map([
  ...latin1.split(' ').map((name, index): [string, string] => [name, String.fromCharCode(0xa0 + index)]),
  ...Object.entries(others),
]);

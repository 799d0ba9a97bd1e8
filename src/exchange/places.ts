/** Where a template's values stand, and how each is escaped there: found once from the text around it. */
import { Failure } from './failure';
import { asText } from './values';
import { escapeXmlAttribute, escapeXmlText, forbiddenCharacter, isXmlName } from './xml-text';

/**
 * - `url`: a URL component; in the path not one that means another folder
 * - `json`: inside quotes a JSON string, outside them a whole JSON value (what is missing is `null`)
 * - `xml`: the text of an element, the value of an attribute, or a CDATA section
 * - `text`: as it is. Headers, query and form values too: what puts them there encodes them, or refuses line breaks
 */
export type Place = 'url' | 'json' | 'xml' | 'text';

export type Escape = (value: unknown) => string;

/** A token of Mustache: a section has those inside it, a partial its indentation in that place. */
export type Token = [
  kind: string,
  text: string,
  start: number,
  end: number,
  inside?: Token[] | string,
  close?: number,
];

export function inside([, , , , tokens]: Token): Token[] {
  return Array.isArray(tokens) ? tokens : [];
}

export const escapes: Readonly<Record<Place, (tokens: Token[]) => (token: Token) => Escape>> = {
  text: () => () => asText,
  url: byState<'path' | 'after'>(
    'path',
    (state, text) => (/[?#]/.test(text) ? 'after' : state),
    (state) => (state === 'path' ? pathComponent : urlComponent),
  ),
  json: byState<JsonState>('outside', afterJson, (state) => (state === 'outside' ? jsonValue : jsonString)),
  xml: byState<XmlState>('text', afterXml, (state) => xmlEscapes[state]),
};

/** @param advance the state behind a text, from the one before it */
function byState<State>(
  start: State,
  advance: (state: State, text: string) => State,
  escapeIn: (state: State) => Escape,
): (tokens: Token[]) => (token: Token) => Escape {
  return (tokens) => {
    const found = new Map<Token, Escape>();
    let state = start;
    const scan = (list: Token[]): void => {
      for (const token of list) {
        const [kind, text] = token;
        if (kind === 'text') state = advance(state, text);
        if (kind === 'name') found.set(token, escapeIn(state));
        scan(inside(token));
      }
    };
    scan(tokens);
    return (token) => found.get(token)!;
  };
}

type JsonState = 'outside' | 'string' | 'escaped';

function afterJson(before: JsonState, text: string): JsonState {
  let state = before;
  for (const character of text) {
    if (state === 'escaped') state = 'string';
    else if (character === '"') state = state === 'string' ? 'outside' : 'string';
    else if (state === 'string' && character === '\\') state = 'escaped';
  }
  return state;
}

type XmlState = 'text' | 'tag' | 'attribute"' | "attribute'" | 'cdata' | 'comment';

/** What ends each state, and the state that follows; of two that begin alike the longer one first. */
const xmlSteps: Readonly<Record<XmlState, readonly (readonly [ending: string, next: XmlState])[]>> = {
  text: [
    ['<![CDATA[', 'cdata'],
    ['<!--', 'comment'],
    ['<', 'tag'],
  ],
  tag: [
    ['"', 'attribute"'],
    ["'", "attribute'"],
    ['>', 'text'],
  ],
  'attribute"': [['"', 'tag']],
  "attribute'": [["'", 'tag']],
  cdata: [[']]>', 'text']],
  comment: [['-->', 'text']],
};

function afterXml(before: XmlState, text: string): XmlState {
  let state = before;
  for (let at = 0; at < text.length;) {
    const step = xmlSteps[state].find(([ending]) => text.startsWith(ending, at));
    if (step) state = step[1];
    at += step ? step[0].length : 1;
  }
  return state;
}

const xmlEscapes: Readonly<Record<XmlState, Escape>> = {
  text: (value) => escapeXmlText(xmlText(value)),
  tag: (value) => {
    const text = asText(value);
    // a name, or a part of one
    if (isXmlName(`_${text}`)) return text;
    throw new Failure('INVALID_REQUEST', `"${text}" is not a name that XML can have`);
  },
  'attribute"': (value) => escapeXmlAttribute(xmlText(value)),
  "attribute'": (value) => escapeXmlAttribute(xmlText(value)),
  cdata: (value) => xmlText(value).replaceAll(']]>', ']]]]><![CDATA[>'),
  comment: (value) => escapeXmlText(xmlText(value)).replaceAll('--', '- - '),
};

function xmlText(value: unknown): string {
  const text = asText(value);
  const forbidden = forbiddenCharacter(text);
  if (forbidden) {
    throw new Failure('INVALID_REQUEST', `a value holds a character that XML does not have (${forbidden})`);
  }
  return text;
}

function urlComponent(value: unknown): string {
  return encodeURIComponent(asText(value).toWellFormed());
}

function pathComponent(value: unknown): string {
  const text = asText(value);
  if (text === '.' || text === '..') {
    throw new Failure(
      'INVALID_REQUEST',
      `the value "${text}" cannot stand in the path of a URL: it would change the path`,
    );
  }
  return urlComponent(text);
}

function jsonString(value: unknown): string {
  return JSON.stringify(asText(value)).slice(1, -1);
}

function jsonValue(value: unknown): string {
  if (value === undefined || value === null) return 'null';
  try {
    return JSON.stringify(value) ?? 'null';
  } catch (cause) {
    throw new Failure('TEMPLATE', 'a value cannot be written as JSON', { cause });
  }
}

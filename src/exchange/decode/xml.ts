/**
 * XML as the object that a flow works with; docs/xml.md has the shape, which is the one of Node-RED's own XML node.
 */
import { Failure } from '../failure';
import { forbiddenCharacter } from '../xml-text';
import { deepest } from './json';
import { Entities } from './xml-entities';

/** An element: its text when it has nothing else, else `$` (attributes), `_` (text) and a list for each name of a child. */
export type XmlContent = string | XmlObject;
export interface XmlObject {
  [name: string]: XmlContent[] | string | Record<string, string>;
}

/** The same under the name of the root element. */
export type XmlDocument = Record<string, XmlContent>;

/** An element has a list around it and an object below it. */
export const deepestElement = deepest / 2;

/** Before every name, so that no name of a document means anything to the parser. */
const mark = '@';
const textKey = '#text';
const cdataKey = '#cdata';

/** The parser's ordered form: one key with what is inside, and the attributes. */
type Node = Record<string, unknown> & { ':@'?: Record<string, string> };

/**
 * A whole document; nothing but blanks is `null`.
 *
 * @throws Failure INVALID_BODY when it is not well-formed, nested too deep, or asks for what is not read here (external
 *   entities, entities in entities)
 */
export async function parseXml(text: string): Promise<XmlDocument | null> {
  // what stands before the declaration is only ever a mistake of who writes it
  const source = text.trimStart();
  if (source === '') return null;
  const entities = new Entities();
  const [root, ...more] = (await readNodes(source, entities)).filter((node) => keyOf(node).startsWith(mark));
  if (!root) throw invalid('it has no element');
  // the parser looks no further than an empty root
  if (more.length > 0) throw invalid('it has more than one root element');
  if (source.slice(source.lastIndexOf('>') + 1).trim() !== '') throw invalid('text follows its root element');
  try {
    return { [keyOf(root).slice(mark.length)]: contentOf(root, entities) };
  } catch (error) {
    throw invalid(reasonOf(error));
  }
}

/** @throws Failure INVALID_BODY */
async function readNodes(source: string, entities: Entities): Promise<Node[]> {
  const forbidden = forbiddenCharacter(source);
  if (forbidden) throw invalid(`it holds a character that XML does not have (${forbidden})`);
  const { XMLParser, XMLValidator } = await import('fast-xml-parser');
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: mark,
    // an empty element passes here twice
    transformTagName: (name: string) => (name.startsWith(mark) ? name : mark + name),
    textNodeName: textKey,
    cdataPropName: cdataKey,
    ignoreDeclaration: true,
    ignorePiTags: true,
    trimValues: false,
    parseTagValue: false,
    maxNestedTags: deepestElement,
    processEntities: { enabled: true, maxEntityCount: 1000, maxEntitySize: 10_000 },
    // references are read where it is known what they stand in
    entityDecoder: {
      decode: (text: string) => text,
      addInputEntities: (declared: Record<string, string>) => entities.declare(declared),
      setXmlVersion: () => undefined,
      setExternalEntities: () => undefined,
      reset: () => undefined,
    },
  });
  let nodes: Node[];
  try {
    nodes = parser.parse(source) as Node[];
  } catch (error) {
    throw invalid(reasonOf(error));
  }
  // after the parser, which stops at what is too deep: the validator would name every open element
  const verdict = XMLValidator.validate(source);
  if (verdict === true) return nodes;
  const { msg, line, col } = verdict.err;
  throw invalid(`${shorten(msg)} (line ${line}${col === undefined ? '' : `, column ${col}`})`);
}

function contentOf(node: Node, entities: Entities): XmlContent {
  const children = node[keyOf(node)] as Node[];
  const elements = children.filter((child) => keyOf(child).startsWith(mark));
  const text = children.map((child) => textOf(child, entities)).join('');
  const attributes = attributesOf(node, entities);
  // blanks between elements are layout
  const kept = elements.length > 0 && /^[\t\n\r ]*$/.test(text) ? '' : text;
  if (!attributes && elements.length === 0) return kept;
  const content = new Map<string, XmlContent[] | string | Record<string, string>>();
  if (attributes) content.set('$', attributes);
  if (kept !== '') content.set('_', kept);
  for (const element of elements) {
    const name = keyOf(element).slice(mark.length);
    const known = content.get(name);
    if (typeof known === 'string')
      throw new Error('an element named "_" cannot be told from the text beside it');
    if (Array.isArray(known)) known.push(contentOf(element, entities));
    else content.set(name, [contentOf(element, entities)]);
  }
  return Object.fromEntries(content);
}

function textOf(child: Node, entities: Entities): string {
  if (textKey in child) return entities.decode(child[textKey] as string);
  if (!(cdataKey in child)) return '';
  return (child[cdataKey] as Node[]).map((part) => part[textKey] as string).join('');
}

function attributesOf(node: Node, entities: Entities): Record<string, string> | undefined {
  const entries = Object.entries(node[':@'] ?? {});
  if (entries.length === 0) return undefined;
  return Object.fromEntries(
    entries.map(([name, raw]) => {
      if (raw.includes('<')) throw new Error('an attribute holds "<", which stands there only as "&lt;"');
      return [name.slice(mark.length), entities.decode(raw.replace(/[\t\n]/g, ' '))];
    }),
  );
}

function keyOf(node: Node): string {
  return Object.keys(node).find((key) => key !== ':@') ?? '';
}

function invalid(reason: string): Failure {
  return new Failure('INVALID_BODY', `the body is not valid XML: ${reason}`);
}

function reasonOf(error: unknown): string {
  const reason = error instanceof Error ? error.message : String(error);
  if (/^Maximum nested tags/.test(reason)) return `it is nested deeper than ${deepestElement} elements`;
  // the parser would quote what stands around
  if (/^readTagExp returned/.test(reason)) return 'a tag does not end';
  return shorten(reason);
}

function shorten(reason: string): string {
  const sentence = reason.replace(/[\s.]+$/, '');
  return sentence.length > 200 ? `${sentence.slice(0, 200)}…` : sentence;
}

import { declaredEncoding } from '../decode/charset';
import { charsetOf } from '../decode/media-type';
import { deepestElement, parseXml } from '../decode/xml';
import { Failure } from '../failure';
import { asText } from '../values';
import { escapeXmlAttribute, escapeXmlText, forbiddenCharacter, isXmlName } from '../xml-text';
import { nameOf, type EncodedBody } from './encoded';
import { encodeText } from './text';

const xml = 'application/xml';

/**
 * A rendered XML template, in the charset that the content type or else its own declaration names.
 *
 * @throws Failure TEMPLATE when it is not well-formed; INVALID_REQUEST for a charset that is not written here
 */
export async function xmlBody(rendered: string, contentType = ''): Promise<EncodedBody<Buffer>> {
  const document = await parseXml(rendered).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    throw new Failure('TEMPLATE', error.message.replace('the body is', 'the XML body is'));
  });
  if (document === null) throw new Failure('TEMPLATE', 'the XML body is empty');
  const body = encodeText(rendered, charsetOf(contentType) ?? declaredEncoding(rendered));
  return { body, contentType: xml };
}

/**
 * An object as XML (docs/xml.md has its shape), in UTF-8 with a declaration.
 *
 * @throws Failure INVALID_REQUEST when it has not that shape, or holds what XML cannot carry: it says where
 */
export function xmlValueBody(value: unknown): EncodedBody<Buffer> {
  return { body: Buffer.from(writeXml(value), 'utf8'), contentType: xml };
}

/** @throws Failure INVALID_REQUEST */
export function writeXml(value: unknown): string {
  if (!isObject(value))
    throw refused(`an object with the name of the root element is needed, not ${nameOf(value)}`);
  const roots = Object.entries(value).filter(([, content]) => content !== undefined);
  const [root] = roots;
  if (!root || roots.length > 1) {
    throw refused(`an object with one name is needed, the root element's, but it has ${roots.length}`);
  }
  if (Array.isArray(root[1])) throw refused(`"${root[0]}" is a list, but there is one root element`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n${element(root[0], root[1], [])}`;
}

function element(name: string, content: unknown, around: readonly string[]): string {
  const path = [...around, name];
  if (!isXmlName(name)) throw refused(`"${name}" is not a name for an element (${path.join('.')})`);
  if (path.length > deepestElement) {
    throw refused(
      `"${path.slice(0, 3).join('.')}…" is nested deeper than ${deepestElement} elements, or contains itself`,
    );
  }
  if (Array.isArray(content)) throw refused(`${path.join('.')} is a list in a list`);
  if (!isObject(content)) return wrap(name, '', escapeText(asText(content), path));
  const { $: attributes, ...inside } = content;
  const inner = Object.entries(inside).map(([key, value]) =>
    key === '_' && !Array.isArray(value) ? escapeText(asText(value), path) : elements(key, value, path),
  );
  return wrap(name, writeAttributes(attributes, path), inner.join(''));
}

/** A list is one element after another, a missing value none. */
function elements(name: string, value: unknown, path: readonly string[]): string {
  if (!Array.isArray(value)) return value === undefined ? '' : element(name, value, path);
  return value.map((item: unknown) => (item === undefined ? '' : element(name, item, path))).join('');
}

function wrap(name: string, attributes: string, inner: string): string {
  return inner === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner}</${name}>`;
}

function writeAttributes(attributes: unknown, path: readonly string[]): string {
  if (attributes === undefined || attributes === null) return '';
  if (!isObject(attributes)) throw refused(`the attributes ("$") of ${path.join('.')} are no object`);
  return Object.entries(attributes)
    .filter(([, value]) => value !== undefined && value !== null)
    .map(([name, value]) => {
      if (!isXmlName(name)) throw refused(`"${name}" is not a name for an attribute (${path.join('.')})`);
      return ` ${name}="${escapeAttribute(asText(value), path)}"`;
    })
    .join('');
}

function escapeText(text: string, path: readonly string[]): string {
  return escapeXmlText(checked(text, path));
}

function escapeAttribute(text: string, path: readonly string[]): string {
  return escapeXmlAttribute(checked(text, path));
}

function checked(text: string, path: readonly string[]): string {
  const forbidden = forbiddenCharacter(text);
  if (forbidden) throw refused(`${path.join('.')} holds a character that XML does not have (${forbidden})`);
  return text;
}

/** Whether there are names below it: bytes and dates are texts. */
function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Uint8Array) &&
    !(value instanceof Date)
  );
}

function refused(reason: string): Failure {
  return new Failure('INVALID_REQUEST', `the value cannot be written as XML: ${reason}`);
}

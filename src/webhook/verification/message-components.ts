import { queryOf, type Delivery } from '../delivery';
import {
  parseDictionary,
  serialiseMember,
  serialiseParameters,
  type InnerList,
  type Item,
} from './structured-fields';

/** Something that a message does not have or that a request cannot have: the sentence says what. */
export class ComponentError extends Error {
  override readonly name = 'ComponentError';
}

/**
 * The signature base (RFC 9421 section 2.5): what is signed.
 *
 * @param url the whole URL as the sender signed it
 * @throws ComponentError when a component cannot be had, or is there twice
 */
export function signatureBase(covered: InnerList, delivery: Delivery, url: string): Buffer {
  const lines = new Map<string, string>();
  for (const component of covered.items) {
    const id = serialiseMember(component);
    if (lines.has(id)) throw new ComponentError(`the component ${id} is covered twice`);
    lines.set(id, componentValue(component, delivery, url));
  }
  lines.set('"@signature-params"', serialiseMember(covered));
  const text = [...lines].map(([id, value]) => `${id}: ${value}`).join('\n');
  // a line break in a value would let one component stand for two
  if (text.split('\n').length !== lines.size) throw new ComponentError('a covered header holds a line break');
  return Buffer.from(text, 'latin1');
}

/** The plain name of a component without parameters; undefined for others. */
export function componentName({ item, parameters }: Item): string | undefined {
  return item.type === 'string' && parameters.size === 0 ? item.value : undefined;
}

type Derive = (delivery: Delivery, url: URL, text: string, parameters: Item['parameters']) => string;

/** Section 2.2, as far as a request has them. */
const derived: Readonly<Record<string, Derive>> = {
  '@method': ({ method }) => method,
  '@target-uri': (_, __, text) => text,
  '@authority': (_, url) => url.host,
  '@scheme': (_, url) => url.protocol.slice(0, -1),
  '@request-target': (_, __, text) => text.replace(/^[a-z]+:\/\/[^/?#]*/i, ''),
  '@path': (_, url) => url.pathname,
  '@query': (_, __, text) => `?${queryOf(text)}`,
  '@query-param': (_, __, text, parameters) => {
    const name = parameters.get('name');
    if (name?.type !== 'string') throw new ComponentError('the component "@query-param" has no name');
    const wanted = new URLSearchParams(`${name.value.replaceAll('+', '%2B').replaceAll('&', '%26')}=`)
      .keys()
      .next().value;
    const values = new URLSearchParams(queryOf(text)).getAll(wanted ?? name.value);
    if (values.length !== 1) {
      throw new ComponentError(
        `the query parameter "${name.value}", which is covered, is there ${values.length} times`,
      );
    }
    return encodeURIComponent(values[0]!).replace(
      /[!'()~]/g,
      (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
    );
  },
};

function componentValue({ item, parameters }: Item, delivery: Delivery, url: string): string {
  if (item.type !== 'string') throw new ComponentError('the name of a component is not a string');
  const name = item.value;
  const allowed = name === '@query-param' ? 'name' : name.startsWith('@') ? undefined : 'key';
  const other = [...parameters.keys()].find((parameter) => parameter !== allowed);
  if (other !== undefined) {
    throw new ComponentError(`the component ${serialiseMember({ item, parameters })} is not supported`);
  }
  if (name.startsWith('@')) {
    const derive = Object.hasOwn(derived, name) ? derived[name] : undefined;
    if (!derive) throw new ComponentError(`the component "${name}" is not one of a request`);
    return derive(delivery, new URL(url), url, parameters);
  }
  if (name !== name.toLowerCase()) throw new ComponentError(`the component "${name}" is not in lower case`);
  const value = Object.hasOwn(delivery.headers, name) ? delivery.headers[name] : undefined;
  if (value === undefined) throw new ComponentError(`the header "${name}", which is covered, is missing`);
  const text = (typeof value === 'string' ? value : value.join(', ')).trim();
  return parameters.has('key') ? dictionaryMember(name, text, parameters) : text;
}

/** Section 2.1.2. */
function dictionaryMember(name: string, text: string, parameters: Item['parameters']): string {
  const key = parameters.get('key');
  let member;
  try {
    member = key?.type === 'string' ? parseDictionary(text).get(key.value) : undefined;
  } catch {
    member = undefined;
  }
  if (!member)
    throw new ComponentError(`the header "${name}" has no member${serialiseParameters(parameters)}`);
  return serialiseMember(member);
}

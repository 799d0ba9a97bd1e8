/**
 * Records in an answer that was XML (docs/xml.md). There each name has a list of its elements, and what has no elements has
 * no name: an empty list looks like a wrong path, but for the element that it would be in.
 */
import { Failure } from '../exchange/failure';

/** The name of an element, and which of several, from 0. */
interface Step {
  name: string;
  index?: number;
}

/**
 * The elements at a path. When only the last name is missing there are none, unless something tells that another name is
 * meant. Where there is one element the index can be left out: `rss.channel.item` is `rss.channel[0].item`.
 *
 * @param path begins with the root element; '' for the entries of a feed (RSS, Atom, RSS 1.0)
 * @throws Failure RECORDS_NOT_FOUND
 */
export function xmlRecords(document: unknown, path: string): readonly unknown[] {
  const feed = feedPath(document);
  if (path === '' && feed === undefined) {
    throw missing('the answer is XML, and no RSS or Atom feed: name the elements that are the records');
  }
  const steps = stepsOf(path || feed!);
  const root = steps[0]!.name;
  if (own(document, root) === undefined) {
    throw missing(absent(root, steps.length === 1 && feed ? feed : Object.keys(document ?? {})[0]));
  }
  if (steps.length === 1) throw missing(`"${path}" in the answer is the root, not a list of elements`);
  const { name, index } = steps.pop()!;
  let element = own(document, root);
  for (const [position, step] of steps.slice(1).entries()) {
    element = child(element, step, nameAll(steps.slice(0, position + 2)));
  }
  const found = own(element, name);
  if (isList(found)) return index === undefined ? found : found.slice(index, index + 1);
  if (found !== undefined) throw missing(`"${path}" in the answer is no list of elements`);
  const near = similar(element, name);
  // a feed is known: whatever is not its entries is a mistake
  const isEntries = [...steps, { name }].map((step) => step.name).join('.') === feed;
  const meant =
    feed === undefined ? near && nameAll([...steps, { name: near }]) : isEntries ? undefined : feed;
  if (meant !== undefined) throw missing(absent(path, meant));
  return [];
}

/** Where the entries of a feed are; undefined for other documents. */
function feedPath(document: unknown): string | undefined {
  const [root = ''] = Object.keys(document ?? {});
  const name = root.replace(/^.*:/, '');
  const prefix = root.slice(0, root.length - name.length);
  if (root === 'rss') return 'rss.channel.item';
  if (name === 'feed') return `${root}.${prefix}entry`;
  // RSS 1.0, whose own elements have no prefix
  return name === 'RDF' ? `${root}.item` : undefined;
}

function stepsOf(path: string): Step[] {
  return path.split('.').map((segment) => {
    const [, name = segment, index] = /^(.*?)\[(\d+)\]$/.exec(segment) ?? [];
    return index === undefined ? { name } : { name, index: Number(index) };
  });
}

function nameAll(steps: readonly Step[]): string {
  return steps.map(({ name, index }) => (index === undefined ? name : `${name}[${index}]`)).join('.');
}

function own(element: unknown, name: string): unknown {
  if (element === null || typeof element !== 'object' || !Object.hasOwn(element, name)) return undefined;
  return (element as Record<string, unknown>)[name];
}

/** @throws Failure RECORDS_NOT_FOUND */
function child(element: unknown, { name, index }: Step, path: string): unknown {
  const found = own(element, name);
  if (!isList(found)) throw missing(absent(path, similar(element, name)));
  if (index === undefined && found.length > 1) {
    throw missing(`"${path}" in the answer is ${found.length} elements: say which, as in "${path}[0]"`);
  }
  const one = found[index ?? 0];
  if (one === undefined) throw missing(absent(path));
  return one;
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

/** The element whose name is nearly the same: with another prefix, in another case, in the plural. */
function similar(element: unknown, name: string): string | undefined {
  if (element === null || typeof element !== 'object') return undefined;
  const elements = Object.entries(element).filter(([, value]) => isList(value));
  return elements.find(([other]) => stem(other) === stem(name))?.[0];
}

function stem(name: string): string {
  return name
    .replace(/^.*:/, '')
    .toLowerCase()
    .replace(/(?:ies|y|e?s)$/, '');
}

function absent(path: string, instead?: string): string {
  return `"${path}" in the answer is missing${instead === undefined ? '' : `: there is "${instead}"`}`;
}

function missing(sentence: string): Failure {
  return new Failure('RECORDS_NOT_FOUND', sentence);
}

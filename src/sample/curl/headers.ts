/** `-H` and the options that are headers by another name. */
import type { Settings } from './options';
import type { Notes, Pair } from './types';

export interface TypedHeaders {
  /** In order, in the case as typed. */
  fields: Pair[];
  /** `-H 'Name:'`: curl's own is not to be sent. Lower case. */
  removed: ReadonlySet<string>;
}

/** Made by whoever opens the connection and writes the body. */
const managed: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'expect',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);
/** What a request has here whether or not the command takes it away. */
const always: ReadonlySet<string> = new Set(['accept', 'content-type', 'host', 'user-agent']);
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;

export function headersOf(settings: Settings, notes: Notes): TypedHeaders {
  const fields: Pair[] = [];
  const removed = new Set<string>();
  for (const line of settings.headers) {
    const [name, value] = readLine(line, notes) ?? [];
    if (name === undefined) continue;
    const known = name.toLowerCase();
    if (managed.has(known)) {
      if (value && !/^keep-alive$/i.test(value)) notes.add('headerManaged', { name });
    } else if (value !== undefined) fields.push([name, value]);
    else {
      removed.add(known);
      if (always.has(known)) notes.add('headerRemoved', { name });
    }
  }
  const has = (name: string) => removed.has(name) || fields.some(([typed]) => typed.toLowerCase() === name);
  for (const [name, value] of byOption(settings, notes)) {
    if (value && !has(name.toLowerCase())) fields.push([name, value]);
  }
  return { fields, removed };
}

/** A typed header goes before an option's. */
function byOption(settings: Settings, notes: Notes): [string, string | undefined][] {
  const { agent, referer, range, json } = settings;
  return [
    ['User-Agent', agent],
    ['Referer', referer?.replace(/;auto$/, '')],
    ['Range', range && `bytes=${range}`],
    ['Cookie', cookiesOf(settings, notes)],
    ['Content-Type', json ? 'application/json' : undefined],
    ['Accept', json ? 'application/json' : undefined],
  ];
}

/** What has no `=` is the name of a file. */
function cookiesOf({ cookies }: Settings, notes: Notes): string {
  for (const file of cookies) {
    if (file !== '' && !file.includes('=')) notes.add('fileMissing', { option: '-b', file });
  }
  return cookies.filter((text) => text.includes('=')).join(';');
}

/** The value is undefined for one that is to be removed; nothing for a line that is no header. */
function readLine(line: string, notes: Notes): [name: string, value: string | undefined] | undefined {
  if (line.startsWith('@')) {
    notes.add('fileMissing', { option: '-H', file: line.slice(1) });
    return undefined;
  }
  const colon = line.indexOf(':');
  const empty = colon < 0 && /^[^;]+;\s*$/.test(line);
  const name = (empty ? line.slice(0, line.indexOf(';')) : line.slice(0, Math.max(colon, 0))).trim();
  const value = empty ? '' : line.slice(colon + 1).trim();
  // eslint-disable-next-line no-control-regex
  if (!token.test(name) || /[\x00-\x08\x0a-\x1f\x7f]|[^\x00-\xff]/.test(value)) {
    notes.add('headerIgnored', { header: name || line });
    return undefined;
  }
  return [name, empty || value !== '' ? value : undefined];
}

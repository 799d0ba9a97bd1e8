/** `-F` (curl's manual, "-F, --form"): `name=text`, `name=@file`, `name=<file`, with `;type=` and `;filename=`. */
import type { Settings } from './options';
import type { CurlPart, Notes } from './types';

/** By the end of the name, as curl guesses them. */
const types: Readonly<Record<string, string>> = {
  gif: 'image/gif',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  htm: 'text/html',
  html: 'text/html',
  pdf: 'application/pdf',
  xml: 'application/xml',
};

export function partsOf({ form, stdin }: Settings, notes: Notes): CurlPart[] {
  return form.flatMap(({ value, literal }): CurlPart[] => {
    const equals = value.indexOf('=');
    if (equals < 0) {
      notes.add('unsupportedOption', { option: '-F' });
      return [];
    }
    const [name, content] = [value.slice(0, equals), value.slice(equals + 1)];
    if (literal) return [{ kind: 'field', name, value: content, contentType: '' }];
    if (/^[@<]/.test(content)) return fileParts(name, content, stdin, notes);
    if (/^\(/.test(content) || (name === '' && content === ')')) {
      notes.add('unsupportedOption', { option: `-F ${name}=(` });
      return [];
    }
    const part = readPart(content, false, notes);
    return [{ kind: 'field', name, value: part.text, contentType: part.type ?? '' }];
  });
}

function fileParts(name: string, content: string, stdin: string | undefined, notes: Notes): CurlPart[] {
  const upload = content.startsWith('@');
  const parts: CurlPart[] = [];
  for (let rest: string | undefined = content.slice(1); rest !== undefined;) {
    const part = readPart(rest, upload, notes);
    rest = part.rest;
    if (rest !== undefined) notes.add('fileList', { name });
    const path = part.text;
    if (path === '-') {
      if (stdin === undefined) notes.add('stdin', { option: '-F' });
      parts.push({ kind: 'field', name, value: stdin ?? '', contentType: part.type ?? '' });
      continue;
    }
    notes.add('localFile', { file: path });
    if (!upload) notes.add('fileField', { file: path });
    const extension = /\.(\w+)$/.exec(path)?.[1]?.toLowerCase() ?? '';
    const guessed = upload ? (types[extension] ?? 'application/octet-stream') : '';
    const filename = part.filename ?? (upload ? baseName(path) : undefined);
    parts.push({ kind: 'file', name, path, filename, contentType: part.type ?? guessed });
  }
  return parts;
}

export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

interface Read {
  text: string;
  type?: string;
  filename?: string;
  /** The next file of a list. */
  rest?: string;
}

/** @param listed whether a comma begins another file */
function readPart(source: string, listed: boolean, notes: Notes): Read {
  const end = listed ? /[;,]/g : /;/g;
  const word = readWord(source, 0, end);
  const read: Read = { text: word.text };
  let at = word.end;
  while (source[at] === ';') {
    const [found = ';', key] = /^;\s*(type|filename|headers|encoder)=/.exec(source.slice(at, at + 64)) ?? [];
    if (key === 'type') {
      // a type has parameters of its own
      const [type] = /^[^;,]*(?:;(?!\s*(?:filename|headers|encoder)=)[^;,]*)*/.exec(
        source.slice(at + found.length),
      )!;
      read.type = type.trim();
      at += found.length + type.length;
      continue;
    }
    const value = readWord(source, at + found.length, listed ? /[;,]/g : /;/g);
    if (key === 'filename') read.filename = value.text;
    else notes.add('unsupportedOption', { option: `-F …${found}` });
    at = value.end;
  }
  if (listed && source[at] === ',') read.rest = source.slice(at + 1);
  return read;
}

/** Up to the end, or in double quotes with `\"` and `\\`; what follows these is dropped, and blanks in front are. */
function readWord(source: string, start: number, end: RegExp): { text: string; end: number } {
  const quoted = /\s*"((?:[^"\\]|\\[\s\S])*)"/y;
  quoted.lastIndex = start;
  const found = quoted.exec(source);
  end.lastIndex = found ? quoted.lastIndex : start;
  const stop = end.exec(source)?.index ?? source.length;
  if (found) return { text: found[1]!.replace(/\\(["\\])/g, '$1'), end: stop };
  return { text: source.slice(start, stop).trimStart(), end: stop };
}

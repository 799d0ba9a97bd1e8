/** The body that `-d`, `--json`, `-F` and `-T` make, and what `-G` and `--url-query` make of the query. */
import { baseName, partsOf } from './form';
import type { TypedHeaders } from './headers';
import type { DataArgument, Settings } from './options';
import { escapeAll, escapeForm, formFields, formText } from './pairs';
import { CurlError, type CurlBody, type Notes } from './types';

const formType = 'application/x-www-form-urlencoded';

/** What one argument gives: text, or a file whose content only the machine of the shell has. */
type Piece = { text: string } | { file: string; lines: boolean };

/** What is appended to the query, in order. */
export function queryData(settings: Settings, notes: Notes): string[] {
  const { data, get, urlQuery } = settings;
  const options = urlQuery.map((value): DataArgument =>
    value.startsWith('+') ? { kind: 'raw', value: value.slice(1) } : { kind: 'encode', value },
  );
  // with both, curl takes the data alone
  const list = get && data.length > 0 ? data : options;
  const { text } = joined(list, { ...settings, get: true }, notes);
  return text === '' ? [] : [text];
}

/** @throws CurlError twoBodies */
export function bodyOf(settings: Settings, headers: TypedHeaders, path: string, notes: Notes): CurlBody {
  const { data, get, head, form, upload } = settings;
  const posts = data.length > 0 && !get;
  const bodies = [posts, form.length > 0, upload !== undefined].filter(Boolean).length;
  if (bodies > 1 || (head && (posts || form.length > 0))) throw new CurlError('twoBodies');
  if (form.length > 0) return { kind: 'multipart', parts: partsOf(settings, notes) };
  if (upload !== undefined) return uploaded(upload, settings, notes);
  if (!posts) return { kind: 'none' };
  const { text, file } = joined(data, settings, notes);
  const own = settings.json ? 'application/json' : headers.removed.has('content-type') ? '' : formType;
  if (file) {
    notes.add('localFile', { file: file.file });
    if (file.lines) notes.add('fileLines', { file: file.file });
    return { kind: 'file', path: file.file, contentType: own, lines: file.lines };
  }
  const typed = headers.fields.find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const type = (typed ?? own).split(';')[0]!.trim().toLowerCase();
  if (/^(?:application\/(?:[\w.-]+\+)?|text\/)json$/.test(type)) return jsonOf(text, own, path, notes);
  if (type !== formType) return { kind: 'text', text, contentType: own };
  const fields = formFields(text);
  if (!fields) {
    if (isJson(text)) notes.add('jsonAsForm');
    return { kind: 'text', text, contentType: own };
  }
  const exact = formText(fields) === text;
  if (!exact) notes.add('formEncoded');
  return { kind: 'form', fields, exact };
}

function uploaded(path: string, { stdin }: Settings, notes: Notes): CurlBody {
  if (path === '-' || path === '.') {
    if (stdin === undefined) notes.add('stdin', { option: '-T' });
    return { kind: 'text', text: stdin ?? '', contentType: '' };
  }
  notes.add('localFile', { file: path });
  return { kind: 'file', path, contentType: '', lines: false };
}

/** An upload to a folder goes to a file in it. */
export function uploadPath(path: string, { upload }: Settings): string {
  if (upload === undefined || upload === '-' || upload === '.' || !path.endsWith('/')) return path;
  return path + escapeAll(baseName(upload));
}

/** All arguments, one after the other; a file alone stays a file. */
function joined(
  list: readonly DataArgument[],
  settings: Settings,
  notes: Notes,
): { text: string; file?: { file: string; lines: boolean } } {
  const pieces = list.map((argument) => pieceOf(argument, settings, notes));
  const [first] = pieces;
  if (pieces.length === 1 && first && 'file' in first && !settings.get) return { text: '', file: first };
  let text = '';
  pieces.forEach((piece, at) => {
    if (at > 0 && list[at]!.kind !== 'json') text += '&';
    if ('text' in piece) text += piece.text;
    else notes.add('fileMissing', { option: '-d', file: piece.file });
  });
  return { text };
}

function pieceOf({ kind, value }: DataArgument, settings: Settings, notes: Notes): Piece {
  if (kind === 'raw') return { text: value };
  if (kind === 'encode') return encoded(value, settings, notes);
  if (!value.startsWith('@')) return { text: value };
  const lines = kind === 'text';
  const file = value.slice(1);
  if (file !== '-') return { file, lines };
  const text = standardInput(settings, notes);
  return { text: lines ? text.replace(/[\r\n\0]/g, '') : text };
}

/** `content`, `=content`, `name=content`, `@file`, `name@file`. */
function encoded(value: string, settings: Settings, notes: Notes): Piece {
  const equals = value.indexOf('=');
  const at = equals < 0 ? value.indexOf('@') : equals;
  const name = at < 0 ? '' : value.slice(0, at);
  let content = value.slice(at + 1);
  if (equals < 0 && at >= 0) {
    if (content !== '-') {
      notes.add('fileMissing', { option: '--data-urlencode', file: content });
      content = '';
    } else content = standardInput(settings, notes);
  }
  const text = escapeForm(content);
  return { text: name === '' ? text : `${name}=${text}` };
}

function standardInput({ stdin }: Settings, notes: Notes): string {
  if (stdin === undefined) notes.add('stdin', { option: '-d' });
  return stdin ?? '';
}

function jsonOf(text: string, own: string, path: string, notes: Notes): CurlBody {
  if (!isJson(text)) {
    if (text !== '') notes.add('jsonInvalid');
    return { kind: 'text', text, contentType: own };
  }
  return graphqlOf(text, path, notes) ?? { kind: 'json', text };
}

/** Written anew in another place it may only differ in its blanks: no longer names, no numbers that lose digits. */
function graphqlOf(text: string, path: string, notes: Notes): CurlBody | undefined {
  if (!/graphql/i.test(path) || /\d{16}|\d[.eE]\d/.test(text)) return undefined;
  const value: unknown = JSON.parse(text);
  if (typeof value !== 'object' || value === null) return undefined;
  const { query, variables, ...others } = value as Record<string, unknown>;
  const object = typeof variables === 'object' && variables !== null && !Array.isArray(variables);
  if (typeof query !== 'string' || Object.keys(others).length > 0) return undefined;
  if (variables !== undefined && !object) return undefined;
  if (JSON.stringify(object ? { query, variables } : { query }) !== text) notes.add('graphql');
  return { kind: 'graphql', query, variables: object ? JSON.stringify(variables, null, 2) : '' };
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

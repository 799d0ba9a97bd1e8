import { open, stat } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { Readable } from 'node:stream';
import type { StreamBody } from '../../connection/body';
import { Failure } from '../failure';
import { fileFailure } from '../file-failure';
import type { EncodedBody } from './encoded';

/**
 * A file as it lies on the disk: read as it is sent, from its beginning for each attempt, never held in memory. One that is
 * gone or has another size by then fails the request.
 *
 * @param contentType '' for what the name's ending says
 * @throws Failure FILE when it cannot be read or is no file
 */
export async function fileBody(path: string, contentType = ''): Promise<EncodedBody<StreamBody>> {
  return { body: await fileStream(path), contentType: contentType || typeByName(path) };
}

/** @throws Failure FILE */
export async function fileStream(path: string): Promise<StreamBody & { length: number }> {
  if (path === '') throw new Failure('FILE', 'no file is named');
  const whole = resolve(path);
  const { size, kind } = await stat(whole).then(
    (found) => ({
      size: found.size,
      kind: found.isFile() ? 'file' : found.isDirectory() ? 'a folder' : 'no file',
    }),
    (error: unknown) => Promise.reject(fileFailure(error, whole)),
  );
  if (kind !== 'file') throw new Failure('FILE', `"${whole}" cannot be sent: it is ${kind}`);
  return {
    length: size,
    repeatable: true,
    open: () => Readable.from(chunksOf(whole, size), { objectMode: false }),
  };
}

const chunkSize = 128 * 1024;

/** Exactly `size` bytes; the last ones only when the file ends there. */
async function* chunksOf(path: string, size: number): AsyncGenerator<Buffer, void, undefined> {
  const file = await open(path, 'r').catch((error: unknown) => Promise.reject(fileFailure(error, path)));
  try {
    for (let position = 0; position < size;) {
      const wanted = Math.min(chunkSize, size - position);
      const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(wanted), 0, wanted, position);
      if (bytesRead === 0) throw changed(path, size);
      position += bytesRead;
      if (position === size) await checkEnd();
      yield buffer.subarray(0, bytesRead);
    }
    if (size === 0) await checkEnd();
  } catch (error) {
    throw fileFailure(error, path);
  } finally {
    await file.close();
  }

  async function checkEnd(): Promise<void> {
    if ((await file.stat()).size !== size) throw changed(path, size);
  }
}

function changed(path: string, size: number): Failure {
  return new Failure('FILE', `"${path}" changed while it was sent: it had ${size} bytes at first`);
}

/** What a name's ending says about a file; `application/octet-stream` for one that is not known. */
export function typeByName(path: string): string {
  const ending = extname(basename(path)).slice(1).toLowerCase();
  return Object.hasOwn(types, ending) ? types[ending]! : 'application/octet-stream';
}

const types: Readonly<Record<string, string>> = {
  txt: 'text/plain; charset=utf-8',
  log: 'text/plain; charset=utf-8',
  md: 'text/markdown; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
  html: 'text/html; charset=utf-8',
  htm: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  ics: 'text/calendar; charset=utf-8',
  json: 'application/json',
  geojson: 'application/geo+json',
  ndjson: 'application/x-ndjson',
  jsonl: 'application/x-ndjson',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
  pdf: 'application/pdf',
  rtf: 'application/rtf',
  zip: 'application/zip',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  tar: 'application/x-tar',
  '7z': 'application/x-7z-compressed',
  doc: 'application/msword',
  docx: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
  xls: 'application/vnd.ms-excel',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  ppt: 'application/vnd.ms-powerpoint',
  pptx: 'application/vnd.openxmlformats-officedocument.presentationml.presentation',
  odt: 'application/vnd.oasis.opendocument.text',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  png: 'image/png',
  jpg: 'image/jpeg',
  jpeg: 'image/jpeg',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
  svg: 'image/svg+xml',
  bmp: 'image/bmp',
  tif: 'image/tiff',
  tiff: 'image/tiff',
  ico: 'image/vnd.microsoft.icon',
  mp3: 'audio/mpeg',
  wav: 'audio/wav',
  ogg: 'audio/ogg',
  flac: 'audio/flac',
  mp4: 'video/mp4',
  webm: 'video/webm',
  mov: 'video/quicktime',
  avi: 'video/x-msvideo',
};

/**
 * The files of a multipart delivery, on disk. They are written whole before the event that names them is kept, so that no
 * event is without its files; a crash between the two leaves files without an event, never the other way round.
 */
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { DecodedPart } from '../exchange/decode';
import { FileStream } from '../exchange/streams/file';

/** A part with a file name, as a flow gets it. */
export interface PartOnDisk extends Omit<DecodedPart, 'body'> {
  /** Absolute. */
  file: string;
  /** Bytes. */
  size: number;
}

interface Placed {
  path: string;
  bytes: Buffer;
}

/** Files that are written at the same time. */
const atOnce = 8;

/** Files that are still to be written, by the parts that name them. */
export type PlacedFiles = ReadonlyMap<object, Placed>;

/**
 * Gives each file of a multipart payload its place in a folder: the parts are changed, `file` and `size` stand for
 * `body`. Nothing is written. A part with an empty file name is no file: browsers send it where none was chosen.
 *
 * @param newId makes names that no other file has
 */
export function placeFiles(payload: unknown, folder: string, newId: () => string): PlacedFiles {
  const placed = new Map<object, Placed>();
  const place = resolve(folder);
  for (const part of partsIn(payload)) {
    const { filename, body } = part as Partial<DecodedPart>;
    if (!filename || !Buffer.isBuffer(body)) continue;
    const path = join(place, `${newId()}-${safeName(filename)}`);
    delete (part as Partial<DecodedPart>).body;
    Object.assign(part, { file: path, size: body.length } satisfies Partial<PartOnDisk>);
    placed.set(part, { path, bytes: body });
  }
  return placed;
}

/** The files that these payloads name, each a list of parts or one of them; undefined for none. */
export function filesOf(payloads: readonly unknown[], placed: PlacedFiles): PartFiles | undefined {
  const files = partsIn(payloads).flatMap((part) => placed.get(part) ?? []);
  return files.length === 0 ? undefined : new PartFiles(files);
}

/** Those in a list of parts, and those in the lists that they hold. */
function partsIn(value: unknown): object[] {
  if (Array.isArray(value)) return value.flatMap(partsIn);
  if (typeof value !== 'object' || value === null || !('headers' in value)) return [];
  return [value, ...('body' in value && Array.isArray(value.body) ? partsIn(value.body) : [])];
}

/** The files of events that are kept together or not at all. */
export class PartFiles {
  readonly #files: readonly Placed[];

  constructor(files: readonly Placed[]) {
    this.#files = files;
  }

  /** In all. */
  get bytes(): number {
    return this.#files.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }

  /**
   * Writes the files, then keeps the events. Of events that are not kept, no file stays.
   *
   * @param keep resolves with false for a repeat
   * @param reach for a store that may have kept what it failed to confirm, as one beyond a network: rejects while it is
   *   away, when nothing is written; the files of a failure after that stay, because their event may be there
   * @throws Failure FILE when they cannot be written; what `keep` and `reach` throw
   */
  async with(keep: () => Promise<boolean>, reach?: () => Promise<unknown>): Promise<boolean> {
    await reach?.();
    let kept: boolean | undefined = false;
    try {
      await this.#write();
      kept = undefined;
      kept = await keep();
      return kept;
    } finally {
      if (kept === false || (kept === undefined && !reach)) await this.#discard();
    }
  }

  async #write(): Promise<void> {
    for (let from = 0; from < this.#files.length; from += atOnce) {
      const results = await Promise.allSettled(this.#files.slice(from, from + atOnce).map(write));
      const failed = results.find((result) => result.status === 'rejected');
      if (failed) throw failed.reason;
    }
  }

  /** Never rejects: a file that cannot be removed is no reason for another answer. */
  async #discard(): Promise<void> {
    await Promise.allSettled(this.#files.map(({ path }) => rm(path, { force: true })));
  }
}

/** Nobody but the user that Node-RED runs as needs to read them. */
function write({ path, bytes }: Placed): Promise<void> {
  const stream = new FileStream(path, { makeFolders: true, mode: 0o600 });
  return pipeline([bytes], stream);
}

/** Bytes that a name may have behind the id in front of it; file systems take 255 in all. */
const mostBytes = 160;

/**
 * A sender's file name as one that can stand in any folder: without a path, without what a file system or a shell takes
 * for something else, and not too long. Its ending stays.
 */
export function safeName(filename: string): string {
  const name = filename
    .normalize('NFC')
    .replace(/^.*[/\\]/s, '')
    // eslint-disable-next-line no-control-regex -- these are what is looked for
    .replace(/[\p{C}\p{Zl}\p{Zp}\u0000-\u001f<>:"|?*`$&;!'{}()[\]#%~]+/gu, '_')
    .replace(/\s+/g, ' ')
    .replace(/^[.\s-]+/, '')
    // only where such a run begins: many of them would take seconds
    .replace(/(?<![.\s])[.\s]+$/, '');
  const dot = name.lastIndexOf('.');
  const ending = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  return (
    `${shorten(name.slice(0, name.length - ending.length), mostBytes - Buffer.byteLength(ending))}${ending}` ||
    'file'
  );
}

/** Whole characters of it, in so many bytes. */
function shorten(text: string, bytes: number): string {
  let left = bytes;
  const kept: string[] = [];
  for (const character of text.slice(0, bytes)) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    kept.push(character);
  }
  return kept.join('');
}

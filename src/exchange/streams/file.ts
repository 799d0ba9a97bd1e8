import { randomBytes } from 'node:crypto';
import { mkdir, open, realpath, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { Writable } from 'node:stream';
import { Failure } from '../failure';
import { fileFailure } from '../file-failure';

export interface FileStreamOptions {
  /** Make the folders of the path that are missing. */
  makeFolders?: boolean;
  /** Permissions of a new file, and of folders that are made for it with the right to enter them; else the system's. */
  mode?: number;
}

export interface WrittenFile {
  /** Absolute. */
  path: string;
  /** Bytes. */
  size: number;
}

/**
 * Writes a file under a temporary name beside it (`.name.part-…`), and gives it its name, in place of what was there, once
 * every byte is on the disk: when the stream has finished. Failed or destroyed, it leaves nothing and touches nothing.
 * Every error is a Failure FILE.
 */
export class FileStream extends Writable {
  /** Once it has finished. */
  written: WrittenFile | undefined;
  readonly #path: string;
  readonly #makeFolders: boolean;
  readonly #mode: number | undefined;
  #target = '';
  #part = '';
  #file: FileHandle | undefined;
  #size = 0;
  #finishing: Promise<void> | undefined;

  constructor(path: string, options: FileStreamOptions = {}) {
    super({ highWaterMark: 256 * 1024 });
    this.#path = resolve(path);
    this.#makeFolders = options.makeFolders ?? false;
    this.#mode = options.mode;
  }

  override _construct(done: (error?: Error | null) => void): void {
    this.#begin().then(
      () => done(),
      (error: unknown) => done(fileFailure(error, this.#path)),
    );
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#append(chunk).then(
      () => done(),
      (error: unknown) => done(fileFailure(error, this.#path)),
    );
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#finishing = this.#finish();
    this.#finishing.then(
      () => done(),
      (error: unknown) => done(fileFailure(error, this.#path)),
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#discard().then(
      () => done(error),
      () => done(error),
    );
  }

  async #begin(): Promise<void> {
    if (this.#makeFolders) await mkdir(dirname(this.#path), { recursive: true, mode: this.#folderMode() });
    // a link keeps pointing where it does
    this.#target = await realpath(this.#path).catch(() => this.#path);
    const there = await stat(this.#target).catch(() => undefined);
    if (there && !there.isFile()) {
      throw new Failure('FILE', `"${this.#path}" is ${there.isDirectory() ? 'a folder' : 'no file'}`);
    }
    this.#part = join(dirname(this.#target), partName(basename(this.#target)));
    this.#file = await open(this.#part, 'wx', there ? there.mode & 0o777 : this.#mode);
  }

  /** Whoever may read the file may enter its folder. */
  #folderMode(): number | undefined {
    return this.#mode === undefined ? undefined : this.#mode | ((this.#mode & 0o444) >> 2);
  }

  async #append(chunk: Buffer): Promise<void> {
    for (let from = 0; from < chunk.length;) {
      const { bytesWritten } = await this.#file!.write(chunk, from);
      from += bytesWritten;
    }
    this.#size += chunk.length;
  }

  async #finish(): Promise<void> {
    await this.#file!.sync();
    await this.#close();
    if (this.destroyed) throw new Failure('ABORTED', 'the file was given up');
    await rename(this.#part, this.#target);
    this.written = { path: this.#path, size: this.#size };
    await syncFolder(dirname(this.#target));
  }

  async #discard(): Promise<void> {
    await this.#finishing?.catch(() => undefined);
    await this.#close().catch(() => undefined);
    if (this.#part !== '' && !this.written) await rm(this.#part, { force: true });
  }

  async #close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }
}

/** Hidden, beside the file, and no longer than names can be (255 bytes). */
function partName(name: string): string {
  const ending = `.part-${randomBytes(6).toString('hex')}`;
  let kept = name;
  while (Buffer.byteLength(kept) > 254 - ending.length) kept = [...kept].slice(0, -1).join('');
  return `.${kept}${ending}`;
}

/** The new name survives a power loss only then; not every system can. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}

/** A disk of its own that can be filled. Only Linux has a tmpfs, and only root may mount one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export class SmallDisk {
  readonly folder: string;

  /** @throws Error with a sentence when this user may not mount */
  constructor(folder: string, size = '2m') {
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder], { stdio: 'pipe' });
    } catch (cause) {
      const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
      throw new Error(
        `this test needs a small disk to fill, and may not mount a tmpfs: run it as root (${said})`,
        { cause },
      );
    }
  }

  /** Takes all that is left. */
  fill(): void {
    const file = openSync(this.#filler, 'w');
    try {
      for (;;) writeSync(file, Buffer.alloc(4096));
    } catch (error) {
      assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.#filler);
  }

  remove(): void {
    execFileSync('umount', [this.folder]);
  }

  get #filler(): string {
    return join(this.folder, 'filler');
  }
}

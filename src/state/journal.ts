import fs from 'node:fs';

/**
 * SQLite's journal (the `-wal` file) as a file that we bring to the disk ourselves, off the event loop. A commit of SQLite is
 * durable once the frames that it appended are on the disk; with `synchronous = NORMAL` SQLite appends them and leaves
 * that to us, and still waits by itself where the order of writes matters (https://www.sqlite.org/pragma.html#pragma_synchronous).
 *
 * The file exists since the first commit and stays the same one until the last connection is closed. SQLite has no locks
 * on it that closing another descriptor could release.
 */
export class Journal {
  readonly #descriptor: number;
  #waiting = 0;
  #closed = false;

  /** @param file of the database. @throws the system's error when there is no journal: then SQLite has to wait itself */
  constructor(file: string) {
    // Windows brings to the disk only what was opened for writing.
    this.#descriptor = fs.openSync(`${file}-wal`, 'r+');
  }

  /** Resolves when everything that was committed before the call survives a power failure. Rejects with the system's error. */
  async sync(): Promise<void> {
    this.#waiting++;
    try {
      await new Promise<void>((resolve, reject) => {
        fs.fdatasync(this.#descriptor, (error) => (error ? reject(error) : resolve()));
      });
    } finally {
      this.#waiting--;
      if (this.#closed) this.#release();
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#release();
  }

  /** Not under a call that is under way: another file could get its number. */
  #release(): void {
    if (this.#waiting > 0) return;
    try {
      // at once: SQLite is about to remove the file, and Windows keeps the name of one that is open
      fs.closeSync(this.#descriptor);
    } catch {
      // what had to be on the disk is waited for by `sync`
    }
  }
}

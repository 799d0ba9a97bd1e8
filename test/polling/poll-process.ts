/**
 * A process of its own that the crash test kills in mid emission: it resumes, polls again and again, and prints each
 * emission. `poll-process.ts FILE URL`.
 */
import { writeSync } from 'node:fs';
import { newRecords } from '../../src/polling/changes';
import { Poller } from '../../src/polling/poller';
import { openSqlite } from '../../src/state/sqlite';
import { connect } from '../support/connect';
import { sourceOf } from './shop';

const [file = '', url = ''] = process.argv.slice(2);

/** At once, so that what was printed was emitted and the other way round; a full pipe is waited for. */
function print(line: string): void {
  for (;;) {
    try {
      writeSync(1, line);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      pause(1);
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

void (async () => {
  const store = await openSqlite({ file, now: Date.now, warn: (sentence) => console.error(sentence) });
  const poller = new Poller({
    owner: 'node',
    name: 'new order',
    fingerprint: 'orders',
    source: sourceOf({ server: { url } }, connect({ baseUrl: url })),
    key: { by: 'properties', paths: ['id'] },
    watch: newRecords,
    store: () => Promise.resolve(store),
    clock: { now: Date.now },
    emit: ({ event: { key, id, attempt } }) => {
      print(`${JSON.stringify({ key, id, attempt })}\n`);
      // Slow enough that the test can stop it in the middle of a batch.
      if (attempt === 1) pause(2);
    },
  });
  const { signal } = new AbortController();
  await poller.resume(signal);
  for (;;) await poller.poll(signal);
})();

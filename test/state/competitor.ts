/**
 * One of several processes that share a Redis: `competitor.ts URL PREFIX NAME ROUNDS`. It takes part in three races at
 * once and prints a line of JSON at the end, and `started` at the beginning.
 */
import { writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { openRedis } from '../../src/state/redis';
import { Conflict, type Store } from '../../src/state/store';

const [url = '', prefix = '', name = '', rounds = '0'] = process.argv.slice(2);

void (async () => {
  const store = await openRedis({ url, prefix, warn: (sentence) => console.error(sentence) });
  writeSync(1, 'started\n');
  const [conflicts, handled, terms] = await Promise.all([count(store), work(store), rule(store)]);
  await store.close();
  writeSync(1, `${JSON.stringify({ conflicts, handled, terms })}\n`);
})();

/** Adds one to a document, as often as it is told to, by compare-and-set. */
async function count(store: Store): Promise<number> {
  let conflicts = 0;
  for (let done = 0; done < Number(rounds);) {
    const counter = await store.get('race', 'counter');
    const value = Number(counter?.value ?? 0) + 1;
    try {
      await store.commit([
        { kind: 'put', scope: 'race', name: 'counter', value, expect: counter?.version ?? 0 },
      ]);
      done++;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
      conflicts++;
    }
  }
  return conflicts;
}

/** Takes items until the queue is empty; each is acknowledged together with an id that must be new. */
async function work(store: Store): Promise<string[]> {
  const handled: string[] = [];
  while ((await store.size('jobs')).count > 0) {
    for (const { id, attempt } of await store.claim('jobs', { consumer: name, limit: 3, visibility: 300 })) {
      await store.commit([
        { kind: 'ack', scope: 'jobs', id, attempt },
        { kind: 'add', scope: 'done', ids: [id], fresh: true },
      ]);
      handled.push(id);
    }
    await pause(1);
  }
  return handled;
}

/** While it holds the lease: reads a number, waits, writes the next one. Only the lease keeps others from doing so. */
async function rule(store: Store): Promise<number> {
  let terms = 0;
  while (terms < Number(rounds) / 10) {
    const lease = await store.acquire('throne', name, 2000);
    if (!lease) {
      await pause(1);
      continue;
    }
    const value = Number((await store.get('throne', 'reign'))?.value ?? 0);
    await pause(2);
    await store.commit([
      { kind: 'guard', scope: 'throne', token: lease.token },
      { kind: 'put', scope: 'throne', name: 'reign', value: value + 1 },
    ]);
    await store.release('throne', lease.token);
    terms++;
  }
  return terms;
}

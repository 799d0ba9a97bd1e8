/**
 * A process of its own that the durability test kills in mid write. It prints the number of each commit once it is
 * acknowledged: `writer.ts FILE FIRST`.
 */
import { writeSync } from 'node:fs';
import { openSqlite } from '../../src/state/sqlite';

const [file = '', first = '0'] = process.argv.slice(2);

void (async () => {
  const store = await openSqlite({ file, now: Date.now, warn: (sentence) => console.error(sentence) });
  const write = async (n: number) => {
    await store.commit([
      { kind: 'put', scope: 's', name: `document ${n}`, value: { n, filler: 'x'.repeat(500) } },
      { kind: 'add', scope: 's', ids: [`id ${n} a`, `id ${n} b`] },
    ]);
    writeSync(1, `${n}\n`);
  };
  for (let n = Number(first); ; n += 4)
    await Promise.all([write(n), write(n + 1), write(n + 2), write(n + 3)]);
})();

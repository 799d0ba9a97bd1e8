/** `known-process.ts BASE PATH FILE`: polls five times with the state in FILE, and prints its largest resident memory in MB. */
import { openSqlite } from '../../src/state/sqlite';
import { connect } from '../../test/support/connect';
import { pollerFor } from '../polling';

async function main(base: string, path: string, file: string): Promise<void> {
  const connection = connect({ baseUrl: base });
  const store = await openSqlite({ file, now: Date.now, warn: console.error });
  for (let round = 0; round < 5; round++) {
    const poller = pollerFor(connection, base, `${path}&round=${round}`, store, 'many');
    await poller.poll(new AbortController().signal);
  }
  await connection.close();
  await store.close();
  // kilobytes
  console.log(process.resourceUsage().maxRSS / 1024);
}

const [, , base = '', path = '', file = ''] = process.argv;
void main(base, path, file);

/**
 * A process that moves one large body between a file and a server with our engine, and prints what that cost in memory:
 *   node stream-process.js download|upload URL FILE
 */
import { createReadStream, createWriteStream, statSync } from 'node:fs';
import { Writable } from 'node:stream';
import { connect } from '../support/connect';

/** What it prints, as JSON. */
export interface Moved {
  statusCode: number;
  /** Of the answer. */
  size: number;
  /** What the failure's code was, when there was one. */
  code?: string;
  /** Bytes of resident memory at the peak beyond what it had after the first small request. */
  added: number;
  seconds: number;
}

async function main([action, url, file]: string[]): Promise<Moved> {
  const connection = connect({ totalTimeout: 0, maxResponseSize: 2 ** 31 });
  const drop = { open: () => new Writable({ write: (_c, _e, done) => done() }), restartable: false };
  // loads everything that a request needs
  await connection.send({ method: 'GET', url: new URL('/warm', url).href }, { sink: drop });
  global.gc?.();
  const before = process.memoryUsage.rss();
  const started = performance.now();
  const answer = await (
    action === 'upload'
      ? connection.send({
          method: 'PUT',
          url: url!,
          body: { length: statSync(file!).size, open: () => createReadStream(file!), repeatable: true },
        })
      : connection.send(
          { method: 'GET', url: url! },
          { sink: { open: () => createWriteStream(file!), restartable: true } },
        )
  ).catch((error: { code: string }) => ({ statusCode: 0, size: 0, code: error.code }));
  const seconds = (performance.now() - started) / 1000;
  // the peak of the process (getrusage(2), in kilobytes): no sampling can miss it
  const added = process.resourceUsage().maxRSS * 1024 - before;
  await connection.close();
  const code = 'code' in answer ? answer.code : undefined;
  return { statusCode: answer.statusCode, size: answer.size, code, added, seconds };
}

if (require.main === module) {
  void main(process.argv.slice(2)).then((moved) => process.stdout.write(JSON.stringify(moved)));
}

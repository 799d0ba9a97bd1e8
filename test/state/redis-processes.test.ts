import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Conflict, type Store } from '../../src/state/store';
import { RedisBench } from './redis-bench';

describe('Redis with several processes', () => {
  const bench = new RedisBench();
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });

  const rounds = 100;
  const compete = async (name: string) => {
    const script = join(__dirname, 'competitor.ts');
    const args = ['--require', 'tsx', script, bench.server.url, 'test:', name, `${rounds}`];
    const child = spawn(process.execPath, args);
    children.push(child);
    let [output, errors] = ['', ''];
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    const result = once(child, 'close').then(() => {
      if (child.exitCode !== 0 && child.signalCode === null) throw new Error(errors);
      const last = output.trim().split('\n').at(-1)!;
      return child.signalCode ? undefined : (JSON.parse(last) as { handled: string[]; terms: number });
    });
    result.catch(() => undefined);
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(errors)));
      child.stdout.on('data', (chunk: Buffer) => {
        output += chunk.toString();
        if (output.includes('started')) resolve();
      });
    });
    return { child, result };
  };

  it('lets each change, item and lease be one process’s', async function () {
    this.timeout(60_000);
    const store = await bench.open();
    const jobs = Array.from({ length: 500 }, (_, n) => `job ${n}`);
    await store.commit(jobs.map((id) => ({ kind: 'push', scope: 'jobs', id, value: id })));
    const racers = await Promise.all(['one', 'two', 'three'].map(compete));
    const results = await Promise.all(racers.map(({ result }) => result));
    assert.equal((await store.get('race', 'counter'))?.value, 3 * rounds);
    assert.deepEqual(results.flatMap((result) => result!.handled).sort(), [...jobs].sort());
    assert.equal((await store.get('throne', 'reign'))?.value, (3 * rounds) / 10);
  });

  it('gives what a killed process had claimed to another, and takes its lease over', async function () {
    this.timeout(60_000);
    const store = await bench.open();
    const jobs = Array.from({ length: 1000 }, (_, n) => `job ${n}`);
    await store.commit(jobs.map((id) => ({ kind: 'push', scope: 'jobs', id, value: id })));
    const [victim, other] = await Promise.all(['victim', 'other'].map(compete));
    while ((await store.size('jobs')).count > 800) await pause(2);
    victim!.child.kill('SIGKILL');
    const { terms } = (await other!.result)!;
    assert.equal(terms, rounds / 10);
    assert.equal((await store.size('jobs')).count, 0);
    assert.deepEqual([...(await store.unknown('done', jobs))], []);
  });

  it('does not let a paused process commit with a lease that another has taken', async () => {
    const [paused, other] = [await bench.open(), await bench.open()];
    const mine = (await paused.acquire('s', 'paused', 50))!;
    let theirs: { token: number } | undefined;
    while (!(theirs = await other.acquire('s', 'other', 60_000))) await pause(5);
    const guarded = (store: Store, token: number) =>
      store.commit([
        { kind: 'guard', scope: 's', token },
        { kind: 'put', scope: 's', name: 'd', value: token },
      ]);
    await assert.rejects(guarded(paused, mine.token), Conflict);
    await guarded(other, theirs.token);
    assert.equal(await paused.renew('s', mine.token, 1000), false);
  });
});

/**
 * `kill -9` at random moments while two polling nodes of a real Node-RED poll a source that changes: by pages and a cursor,
 * one record by record, one in lists of which a poll sends so many at most. Nothing is lost, and what comes twice is a
 * batch that was pending, with the same ids. `CRASH_ROUNDS` (20) and `CRASH_SEED` repeat a run.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { pagingDefaults } from '../../nodes/runtime/paging-config';
import { startNodeRed, type FlowNode, type NodeRed } from '../runtime/node-red';
import { until } from '../runtime/polling-bench';
import { ChangingSource, Lines, numbersFrom, Output, versionOf, type Recorded } from './changing-source';

const rounds = Number(process.env.CRASH_ROUNDS ?? 20);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);

const place = { z: 'tab1', x: 100, y: 100 };
const trigger = (id: string, behind: string, fields: object): FlowNode => ({
  id,
  type: 'polling-trigger',
  ...place,
  connection: 'source1',
  url: 'rows?since={{cursor}}',
  paging: { ...pagingDefaults, kind: 'page-number', parameter: 'page' },
  watch: 'updates',
  cursor: 'at',
  lookback: 2,
  firstRun: 'everything',
  interval: 0.1,
  wires: [[behind]],
  ...fields,
});
const debug = (id: string): FlowNode => {
  return { id, type: 'debug', ...place, active: true, tosidebar: true, complete: 'true', wires: [] };
};

const flows = (baseUrl: string): FlowNode[] => [
  { id: 'tab1', type: 'tab', label: 'crash' },
  { id: 'source1', type: 'http-connection', baseUrl },
  trigger('single', 'singles', { version: 'rev' }),
  trigger('batch', 'batches', { version: '', output: 'batch', batchSize: 7, perPoll: 100 }),
  debug('singles'),
  debug('batches'),
];

describe('crash/polling', () => {
  it(`loses nothing over ${rounds} kills (seed ${seed})`, async () => {
    const began = performance.now();
    const random = numbersFrom(seed);
    const source = await new ChangingSource(random).open();
    const userDir = mkdtempSync(join(tmpdir(), 'crash-'));
    const outputs = [new Output('singles'), new Output('batches')];
    let nodeRed: NodeRed | undefined;
    let record = new Lines('');
    /** Takes what came since the last call: from a file, where it was before the process could be killed. */
    const take = (): void => {
      for (const line of record.next()) {
        for (const output of outputs) output.take(JSON.parse(line) as Recorded);
      }
    };
    const cameOut = (version: string) => outputs.every(({ seen }) => seen.has(version));
    let runs = 0;
    let broken: Error | undefined;
    const growing = setInterval(() => {
      try {
        take();
        source.change((row) => cameOut(versionOf(row)));
      } catch (error) {
        broken ??= error as Error;
      }
    }, 20);
    const run = async (): Promise<NodeRed> => {
      const file = join(userDir, `record-${++runs}`);
      record = new Lines(file);
      for (const output of outputs) output.begin();
      const env = { RECORD_DEBUG_TO: file };
      nodeRed = await startNodeRed({ line: '5', userDir, flows: flows(source.url), env });
      return nodeRed;
    };
    try {
      for (let round = 0; round < rounds; round++) {
        const running = await run();
        // The moment of the kill is what this test varies: by time, or in the middle of what comes out.
        if (random() < 0.5) await delay(random() * 400);
        else {
          const [node, most] = random() < 0.5 ? ['singles', 100] : ['batches', 10];
          const enough = 1 + Math.floor(random() * most);
          const isEnough = () => running.debug.filter(({ id }) => id === node).length >= enough;
          await running.until(`${enough} messages came out of ${node}`, isEnough);
        }
        await running.kill();
        take();
        if (broken) throw broken;
      }
      clearInterval(growing);
      const last = await run();
      const isComplete = () => outputs.every(({ seen }) => seen.size >= source.versions.size);
      await until('everything came out', () => (take(), isComplete()), 60_000).catch((error: unknown) => {
        for (const output of outputs) assert.deepEqual(output.missing(source.versions), [], 'lost');
        throw error;
      });
      await last.stop();
      take();
    } finally {
      clearInterval(growing);
      await nodeRed?.kill();
      await source.close();
      rmSync(userDir, { recursive: true, force: true });
    }

    for (const output of outputs) {
      assert.deepEqual(output.missing(source.versions), []);
      assert.equal(output.seen.size, source.versions.size, 'more came out than there was');
    }
    const updates = source.versions.size - source.rows.length;
    const repeats = outputs.map(
      ({ repeats: events, repeatedTurns }) => `${events} events of ${repeatedTurns} pending turns`,
    );
    const seconds = Math.round((performance.now() - began) / 1000);
    console.log(
      `      ${rounds} kills in ${seconds} s: ${source.rows.length} rows created, ${updates} updates; again: ${repeats.join(', ')}`,
    );
  });
});

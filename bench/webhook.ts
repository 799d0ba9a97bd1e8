/**
 * A webhook into a flow: webhook-trigger, verified by HMAC, not durable and durable, beside the core pair `http in` →
 * `http response`, with the same next node behind each, in one Node-RED process; and beside bare `node:http`. Rounds in
 * turn; the servers on one processor, the load on the other.
 */
import { fork, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startNodeRed, type FlowNode } from '../test/runtime/node-red';
import type { BenchResult, Measured } from './run';

const rounds = Number(process.env.BENCH_ROUNDS ?? 7);
const secret = 'correct horse battery staple';

const loads = [
  { load: '1 KB, 64 at once', size: 1024, connections: 64, count: 20_000 },
  { load: '1 KB, 1 at once', size: 1024, connections: 1, count: 2000 },
  { load: '100 KB, 64 at once', size: 102_400, connections: 64, count: 1500 },
];

const at = { z: 'tab', x: 10, y: 10 };
/** The node behind each trigger. */
const next = (id: string, wires: string[]) => ({
  id,
  type: 'function',
  ...at,
  func: 'msg.seen = true; return msg;',
  outputs: 1,
  wires: [wires],
});
const hook = (id: string, fields: object) => ({
  id,
  type: 'webhook-trigger',
  ...at,
  path: id,
  configVersion: 1,
  verification: 'preset',
  preset: 'github',
  repeatBy: 'none',
  inboxCount: 1_000_000,
  inboxSize: 1000,
  wires: [[`f-${id}`]],
  ...fields,
});

const flows: FlowNode[] = [
  { id: 'tab', type: 'tab', label: 'bench' },
  hook('fast', { durable: false }),
  next('f-fast', []),
  hook('durable', { durable: true }),
  next('f-durable', []),
  { id: 'core', type: 'http in', ...at, url: '/core', method: 'post', wires: [['f-core']] },
  next('f-core', ['answer']),
  { id: 'answer', type: 'http response', ...at, statusCode: '200', headers: {}, wires: [] },
];
const credentials = { fast: { secret }, durable: { secret } };

interface System {
  name: string;
  port: number;
  path: string;
  pid: number;
}
type Sample = Omit<Measured, 'name'>;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** Processor time of a process so far, in microseconds; a tick of Linux is 10 ms. */
function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

function rssOf(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
  return Number(kilobytes) / 1024;
}

function bodyOf(size: number): string {
  const start = '{"id":"0123456789","kind":"order","data":"';
  return `${start}${'x'.repeat(Math.max(0, size - start.length - 2))}"}`;
}

async function measure(driver: ChildProcess, system: System, load: (typeof loads)[number]): Promise<Sample> {
  const signature = createHmac('sha256', secret).update(bodyOf(load.size)).digest('hex');
  const headers = { 'Content-Type': 'application/json', 'X-Hub-Signature-256': `sha256=${signature}` };
  const cpu = cpuOf(system.pid);
  const told = once(driver, 'message');
  driver.send({ ...load, port: system.port, path: system.path, headers });
  const [result] = (await told) as [{ rps: number; p50: number; p99: number; error?: string }];
  if (result.error) throw new Error(`${system.name}: ${result.error}`);
  const { rps, p50, p99 } = result;
  return { rps, p50, p99, cpuUsPerOp: (cpuOf(system.pid) - cpu) / load.count, rssMb: rssOf(system.pid) };
}

function pin(pid: number, processor: number): void {
  // where there is no taskset, or one processor, the figures are noisier
  spawnSync('taskset', ['-acp', String(processor), String(pid)]);
}

export async function run(): Promise<BenchResult> {
  const bare = spawn(process.execPath, [join(__dirname, 'driver', 'bare.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const driver = fork(join(__dirname, 'driver', 'load.mjs'), { execArgv: [] });
  const printing = once(bare.stdout, 'data') as Promise<[Buffer]>;
  const ready = once(driver, 'message');
  const systems: Measured[] = [];
  const ratios: Record<string, number> = {};
  try {
    await using nodeRed = await startNodeRed({ line: '5', flows, credentials });
    const [printed] = await printing;
    await ready;
    pin(bare.pid!, 0);
    pin(nodeRed.pid, 0);
    pin(driver.pid!, 1);
    const measured: Record<string, System> = {
      core: { name: 'core http in → http response', port: nodeRed.port, path: '/core', pid: nodeRed.pid },
      fast: { name: 'webhook-trigger, verified', port: nodeRed.port, path: '/fast', pid: nodeRed.pid },
      durable: {
        name: 'webhook-trigger, verified, durable',
        port: nodeRed.port,
        path: '/durable',
        pid: nodeRed.pid,
      },
      bare: { name: 'bare node:http', port: Number(printed.toString()), path: '/', pid: bare.pid! },
    };
    for (const load of loads) {
      const samples: Record<string, Sample[]> = {};
      // the first round warms up
      for (let n = 0; n <= rounds; n++) {
        for (const [id, system] of Object.entries(measured)) {
          const sample = await measure(driver, system, load);
          if (n > 0) (samples[id] ??= []).push(sample);
        }
      }
      const of = (id: string, key: keyof Sample) => median(samples[id]!.map((sample) => sample[key]));
      for (const [id, { name }] of Object.entries(measured)) {
        systems.push({
          name: `${name}, ${load.load}`,
          rps: of(id, 'rps'),
          cpuUsPerOp: of(id, 'cpuUsPerOp'),
          p50: of(id, 'p50'),
          p99: of(id, 'p99'),
          rssMb: of(id, 'rssMb'),
        });
      }
      for (const id of ['fast', 'durable']) {
        ratios[`${id}: deliveries per second over core, ${load.load}`] = of(id, 'rps') / of('core', 'rps');
        ratios[`${id}: p99 over core, ${load.load}`] = of(id, 'p99') / of('core', 'p99');
        ratios[`${id}: p50 over bare, ${load.load}`] = of(id, 'p50') / of('bare', 'p50');
      }
    }
  } finally {
    bare.kill();
    driver.kill();
  }
  return { node: process.version, systems, ratios };
}

/**
 * A request out of a flow: send-request beside the core http request node with keep-alive, in one Node-RED process,
 * rounds in turn, against one server in a process of its own.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startNodeRed, type FlowNode } from '../test/runtime/node-red';
import type { BenchResult, Measured } from './run';

const rounds = 7;

const loads = [
  { load: '1 KB, 64 at once', size: 1024, concurrency: 64, count: 4000 },
  { load: '1 KB, 1 at once', size: 1024, concurrency: 1, count: 1500 },
  { load: '100 KB, 64 at once', size: 102_400, concurrency: 64, count: 1500 },
];

function flows(port: number, size: number): FlowNode[] {
  const url = `http://127.0.0.1:${port}`;
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'connection', type: 'http-connection', configVersion: 1, baseUrl: url },
    { id: 'd-ours', type: 'bench-driver', z: 'tab', wires: [['ours']] },
    {
      id: 'ours',
      type: 'send-request',
      z: 'tab',
      configVersion: 1,
      connection: 'connection',
      url: `/${size}`,
      wires: [['d-ours']],
    },
    { id: 'd-core', type: 'bench-driver', z: 'tab', wires: [['core']] },
    {
      id: 'core',
      type: 'http request',
      z: 'tab',
      method: 'GET',
      ret: 'obj',
      paytoqs: 'ignore',
      url: `${url}/${size}`,
      persist: true,
      senderr: false,
      headers: [],
      wires: [['d-core']],
    },
    { id: 'd-none', type: 'bench-driver', z: 'tab', wires: [['none']] },
    { id: 'none', type: 'change', z: 'tab', rules: [], wires: [['d-none']] },
  ];
}

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

function summary(name: string, samples: Omit<Measured, 'name'>[]): Measured {
  const of = (key: keyof Omit<Measured, 'name'>) => median(samples.map((sample) => sample[key]));
  return {
    name,
    rps: of('rps'),
    cpuUsPerOp: of('cpuUsPerOp'),
    p50: of('p50'),
    p99: of('p99'),
    rssMb: of('rssMb'),
  };
}

export async function run(): Promise<BenchResult> {
  const server = spawn(process.execPath, [join(__dirname, 'driver', 'server.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const systems: Measured[] = [];
  const ratios: Record<string, number> = {};
  try {
    const [printed] = (await once(server.stdout, 'data')) as [Buffer];
    for (const { load, size, concurrency, count } of loads) {
      await using nodeRed = await startNodeRed({
        line: '5',
        flows: flows(Number(printed.toString()), size),
        settings: { nodesDir: [join(__dirname, 'driver')] },
      });
      const round = async (id: string, requests: number) => {
        const answer = await nodeRed.admin(`bench/${id}?count=${requests}&concurrency=${concurrency}`);
        if (!answer.ok) throw new Error(await answer.text());
        return (await answer.json()) as Omit<Measured, 'name'>;
      };
      const samples: Record<string, Omit<Measured, 'name'>[]> = { ours: [], core: [], none: [] };
      for (const id of Object.keys(samples)) await round(`d-${id}`, count);
      for (let i = 0; i < rounds; i++) {
        for (const [id, list] of Object.entries(samples)) list.push(await round(`d-${id}`, count));
      }
      const [ours, core, none] = [
        summary(`send-request, ${load}`, samples.ours!),
        summary(`core http request, ${load}`, samples.core!),
        summary(`passing a message alone, ${load}`, samples.none!),
      ];
      systems.push(ours, core, none);
      ratios[`requests per second over core, ${load}`] = ours.rps / core.rps;
      ratios[`CPU per request over core, ${load}`] = ours.cpuUsPerOp / core.cpuUsPerOp;
    }
  } finally {
    server.kill();
  }
  return { node: process.version, systems, ratios };
}

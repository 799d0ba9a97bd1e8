/**
 * What the package adds to the start of an idle Node-RED (an empty flow), and what the first request takes beyond the
 * second, with the core http request node beside it. Each figure is of a process of its own; those that are compared
 * start in turn, because the machine has other things to do as well.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { startNodeRed, type FlowNode, type Line } from '../test/runtime/node-red';
import type { BenchResult, Measured } from './run';

/** What `GET /bench/start` of the driver answers. */
interface Start {
  /** From the beginning of the process until the flows ran. */
  ms: number;
  /** Of the processor, in that time. */
  cpuMs: number;
  rssMb: number;
  /** Held after a collection. */
  heapMb: number;
}

/** Milliseconds of the first two requests of a process, and what its start took. */
interface FirstRequests {
  first: number;
  second: number;
  start: Start;
}

export interface StartCosts {
  /** Without and with the package, a pair a round. */
  alone: Start[];
  withPackage: Start[];
  ours: FirstRequests[];
  core: FirstRequests[];
}

export const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

/** The median of what is more in `longer` than in `base`, pair by pair: what slows down a round does so to both. */
function added<T>(longer: T[], base: T[], of: (one: T) => number): number {
  return median(longer.map((one, index) => of(one) - of(base[index]!)));
}

/** The four figures of the package's promise. */
export function claims({ alone, withPackage, ours, core }: StartCosts): Record<string, number> {
  const beyond = ({ first, second }: FirstRequests) => first - second;
  return {
    'ms added to an idle start': added(withPackage, alone, ({ ms }) => ms),
    'ms of the processor added to an idle start': added(withPackage, alone, ({ cpuMs }) => cpuMs),
    'MB added to an idle start': added(withPackage, alone, ({ rssMb }) => rssMb),
    'MB of the heap added to an idle start': added(withPackage, alone, ({ heapMb }) => heapMb),
    'ms that the first request takes beyond the second': median(ours.map(beyond)),
    'ms that the first request of the core node takes beyond its second': median(core.map(beyond)),
  };
}

const driver = (asks: string): FlowNode => ({
  id: 'driver',
  type: 'bench-driver',
  z: 'tab',
  wires: [[asks]],
});
const tab: FlowNode = { id: 'tab', type: 'tab', label: 'bench' };

function ourFlow(url: string): FlowNode[] {
  const connection = { id: 'connection', type: 'http-connection', configVersion: 1, baseUrl: url };
  const fields = { z: 'tab', configVersion: 1, connection: 'connection', url: '/1024', wires: [['driver']] };
  return [tab, connection, driver('ours'), { id: 'ours', type: 'send-request', ...fields }];
}

function coreFlow(url: string): FlowNode[] {
  const fields = { z: 'tab', method: 'GET', ret: 'obj', paytoqs: 'ignore', persist: true, headers: [] };
  const core = { id: 'core', type: 'http request', ...fields, url: `${url}/1024`, wires: [['driver']] };
  return [tab, driver('core'), core];
}

async function start(line: Line, withoutPackage: boolean, flows: FlowNode[], requests = 0) {
  const settings = { nodesDir: [join(__dirname, 'driver')] };
  await using nodeRed = await startNodeRed({ line, flows, withoutPackage, settings });
  const ask = async (path: string): Promise<unknown> => {
    const answer = await nodeRed.admin(`bench/${path}`);
    if (!answer.ok) throw new Error(await answer.text());
    return answer.json();
  };
  const times: number[] = [];
  for (let request = 0; request < requests; request++) {
    const { p50 } = (await ask('driver?count=1&concurrency=1')) as { p50: number };
    times.push(p50);
  }
  const [first = 0, second = 0] = times;
  return { first, second, start: (await ask('start')) as Start };
}

/** Starts Node-RED four times a round. The first round is not counted: the machine reads the files from its disk. */
export async function measure(line: Line, rounds: number): Promise<StartCosts> {
  const server = spawn(process.execPath, [join(__dirname, 'driver', 'server.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [printed] = (await once(server.stdout, 'data')) as [Buffer];
    const url = `http://127.0.0.1:${Number(printed.toString())}`;
    const costs: StartCosts = { alone: [], withPackage: [], ours: [], core: [] };
    for (let round = -1; round < rounds; round++) {
      const alone = await start(line, true, []);
      const withPackage = await start(line, false, []);
      const ours = await start(line, false, ourFlow(url), 2);
      const core = await start(line, true, coreFlow(url), 2);
      if (round < 0) continue;
      costs.alone.push(alone.start);
      costs.withPackage.push(withPackage.start);
      costs.ours.push(ours);
      costs.core.push(core);
    }
    return costs;
  } finally {
    server.kill();
  }
}

function summary(name: string, starts: Start[]): Measured {
  const times = starts.map(({ ms }) => ms);
  return {
    name,
    rps: 1000 / median(times),
    cpuUsPerOp: median(starts.map(({ cpuMs }) => cpuMs * 1000)),
    p50: median(times),
    p99: Math.max(...times),
    rssMb: median(starts.map(({ rssMb }) => rssMb)),
  };
}

export async function run(): Promise<BenchResult> {
  const costs = await measure('5', 15);
  const requests = (name: string, all: FirstRequests[], of: (one: FirstRequests) => number): Measured => ({
    ...summary(
      name,
      all.map((one) => one.start),
    ),
    p50: median(all.map(of)),
    p99: Math.max(...all.map(of)),
    rps: 1000 / median(all.map(of)),
  });
  return {
    node: process.version,
    systems: [
      summary('start of Node-RED alone', costs.alone),
      summary('start with the package', costs.withPackage),
      requests('first request (CPU and RSS: of the start)', costs.ours, ({ first }) => first),
      requests('second request', costs.ours, ({ second }) => second),
      requests('first request of the core node', costs.core, ({ first }) => first),
      requests('second request of the core node', costs.core, ({ second }) => second),
    ],
    ratios: claims(costs),
  };
}

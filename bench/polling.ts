/**
 * A poll of a page of 10,000 records (about 5 MB) from a server in a process of its own: ours beside the floor, which is the
 * request alone, `JSON.parse` and a look-up in a Set, and beside what is usual in a flow. In one process, rounds in turn; the ratios are of the best
 * rounds, because the store waits for a disk that others use too.
 *
 * Processor time is of the whole poll, the store's commits included. What known ids add in memory is the difference of two
 * processes that do nothing but poll.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Connection } from '../src/connection/connection';
import { parseStatuses } from '../src/exchange/success';
import { Template } from '../src/exchange/template';
import { newRecords } from '../src/polling/changes';
import { Poller, type PollReport } from '../src/polling/poller';
import { HttpSource } from '../src/polling/source';
import { openSqlite } from '../src/state/sqlite';
import type { Store } from '../src/state/store';
import { startNodeRed, type FlowNode } from '../test/runtime/node-red';
import { connect } from '../test/support/connect';
import type { BenchResult, Measured } from './run';

const rounds = 15;
const records = 10_000;
const fresh = 10;
const million = 1_000_000;

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;
const megabytes = (bytes: number): number => bytes / 1024 / 1024;

/** Times of one thing that was done several times: milliseconds, and microseconds of the processor. */
class Times {
  readonly wall: number[] = [];
  readonly cpu: number[] = [];
  rss = 0;

  constructor(readonly name: string) {}

  async measure<T>(work: () => Promise<T>): Promise<T> {
    const cpu = process.cpuUsage();
    const started = performance.now();
    const result = await work();
    this.wall.push(performance.now() - started);
    const { user, system } = process.cpuUsage(cpu);
    this.cpu.push(user + system);
    this.rss = Math.max(this.rss, megabytes(process.memoryUsage.rss()));
    return result;
  }

  /** Median, in milliseconds. */
  get middle(): number {
    return median(this.wall);
  }

  /** The round that was disturbed least, in milliseconds: what is compared. */
  get best(): number {
    return Math.min(...this.wall);
  }

  summary(): Measured {
    return {
      name: this.name,
      rps: 1000 / this.middle,
      cpuUsPerOp: median(this.cpu),
      p50: this.middle,
      p99: Math.max(...this.wall),
      rssMb: this.rss,
    };
  }
}

/** A poller on the server's list of so many records, each poll with so many new ones. */
export function pollerFor(
  connection: Connection,
  base: string,
  path: string,
  store: Store,
  owner: string,
): Poller {
  const plan = {
    url: new Template(`${base}${path}`, 'url'),
    contentType: '',
    decode: 'json',
    isSuccess: parseStatuses('2xx'),
  } as const;
  const source = new HttpSource({
    sender: connection,
    plan,
    inputOf: (times) => Promise.resolve({ method: 'GET', query: [], headers: [], view: { message: times } }),
    records: 'orders',
    clock: { now: Date.now },
  });
  return new Poller({
    owner,
    name: 'order',
    fingerprint: owner,
    source,
    key: { by: 'properties', paths: ['id'] },
    watch: newRecords,
    store: () => Promise.resolve(store),
    clock: { now: Date.now },
    emit: () => {},
  });
}

/** The least that has to be done: the request, the parser, and a set of what is known. */
async function floor(connection: Connection, url: string, known: Set<number>): Promise<number> {
  const { body } = await connection.send({ method: 'GET', url });
  const { orders } = JSON.parse(body.toString()) as { orders: { id: number }[] };
  let found = 0;
  for (const { id } of orders) {
    if (known.has(id)) continue;
    known.add(id);
    found++;
  }
  return found;
}

function check(report: PollReport, fired: number): void {
  if (report.fired !== fired) throw new Error(`${report.fired} records fired, ${fired} were new`);
}

/** How it is done by hand in Node-RED: http request → split → a function that keeps in its context what it saw. */
function usualFlow(url: string): FlowNode[] {
  const node = (id: string, type: string, fields: object): FlowNode => ({ id, type, z: 'tab', ...fields });
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    node('driver', 'bench-driver', { wires: [['ask']] }),
    node('ask', 'http request', {
      method: 'GET',
      ret: 'obj',
      paytoqs: 'ignore',
      url,
      persist: true,
      senderr: false,
      headers: [],
      wires: [['orders']],
    }),
    node('orders', 'change', {
      rules: [{ t: 'set', p: 'payload', pt: 'msg', to: 'payload.orders', tot: 'msg' }],
      wires: [['one by one']],
    }),
    node('one by one', 'split', { arraySplt: 1, arraySpltType: 'len', wires: [['unseen']] }),
    node('unseen', 'function', {
      func: `
        const seen = context.get('seen') || {};
        const { id } = msg.payload;
        const isNew = !seen[id];
        if (isNew) {
          seen[id] = true;
          context.set('seen', seen);
        }
        const last = msg.parts.index === msg.parts.count - 1;
        return [isNew ? msg : null, last ? { at: msg.at } : null];`,
      outputs: 2,
      wires: [[], ['driver']],
    }),
  ];
}

async function theUsualWay(url: string): Promise<Times> {
  const times = new Times(`http request, split, function with context; ${fresh} new of ${records}`);
  await using nodeRed = await startNodeRed({
    line: '5',
    flows: usualFlow(url),
    settings: { nodesDir: [join(__dirname, 'driver')] },
  });
  for (let round = -1; round < rounds; round++) {
    const answer = await nodeRed.admin('bench/driver?count=1&concurrency=1');
    if (!answer.ok) throw new Error(await answer.text());
    const { p50, cpuUsPerOp, rssMb } = (await answer.json()) as Omit<Measured, 'name'>;
    // the first one sees everything for the first time
    if (round < 0) continue;
    times.wall.push(p50);
    times.cpu.push(cpuUsPerOp);
    times.rss = Math.max(times.rss, rssMb);
  }
  return times;
}

export async function run(): Promise<BenchResult> {
  const server = spawn(process.execPath, [join(__dirname, 'driver', 'orders.mjs')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const folder = mkdtempSync(join(tmpdir(), 'bench-polling-'));
  const [printed] = (await once(server.stdout, 'data')) as [Buffer];
  const base = `http://127.0.0.1:${printed.toString().trim()}`;
  const connection = connect({ baseUrl: base });
  const store = await openSqlite({
    file: join(folder, 'state.sqlite'),
    now: Date.now,
    warn: (sentence) => console.error(sentence),
  });
  const { signal } = new AbortController();
  const path = (list: string, how = '') => `/orders?list=${list}&count=${records}&fresh=${fresh}${how}`;
  const times = {
    least: new Times(`floor: request, JSON.parse and Set; ${fresh} new of ${records}`),
    ours: new Times(`poll, ${fresh} new of ${records}`),
    page: new Times('floor on a page that is the same'),
    same: new Times('poll, the same page without validators'),
    unmodified: new Times('poll, 304'),
    many: new Times(`poll, ${records} looked up among ${million} known ids`),
  };
  try {
    const ours = pollerFor(connection, base, path('ours'), store, 'ours');
    const same = pollerFor(connection, base, path('same', '&still=1'), store, 'same');
    const unmodified = pollerFor(connection, base, path('etag', '&still=1&etag=1'), store, 'etag');
    const known = new Set<number>();
    await floor(connection, path('least'), known);
    await floor(connection, path('page', '&still=1'), known);
    for (const poller of [ours, same, unmodified]) await poller.poll(signal);
    for (let round = 0; round < rounds; round++) {
      await times.least.measure(() => floor(connection, path('least'), known));
      check(await times.ours.measure(() => ours.poll(signal)), fresh);
      await times.page.measure(() => floor(connection, path('page', '&still=1'), known));
      check(await times.same.measure(() => same.poll(signal)), 0);
      check(await times.unmodified.measure(() => unmodified.poll(signal)), 0);
    }

    const scope = 'polling/many';
    await pollerFor(connection, base, path('many', '&still=1'), store, 'many').poll(signal);
    const memory = async (file: string) => {
      const child = spawn(
        process.execPath,
        [
          '--import',
          'tsx',
          join(__dirname, 'driver', 'known-process.ts'),
          base,
          path('many', '&still=1'),
          file,
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      const [printed] = (await once(child.stdout, 'data')) as [Buffer];
      return Number(printed.toString());
    };
    for (let at = 0; at < million; at += 10_000) {
      const ids = Array.from({ length: 10_000 }, (_, n) => `known ${at + n}`);
      await store.commit([{ kind: 'add', scope, ids, expires: Date.now() + 365 * 86_400_000 }]);
    }
    for (let round = 0; round < rounds; round++) {
      // a new process knows nothing of the poll before: each of the records has to be looked up
      const many = pollerFor(connection, base, path('many', `&round=${round}`), store, 'many');
      const report = await times.many.measure(() => many.poll(signal));
      if (report.found !== records) throw new Error(`${report.found} records were found`);
    }
    const [withMillion, without] = [
      await memory(join(folder, 'state.sqlite')),
      await memory(join(folder, 'empty.sqlite')),
    ];

    const usual = await theUsualWay(`${base}${path('usual')}`);
    const { least, page } = times;
    return {
      node: process.version,
      systems: [...Object.values(times), usual].map((one) => one.summary()),
      ratios: {
        [`${fresh} new of ${records}, over the floor`]: times.ours.best / least.best,
        [`the usual way in a flow, ${fresh} new of ${records}, over the floor`]: usual.best / least.best,
        'the same page without validators, over the floor': times.same.best / page.best,
        '304, in ms': times.unmodified.best,
        [`with ${million} known ids, ms above the floor`]: times.many.best - least.best,
        [`with ${million} known ids, MB added to a process`]: withMillion - without,
      },
    };
  } finally {
    await connection.close();
    await store.close();
    server.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

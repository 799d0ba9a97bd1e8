/**
 * `npm run bench -- NAME`: runs `bench/NAME.ts`, prints what it measured as a table, and keeps it in
 * `bench/results/NAME.json`.
 */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** One of the systems that a bench compares, measured in the same run on the same machine. */
export interface Measured {
  name: string;
  /** Requests, events or polls per second. */
  rps: number;
  /** Processor time of one of them, in microseconds. */
  cpuUsPerOp: number;
  /** Milliseconds until the answer, median and 99th percentile. */
  p50: number;
  p99: number;
  /** Largest resident memory, in MB. */
  rssMb: number;
}

export interface BenchResult {
  /** `process.version` */
  node: string;
  systems: Measured[];
  /** What the README claims, by name: one system's figure over another's. */
  ratios: Record<string, number>;
}

/** What a bench's file exports. */
export interface Bench {
  run(): Promise<BenchResult>;
}

const columns: [keyof Measured, string, number][] = [
  ['rps', 'ops/s', 0],
  ['cpuUsPerOp', 'CPU µs/op', 1],
  ['p50', 'p50 ms', 2],
  ['p99', 'p99 ms', 2],
  ['rssMb', 'RSS MB', 1],
];

/** Names to the left, figures to the right, columns as wide as they need to be. */
function table({ systems }: BenchResult): string {
  const rows = [
    ['', ...columns.map(([, title]) => title)],
    ...systems.map((system) => [
      system.name,
      ...columns.map(([key, , digits]) => Number(system[key]).toFixed(digits)),
    ]),
  ];
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
        .join('  '),
    )
    .join('\n');
}

async function main(name: string | undefined): Promise<void> {
  const known = readdirSync(__dirname)
    .filter((file) => file.endsWith('.ts') && file !== 'run.ts')
    .map((file) => file.slice(0, -'.ts'.length));
  if (name === undefined || !known.includes(name)) {
    console.error(name === undefined ? 'Usage: npm run bench -- NAME' : `There is no bench named "${name}".`);
    console.error(known.length > 0 ? `Benches: ${known.join(', ')}` : 'There are no benches yet.');
    process.exitCode = 1;
    return;
  }
  const bench = (await import(`./${name}.ts`)) as Bench;
  const result = await bench.run();
  console.log(`\n${name} on Node ${result.node}\n\n${table(result)}\n`);
  for (const [ratio, value] of Object.entries(result.ratios)) console.log(`${ratio}: ${value.toFixed(2)}`);
  const results = join(__dirname, 'results');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, `${name}.json`), `${JSON.stringify(result, null, 2)}\n`);
}

void main(process.argv[2]);

/**
 * The examples: each as it is shipped, in a real Node-RED, its buttons pressed. All of them are imported into one
 * Node-RED beside each other and run at the same time; each test waits for its own.
 */
import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { readdirSync } from 'node:fs';
import { runs, type Run } from './example-runs';
import { ExampleBench, examplesFolder, readExample } from './examples-bench';
import { lines, type Line } from './node-red';

const files = readdirSync(examplesFolder)
  .map((file) => file.replace(/\.json$/, ''))
  .sort();

describe('examples', () => {
  it('can be imported beside each other: no id and no path is used twice', () => {
    const nodes = files.flatMap(readExample);
    const ids = nodes.map(({ id }) => id);
    assert.deepEqual([...new Set(ids)], ids);
    const routes = nodes.flatMap(({ type, method, url, path, methods }) => {
      if (type === 'http in') return `${String(method)} ${String(url)}`;
      return type === 'webhook-trigger'
        ? (methods as string[]).map((m) => `${m.toLowerCase()} /${String(path)}`)
        : [];
    });
    assert.deepEqual([...new Set(routes)], routes);
    assert.deepEqual(
      routes.filter((route) => !/^\w+ \/http-connector-example\/[\w./:-]+$/.test(route)),
      [],
    );
  });

  it('are all run by these tests', () => {
    assert.deepEqual(Object.keys(runs), files);
  });

  for (const file of files) {
    it(`${file}: says what to do, leads nowhere else, gives each node its outputs, and has no secret but a made-up one`, () => {
      const nodes = readExample(file);
      assert.ok(nodes.some(({ type, info }) => type === 'comment' && /Deploy/.test(String(info))));
      const own = 'http://127.0.0.1:1880/http-connector-example';
      const ofTheFlow = (value: unknown) => value === own || value === '${HTTP_CONNECTOR_EXAMPLE}';
      for (const { type, baseUrl, url } of nodes) {
        if (type === 'http-connection') assert.ok(ofTheFlow(baseUrl), String(baseUrl));
        if (type === 'http request') assert.ok(String(url).startsWith(`${own}/`), String(url));
      }
      for (const { type, failures, outputs, wires } of nodes) {
        if (type !== 'send-request' || failures === undefined) continue;
        assert.equal(outputs, failures === 'output' ? 2 : 1);
        assert.equal((wires as string[][]).length, outputs);
      }
      const known = new Set(nodes.map(({ id }) => id));
      for (const { wires = [], connection, scope } of nodes as Record<string, string[][]>[]) {
        const named = [...wires.flat(), ...((scope ?? []) as unknown as string[])];
        if (connection) named.push(connection as unknown as string);
        assert.deepEqual(
          named.filter((id) => !known.has(id)),
          [],
        );
      }
      const secrets = nodes.flatMap(({ credentials = {} }) => Object.values(credentials));
      assert.deepEqual(
        secrets.filter((secret) => !secret.startsWith('made-up-')),
        [],
      );
    });
  }
});

describe('examples in Node-RED', function () {
  this.timeout(60_000);
  const benches = {} as Record<Line, ExampleBench>;
  const ends = new Map<Run, Partial<Record<Line, Promise<void>>>>();

  // each run waits at the same Node-RED
  const listeners = EventEmitter.defaultMaxListeners;

  before(async () => {
    EventEmitter.defaultMaxListeners = files.length * 2;
    await Promise.all(
      lines.map(async (line) => void (benches[line] = await ExampleBench.start(line, files))),
    );
    for (const [file, run] of Object.entries(runs)) {
      ends.set(run, Object.fromEntries(lines.map((line) => [line, begin(run, benches[line], file)])));
    }
  });

  after(async () => {
    EventEmitter.defaultMaxListeners = listeners;
    await Promise.all(Object.values(benches).map((bench) => bench.stop()));
  });

  for (const line of lines) {
    for (const [file, run] of Object.entries(runs)) {
      it(`${file}, in ${line}`, () => ends.get(run)![line]);
    }
  }
});

/** Its failure is its test's, which may not wait for it yet. */
function begin(run: Run, bench: ExampleBench, file: string): Promise<void> {
  const end = run(bench.example(file));
  end.catch(() => undefined);
  return end;
}

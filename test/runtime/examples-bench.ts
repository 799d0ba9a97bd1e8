/** All shipped examples in one Node-RED, beside each other, and hands to press their buttons. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { startNodeRed, type FlowNode, type Line, type NodeRed, type NodeRedOptions } from './node-red';

export const examplesFolder = resolve(__dirname, '..', '..', 'examples');

/** Milliseconds. Everything runs at once here, on a machine that may be busy. */
const patience = 25_000;

export function readExample(name: string): FlowNode[] {
  return JSON.parse(readFileSync(join(examplesFolder, `${name}.json`), 'utf8')) as FlowNode[];
}

export class ExampleBench {
  private constructor(
    readonly nodeRed: NodeRed,
    readonly line: Line,
  ) {}

  /**
   * As shipped, but for the port, and for polls each second in place of each five.
   *
   * @param more such as a Redis that the state is in
   */
  static async start(
    line: Line,
    names: readonly string[],
    more: Partial<NodeRedOptions> = {},
  ): Promise<ExampleBench> {
    const port = more.port ?? (await freePort());
    const flows = names.flatMap(readExample).map((node) => {
      const text = JSON.stringify({ ...node, credentials: undefined });
      const moved = ownFiles(text, line).replaceAll('127.0.0.1:1880', `127.0.0.1:${port}`);
      const ours = JSON.parse(moved) as FlowNode;
      return ours.type === 'polling-trigger' ? { ...ours, interval: 1 } : ours;
    });
    // in a flow file they are kept apart; Node-RED's editor does that when it deploys what was imported
    const secrets = names
      .flatMap(readExample)
      .flatMap(({ id, credentials }) => (credentials ? [[id, credentials]] : []));
    const credentials = Object.fromEntries(secrets) as NodeRedOptions['credentials'];
    const env = { PORT: String(port), ...more.env };
    const nodeRed = await startNodeRed({ ...more, line, flows, credentials, port, env });
    return new ExampleBench(nodeRed, line);
  }

  stop(): Promise<void> {
    return this.nodeRed.stop();
  }

  example(name: string): Example {
    return new Example(this, readExample(name));
  }
}

/** Both lines run at the same time, and an example names one file for all. */
export function ownFiles(text: string, line: Line): string {
  return text.replaceAll('http-connector-example-', `http-connector-example-${line}-`);
}

/** One of them; nodes go by their names, which are unique in an example where that matters. */
export class Example {
  constructor(
    readonly bench: ExampleBench,
    readonly nodes: readonly FlowNode[],
  ) {}

  node(name: string): FlowNode {
    const node = this.nodes.find((one) => one.name === name);
    assert.ok(node, `there is no node "${name}"`);
    return node;
  }

  /** The button of an inject node. */
  async press(name: string): Promise<void> {
    const answer = await this.bench.nodeRed.admin(`inject/${this.node(name).id}`, { method: 'POST' });
    assert.equal(answer.status, 200);
  }

  /** What a debug node has put out so far. */
  seen(name: string): never[] {
    const { id } = this.node(name);
    return this.bench.nodeRed.debug.filter((message) => message.id === id).map(({ value }) => value as never);
  }

  /** The same, once there are so many. */
  wait(name: string, count = 1): Promise<never[]> {
    const enough = () => this.seen(name).length >= count && this.seen(name);
    return this.bench.nodeRed.until(`"${name}" shows ${count}`, enough, patience);
  }

  get poll(): string {
    return this.nodes.find(({ type }) => type === 'polling-trigger')!.id;
  }

  /** The first poll is over, which makes no message. */
  async tookStock(): Promise<void> {
    await this.bench.nodeRed.waitForStatus(
      this.poll,
      ({ text = '' }) => /known|0 new|unchanged/.test(text),
      patience,
    );
  }

  async until(what: string, check: () => boolean): Promise<void> {
    await this.bench.nodeRed.until(what, check, patience);
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address() as AddressInfo;
  await new Promise((done) => probe.close(done));
  return port;
}

/** Webhook triggers in a real Node-RED, to which a server of this folder delivers. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { decode } from '../runtime/debug-message';
import { startNodeRed, type FlowNode, type NodeRed, type NodeRedOptions } from '../runtime/node-red';

/** What the flow gets of a delivery. */
export interface Seen<T = unknown> {
  payload: T;
  topic?: string;
  event: { id: string; name: string; type: string; time: string; attempt: number };
  request: { method: string; path: string; headers: Record<string, string>; ip: string };
  parts?: { index: number; count: number };
}

/** As the dialog saves it; `secret` is the credential. */
export interface Trigger {
  secret?: string;
  [field: string]: unknown;
}

type Server = Pick<NodeRedOptions, 'settings' | 'fetch'>;

export class Hooks {
  readonly #triggers: Record<string, Trigger>;
  readonly #userDir = mkdtempSync(join(tmpdir(), 'hooks-'));
  /** What came out of the flow, over all kills. */
  readonly #record = join(this.#userDir, 'record');
  #nodeRed!: NodeRed;

  readonly #more: readonly FlowNode[];

  readonly #server: Server;

  private constructor(triggers: Record<string, Trigger>, more: readonly FlowNode[], server: Server) {
    this.#triggers = triggers;
    this.#more = more;
    this.#server = server;
  }

  /**
   * @param triggers by their path; a debug node behind each is called by the path and `-seen`
   * @param more of the flow, on the tab `tab1`
   */
  static async start(
    triggers: Record<string, Trigger>,
    more: readonly FlowNode[] = [],
    server: Server = {},
  ): Promise<Hooks> {
    const hooks = new Hooks(triggers, more, server);
    await hooks.#start({ flows: hooks.#flows(), credentials: hooks.#credentials() });
    return hooks;
  }

  url(path = ''): string {
    return `${this.#nodeRed.url}/${path}`;
  }

  /** All that came out of a trigger so far, in order. */
  seen<T>(path: string): Seen<T>[] {
    return this.#read()
      .filter(({ id }) => id === `${path}-seen`)
      .map(({ msg, format }) => decode(msg, format) as Seen<T>);
  }

  /** Waits until a trigger has given so many. */
  async seenUntil<T>(path: string, count: number, timeout = 20_000): Promise<[Seen<T>, ...Seen<T>[]]> {
    await this.#nodeRed.until(`${count} of ${path}`, () => this.seen(path).length >= count, timeout);
    return this.seen<T>(path) as [Seen<T>];
  }

  /** Waits until a trigger says in the log that it refused something, and why; it does once a minute. */
  async refusal(path: string, reason: string): Promise<void> {
    const line = `[webhook-trigger:${path}] refused a delivery: ${reason}`;
    await this.#nodeRed.until(line, () => this.#nodeRed.log().includes(line));
  }

  /** Deploys a trigger with other fields or another secret, as somebody who found the fault does. */
  async change(path: string, fields: Trigger): Promise<void> {
    Object.assign(this.#triggers[path]!, fields);
    const { secret } = this.#triggers[path]!;
    const flows = this.#flows().map((node) =>
      node.id === path ? { ...node, credentials: { secret: secret ?? '' } } : node,
    );
    await this.#nodeRed.deploy(flows, 'nodes');
  }

  /** `kill -9`. */
  kill(): Promise<void> {
    return this.#nodeRed.kill();
  }

  /** At the same address, with what is in the user directory. */
  async restart(): Promise<void> {
    await this.#start({ port: this.#nodeRed.port });
  }

  async end(): Promise<void> {
    try {
      await this.#nodeRed?.stop();
    } finally {
      rmSync(this.#userDir, { recursive: true, force: true });
    }
  }

  async #start(options: {
    flows?: FlowNode[];
    credentials?: Record<string, Record<string, string>>;
    port?: number;
  }) {
    this.#nodeRed = await startNodeRed({
      line: '5',
      userDir: this.#userDir,
      env: { RECORD_DEBUG_TO: this.#record },
      ...this.#server,
      ...options,
    });
  }

  #read(): { id: string; msg: unknown; format: string }[] {
    return readFileSync(this.#record, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as { id: string; msg: unknown; format: string });
  }

  #credentials(): Record<string, Record<string, string>> {
    const entries = Object.entries(this.#triggers).map(([path, { secret }]) => [
      path,
      secret ? { secret } : {},
    ]);
    return Object.fromEntries(entries) as Record<string, Record<string, string>>;
  }

  #flows(): FlowNode[] {
    const at = { z: 'tab1', x: 100, y: 100 };
    const nodes = Object.entries(this.#triggers).flatMap(([path, { secret: _, ...fields }]): FlowNode[] => [
      {
        id: path,
        name: path,
        type: 'webhook-trigger',
        ...at,
        path,
        event: path,
        wires: [[`${path}-seen`]],
        ...fields,
      },
      {
        id: `${path}-seen`,
        type: 'debug',
        ...at,
        active: true,
        tosidebar: true,
        complete: 'true',
        wires: [],
      },
    ]);
    return [{ id: 'tab1', type: 'tab', label: 'test' }, ...nodes, ...this.#more];
  }
}

/** Asks again until it gives something. */
export async function poll<T>(
  what: string,
  ask: () => Promise<T | undefined | false> | T | undefined | false,
  timeout = 20_000,
): Promise<T> {
  for (const deadline = Date.now() + timeout; Date.now() < deadline; await delay(50)) {
    const found = await ask();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`not within ${timeout} ms: ${what}`);
}

/** A flow under node-red-node-test-helper: what goes in and what comes out of our nodes, without a Node-RED around them. */
import { EventEmitter, once } from 'node:events';
import type { Node, NodeAPI } from 'node-red';
import { inspect } from 'node:util';

/** A message as a test reads it. */
export interface Message extends Record<string, unknown> {
  _msgid: string;
  payload: unknown;
}

export interface Status {
  fill?: string;
  shape?: string;
  text?: string;
}

/** A node in a flow file. */
export interface FlowNode extends Record<string, unknown> {
  id: string;
  type: string;
}

export type NodeSet = (RED: NodeAPI) => void;

interface Spy {
  args: unknown[][];
  thisValues: Node[];
}

interface Helper {
  init(path: string): void;
  settings(settings: object): void;
  load(nodes: NodeSet[], flow: FlowNode[], credentials?: object): Promise<void>;
  setFlows(flow: FlowNode[], type: 'full' | 'flows' | 'nodes', credentials?: object): Promise<void>;
  unload(): Promise<void>;
  getNode(id: string): Node | null;
  log(): Spy;
}

type Method = 'status' | 'error' | 'warn' | 'log';

const helper = require('node-red-node-test-helper') as Helper;
helper.init(require.resolve('node-red'));

/** Collects what reaches a node of the type `helper`. */
class Collector {
  readonly all: Message[] = [];
  readonly #arrivals = new EventEmitter();

  #node: Node | undefined;

  /** After a deploy the node may be another one, and what came before still counts. */
  listenTo(node: Node): void {
    if (this.#node === node) return;
    this.#node = node;
    node.on('input', (msg) => {
      this.all.push(msg as Message);
      this.#arrivals.emit('message');
    });
  }

  async until(count: number): Promise<void> {
    while (this.all.length < count) await once(this.#arrivals, 'message');
  }
}

/** One tab that holds the nodes of a test; its ids must differ from every value in the flow. */
export const tab: FlowNode = { id: 'the-tab', type: 'tab', label: 'a tab' };

/** Where messages end: `flow.messages(id)` gives what came. */
export const sink = (id: string): FlowNode => ({ id, z: tab.id, type: 'helper', wires: [] });

/** A running flow. Load it with `Flow.load`, end it with `close`. */
export class Flow {
  readonly #collectors = new Map<string, Collector>();
  #nodes: FlowNode[] = [];

  /**
   * @param sets the files of the nodes, `catch`, `status`, `complete` and `helper` left out
   * @param credentials by node id
   * @param settings of settings.js
   */
  static async load(
    sets: NodeSet[],
    nodes: FlowNode[],
    credentials: object = {},
    settings: object = {},
  ): Promise<Flow> {
    const flow = new Flow();
    helper.settings(settings);
    flow.#nodes = [tab, ...nodes];
    // the helper compares afterwards: it must not see what a test changes later
    await helper.load(sets, structuredClone(flow.#nodes), credentials);
    flow.#collect();
    return flow;
  }

  /** Deploys with some nodes changed or added, as the editor's button does. */
  async deploy(type: 'full' | 'flows' | 'nodes', changed: FlowNode[], credentials?: object): Promise<void> {
    const ids = new Set(changed.map(({ id }) => id));
    this.#nodes = [...this.#nodes.filter(({ id }) => !ids.has(id)), ...changed];
    await helper.setFlows(structuredClone(this.#nodes), type, credentials);
    this.#collect();
  }

  async close(): Promise<void> {
    await helper.unload();
  }

  node(id: string): Node {
    return helper.getNode(id)!;
  }

  /** Whether the runtime has the node. */
  has(id: string): boolean {
    return helper.getNode(id) !== null;
  }

  /** Gives a node a message, as a wire would. */
  send(id: string, msg: object): void {
    this.node(id).receive(msg as Message);
  }

  /** What a sink has received so far. */
  messages(id: string): Message[] {
    return this.#collectors.get(id)!.all;
  }

  /** The first messages of a sink, as soon as they are there. */
  async first(id: string, count = 1): Promise<Message[]> {
    const collector = this.#collectors.get(id)!;
    await collector.until(count);
    return collector.all.slice(0, count);
  }

  /** The next message that a sink receives after `count`. */
  async after(id: string, count: number): Promise<Message> {
    return (await this.first(id, count + 1))[count]!;
  }

  /** Every status of a node since it was loaded, in order; nodes that were deployed again included. */
  statuses(id: string): Status[] {
    return this.#calls(id, 'status').map(([status]) => status as Status);
  }

  /** Resolves when the node's last status is as wanted: changes within a moment are shown as one. */
  async showing(id: string, wanted: (status: Status) => boolean): Promise<void> {
    for (;;) {
      const last = this.statuses(id).at(-1);
      if (last && wanted(last)) return;
      await once(this.node(id), 'call:status');
    }
  }

  /** The arguments of every `error` of a node. */
  errors(id: string): unknown[][] {
    return this.#calls(id, 'error');
  }

  /** Everything that Node-RED logged, that nodes showed, and that came out of the sinks, as one text to search. */
  everything(): string {
    const shown: unknown[] = [helper.log().args];
    const anyNode = this.node(this.#nodes.find(({ type }) => type === 'helper')!.id);
    for (const method of ['status', 'error', 'warn', 'log'] as const) {
      shown.push(spyOn(anyNode, method).args);
    }
    for (const { all } of this.#collectors.values()) shown.push(all);
    const options = { depth: 20, maxStringLength: null, maxArrayLength: null, breakLength: Infinity };
    return inspect(shown, { ...options, showHidden: true });
  }

  #calls(id: string, method: 'status' | 'error'): unknown[][] {
    const spy = spyOn(this.node(id), method);
    return spy.args.filter((_, index) => spy.thisValues[index]!.id === id);
  }

  #collect(): void {
    for (const { id, type } of this.#nodes) {
      if (type !== 'helper') continue;
      const collector = this.#collectors.get(id) ?? new Collector();
      this.#collectors.set(id, collector);
      collector.listenTo(this.node(id));
    }
  }
}

/** The helper's spies are shared by all nodes. */
function spyOn(node: Node, method: Method): Spy {
  return (node as unknown as Record<Method, Spy>)[method];
}

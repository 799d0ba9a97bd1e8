/** A flow as Node-RED exports it, with the ways back along its wires. */

export interface FlowNode {
  id: string;
  type: string;
  /** The tab or the subflow that it is on. */
  z?: string;
  /** Disabled by the user. */
  d?: boolean;
  name?: string;
  /** Ids of the nodes behind each output. */
  wires?: string[][];
  [property: string]: unknown;
}

/** Where a wire begins: a node's output, or the input of a subflow as it is seen from within. */
export type Start = { node: FlowNode; port: number } | { subflow: string };

/** An output of a subflow: what is wired to it inside; the subflow's own id stands for its input. */
interface SubflowPort {
  wires?: { id: string; port?: number }[];
}

const instanceType = 'subflow:';

export interface FlowGraph {
  node(id: string): FlowNode | undefined;
  /** What is wired into a node; nodes that are disabled, or on a tab that is, put nothing out. */
  startsOf(id: string): readonly Start[];
  /** Nodes of a type that are enabled. */
  ofType(type: string): readonly FlowNode[];
  /** What is wired, inside the subflow, to an output of one of its instances. */
  insideOf(instance: FlowNode, port: number): readonly Start[];
  /** Ids of what a link node is linked to. */
  linksOf(node: FlowNode): readonly string[];
  /** The link out nodes that end what a link in node begins: those that return to the caller. */
  returnsOf(linkIn: string): readonly FlowNode[];
}

/** @param flow nodes, tabs and subflows in any order */
export function flowGraph(flow: readonly FlowNode[]): FlowGraph {
  const byId = new Map(flow.map((node) => [node.id, node]));
  const byType = new Map<string, FlowNode[]>();
  const starts = new Map<string, Start[]>();
  const push = <K, V>(lists: Map<K, V[]>, key: K, value: V) => {
    const list = lists.get(key);
    if (list) list.push(value);
    else lists.set(key, [value]);
  };
  for (const node of flow) {
    if (node.type === 'subflow') {
      for (const { wires } of portsOf(node, 'in')) {
        for (const { id } of wires ?? []) push(starts, id, { subflow: node.id });
      }
    } else if (isEnabled(node, byId)) {
      push(byType, node.type, node);
      for (const [port, targets] of wiresOf(node).entries()) {
        for (const id of targets) push(starts, id, { node, port });
      }
    }
  }
  const graph: FlowGraph = {
    node: (id) => byId.get(id),
    startsOf: (id) => starts.get(id) ?? [],
    ofType: (type) => byType.get(type) ?? [],
    insideOf: (instance, port) => {
      const subflow = byId.get(subflowOf(instance) ?? '');
      return (portsOf(subflow, 'out')[port]?.wires ?? []).flatMap((wire): Start[] => {
        if (wire.id === subflow?.id) return [{ subflow: wire.id }];
        const node = byId.get(wire.id);
        return node && isEnabled(node, byId) ? [{ node, port: wire.port ?? 0 }] : [];
      });
    },
    linksOf: ({ links }) => (typeof links === 'string' ? [links] : textsIn(links)),
    returnsOf: (linkIn) => {
      const reached = new Set([linkIn]);
      // a set that grows while it is walked through is walked through to its end
      for (const id of reached) {
        const node = byId.get(id);
        if (!node || !isEnabled(node, byId)) continue;
        const next = node.type === 'link out' && node.mode !== 'return' ? graph.linksOf(node) : [];
        for (const target of [...wiresOf(node).flat(), ...next]) reached.add(target);
      }
      return graph.ofType('link out').filter(({ id, mode }) => mode === 'return' && reached.has(id));
    },
  };
  return graph;
}

/** The id of the subflow that a node is an instance of. */
export function subflowOf({ type }: FlowNode): string | undefined {
  return type.startsWith(instanceType) ? type.slice(instanceType.length) : undefined;
}

/** Whether an output of an instance is the one of the status nodes inside. */
export function isStatusOutput(graph: FlowGraph, instance: FlowNode, port: number): boolean {
  const subflow = graph.node(subflowOf(instance) ?? '');
  return subflow !== undefined && port === portsOf(subflow, 'out').length;
}

export function instanceTypeOf(subflow: string): string {
  return `${instanceType}${subflow}`;
}

/** A list of texts, whatever a flow made by hand has in its place. */
export function textsIn(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

function isEnabled(node: FlowNode, byId: ReadonlyMap<string, FlowNode>): boolean {
  return node.d !== true && byId.get(node.z ?? '')?.disabled !== true;
}

function wiresOf({ wires }: FlowNode): string[][] {
  return Array.isArray(wires) ? wires.map(textsIn) : [];
}

function portsOf(subflow: FlowNode | undefined, side: 'in' | 'out'): SubflowPort[] {
  const ports = subflow?.[side];
  return Array.isArray(ports) ? (ports as SubflowPort[]) : [];
}

/**
 * Which messages can come to a node, and which node put each of their properties there: back along the wires, through
 * links, junctions, subflows and calls. A flow that goes in a circle ends where it closes.
 */
import { coreNodes, status } from './core-nodes';
import {
  flowGraph,
  instanceTypeOf,
  isStatusOutput,
  subflowOf,
  type FlowGraph,
  type FlowNode,
  type Start,
} from './flow-graph';
import { Unseen, isBranch, nothing, withValues, type KnownMessage } from './known-message';
import { lacksSample, ownNodes } from './own-nodes';
import { through, type Puts, type Upstream } from './puts';

/** A node, and what it is known to have put into the messages. */
export interface Source {
  node: FlowNode;
  /** Names only: the node could have a sample and has none. */
  shape: boolean;
  /** JSON, with `Unseen` where only the name is known. */
  properties: Record<string, unknown>;
}

/** Nodes that are looked at; what lies further away is left out. */
export const farthest = 200;

/** Kinds of message that are told apart at one place. */
const mostKinds = 12;

/** The subflow instances and link calls around a place, the innermost last. */
type Around = readonly FlowNode[];

/**
 * @param flow as Node-RED exports it, whole
 * @param id of the node whose input it is about
 * @returns the nearest first; empty when nothing is known
 */
export function sourcesOf(flow: readonly FlowNode[], id: string): Source[] {
  const walk = new Walk(flowGraph(flow));
  return walk.merged(walk.arriving(id, [], 0));
}

/** What a node itself puts out at its first output, with nothing before it. */
export function ownSource(node: FlowNode): Source {
  return new Walk(flowGraph([{ ...node, wires: [] }]))
    .merged(own(node))
    .find(({ node: { id } }) => id === node.id)!;
}

function own(node: FlowNode): readonly KnownMessage[] {
  const alone: Upstream = { before: () => [], arrivingAt: () => [], leaving: () => [], neighbours: () => [] };
  return ownNodes[node.type]?.(node, 0, alone) ?? [];
}

class Walk {
  readonly #graph: FlowGraph;
  /** By input and by output; empty while it is being looked at, so that a circle ends. */
  readonly #known = new Map<string, readonly KnownMessage[]>();
  /** Steps from where it was asked. */
  readonly #distance = new Map<string, number>();

  constructor(graph: FlowGraph) {
    this.#graph = graph;
  }

  /** The messages that come to a node's input. */
  arriving(id: string, around: Around, distance: number): readonly KnownMessage[] {
    return this.#once([id, ...around.map((node) => node.id)].join(' '), () =>
      this.#from(this.#graph.startsOf(id), around, distance + 1),
    );
  }

  merged(messages: readonly KnownMessage[]): Source[] {
    const sources = new Map<string, Source>();
    for (const message of messages) {
      for (const [name, { value, by }] of message) {
        const node = this.#graph.node(by);
        if (!node) continue;
        const source = sources.get(by) ?? { node, shape: lacksSample(node), properties: {} };
        sources.set(by, source);
        const before = Object.hasOwn(source.properties, name) ? source.properties[name] : undefined;
        const together = before === undefined ? value : mergedValue(before, value);
        Object.defineProperty(source.properties, name, {
          value: together,
          enumerable: true,
          configurable: true,
        });
      }
    }
    const steps = ({ node: { id } }: Source) => this.#distance.get(id) ?? Number.POSITIVE_INFINITY;
    return [...sources.values()].sort((one, other) => steps(one) - steps(other));
  }

  #from(starts: readonly Start[], around: Around, distance: number): readonly KnownMessage[] {
    return kinds(
      starts.flatMap((start) =>
        'subflow' in start
          ? this.#outside(start.subflow, around, distance)
          : this.#leaving(start.node, start.port, around, distance),
      ),
    );
  }

  /** What comes into a subflow: into the instance that it was entered by, else into any. */
  #outside(subflow: string, around: Around, distance: number): readonly KnownMessage[] {
    const type = instanceTypeOf(subflow);
    const entered = around.at(-1);
    if (entered?.type === type) return this.arriving(entered.id, around.slice(0, -1), distance);
    return this.#graph.ofType(type).flatMap(({ id }) => this.arriving(id, [], distance));
  }

  #leaving(node: FlowNode, port: number, around: Around, distance: number): readonly KnownMessage[] {
    this.#distance.set(node.id, Math.min(distance, this.#distance.get(node.id) ?? distance));
    const place = [node.id, ...around.map(({ id }) => id)].join(' ');
    return this.#once(`${place} :${port}`, () => kinds(this.#putsOf(node, port, around, distance)));
  }

  #once(place: string, look: () => readonly KnownMessage[]): readonly KnownMessage[] {
    const known = this.#known.get(place);
    if (known) return known;
    if (this.#known.size > 2 * farthest) return [];
    this.#known.set(place, []);
    const messages = look();
    this.#known.set(place, messages);
    return messages;
  }

  #putsOf(node: FlowNode, port: number, around: Around, distance: number): readonly KnownMessage[] {
    const arriving = (id: string) => this.arriving(id, around, distance);
    const upstream: Upstream = {
      before: () => arriving(node.id),
      arrivingAt: (ids) => ids.flatMap(arriving),
      leaving: (ids) =>
        ids.flatMap((id) => {
          const other = this.#graph.node(id);
          return other ? this.#leaving(other, 0, around, distance) : [];
        }),
      neighbours: () =>
        [...failingTypes].flatMap((type) => this.#graph.ofType(type).filter(({ z }) => z === node.z)),
    };
    if (subflowOf(node) !== undefined) {
      if (isStatusOutput(this.#graph, node, port)) return status(node, port, upstream);
      return this.#from(this.#graph.insideOf(node, port), [...around, node], distance);
    }
    if (node.type === 'link in') return this.#linked(node, around, distance);
    if (node.type === 'link call') return this.#called(node, around, distance, upstream);
    const table = Object.hasOwn(ownNodes, node.type) ? ownNodes : coreNodes;
    const puts: Puts = Object.hasOwn(table, node.type) ? table[node.type]! : stranger;
    return puts(node, port, upstream);
  }

  /** What is linked to a link in node, or calls it; when a call was gone into, that one. */
  #linked(node: FlowNode, around: Around, distance: number): readonly KnownMessage[] {
    const leadsHere = (link: FlowNode) => this.#graph.linksOf(link).includes(node.id);
    const caller = around.at(-1);
    if (caller?.type === 'link call' && leadsHere(caller)) {
      return this.arriving(caller.id, around.slice(0, -1), distance);
    }
    const calls = this.#graph
      .ofType('link call')
      .filter((call) => call.linkType !== 'dynamic' && leadsHere(call));
    const outs = this.#graph.ofType('link out').filter((out) => out.mode !== 'return' && leadsHere(out));
    return [...outs, ...calls].flatMap(({ id, z }) =>
      this.arriving(id, z === node.z ? around : [], distance),
    );
  }

  /** What returns from where a call goes to; of one that is chosen at run time only what went in is known. */
  #called(node: FlowNode, around: Around, distance: number, upstream: Upstream): readonly KnownMessage[] {
    if (node.linkType === 'dynamic') return through(node, 0, upstream);
    const returns = this.#graph.linksOf(node).flatMap((id) => this.#graph.returnsOf(id));
    return returns.flatMap(({ id }) => this.arriving(id, [...around, node], distance));
  }
}

const failingTypes: readonly string[] = Object.keys(ownNodes);

/** A node that nobody here knows: what came may go on, and there may be another payload. */
const stranger: Puts = (node, _port, upstream) => {
  const before = upstream.before();
  const [first = nothing] = before;
  return [...before, withValues(first, node.id, { payload: new Unseen() })];
};

function kinds(messages: readonly KnownMessage[]): readonly KnownMessage[] {
  return [...new Set(messages)].slice(0, mostKinds);
}

/** Two values for one name: what was seen stands over what was not, objects have the names of both. */
function mergedValue(one: unknown, other: unknown, level = 0): unknown {
  if (one instanceof Unseen) return other;
  if (level === 10 || !isBranch(one) || !isBranch(other) || Array.isArray(one) || Array.isArray(other))
    return one;
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries(
    [...names].map((name) => {
      if (!Object.hasOwn(one, name)) return [name, other[name]];
      return [name, Object.hasOwn(other, name) ? mergedValue(one[name], other[name], level + 1) : one[name]];
    }),
  );
}

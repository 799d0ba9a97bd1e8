/** What a kind of node does to the messages that come to it, in the form that the tables of nodes are written in. */
import { asText } from '../checks';
import type { FlowNode } from './flow-graph';
import { nothing, withValueAt, withValues, type KnownMessage } from './known-message';

/** The way back from a node. */
export interface Upstream {
  /** The messages that come to the node. */
  before(): readonly KnownMessage[];
  /** Those that come to other nodes. */
  arrivingAt(ids: readonly string[]): readonly KnownMessage[];
  /** Those that leave other nodes. */
  leaving(ids: readonly string[]): readonly KnownMessage[];
  /** Our nodes on the same tab: those that tell of a failure in `msg.failure`. */
  neighbours(): readonly FlowNode[];
}

/** The messages that leave one output of a node. */
export type Puts = (node: FlowNode, port: number, upstream: Upstream) => readonly KnownMessage[];

type Values = Readonly<Record<string, unknown>>;

/** What came stays as it is. */
export const through: Puts = (_node, _port, upstream) => upstream.before();

export const none: Puts = () => [];

/** A message of the node's own. */
export function fresh(values: (node: FlowNode) => Values): Puts {
  return (node) => [withValues(nothing, node.id, values(node))];
}

/** What came, with values of the node's own: also when nothing is known of what came. */
export function adding(values: (node: FlowNode, port: number, message: KnownMessage) => Values): Puts {
  return (node, port, upstream) =>
    orNothing(upstream.before()).map((message) => withValues(message, node.id, values(node, port, message)));
}

/** What came, with another value at the one path that the node works on. */
export function replacing(
  pathOf: (node: FlowNode) => unknown,
  value: (node: FlowNode, message: KnownMessage, path: string) => unknown,
): Puts {
  return (node, _port, upstream) =>
    orNothing(upstream.before()).map((message) => {
      const path = asText(pathOf(node)) || 'payload';
      return withValueAt(message, node.id, path, value(node, message, path));
    });
}

export function orNothing(messages: readonly KnownMessage[]): readonly KnownMessage[] {
  return messages.length > 0 ? messages : [nothing];
}

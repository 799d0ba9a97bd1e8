import type { Node, NodeAPI } from 'node-red';
import type { Connection } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';

/** What an http-connection node offers the nodes that use it. */
export interface HttpConnectionNode extends Node {
  /** By node id: Node-RED takes an error or a status of this node to the Catch and Status nodes of its users. */
  users: Record<string, Node>;
  /** What its users send while they close: it closes after that. */
  awaited: Set<Promise<unknown>>;
  /** The engine's connection, or why there is none. */
  result: { connection: Connection; reload: () => void } | { problem: Failure };
}

/**
 * The connection that a node was set up with; the node is listed as its user until it closes.
 *
 * @throws Failure CONFIG in a sentence when there is none, when it is disabled, or when its settings cannot work
 */
export function useConnection(RED: NodeAPI, node: Node, id: string): Connection {
  const config = findConnection(RED, id);
  config.users[node.id] = node;
  node.on('close', () => {
    delete config.users[node.id];
  });
  return connectionIn(config);
}

/** The same for what is sent on nobody's behalf. @throws Failure CONFIG */
export function connectionOf(RED: NodeAPI, id: string): Connection {
  return connectionIn(findConnection(RED, id));
}

function connectionIn({ result }: HttpConnectionNode): Connection {
  if ('problem' in result) throw result.problem;
  return result.connection;
}

function findConnection(RED: NodeAPI, id: string): HttpConnectionNode {
  const config = (id ? RED.nodes.getNode(id) : null) as HttpConnectionNode | null;
  if (!config) {
    const reason = id ? 'the connection is missing or disabled' : 'no connection is chosen';
    throw new Failure('CONFIG', reason);
  }
  if (config.type !== 'http-connection') {
    throw new Failure('CONFIG', `the node "${id}" is not an http-connection`);
  }
  return config;
}

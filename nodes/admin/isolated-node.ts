import type { Node, NodeAPI } from 'node-red';

/**
 * A node to evaluate a dialog's values with: the deployed one, or, before the first deploy, a stand-in with its
 * tab's environment. Its flow and node contexts are empty; the global one is the real one once anything is deployed
 * that leads to it.
 */
export function isolatedNode(RED: NodeAPI, id: string, tab: string, connection: string): Node {
  const deployed = RED.nodes.getNode(id) as Node | null;
  if (deployed) return deployed;
  const nothing = {
    get: (_key: string, ...rest: unknown[]) => answer(rest),
    set: () => undefined,
    keys: () => [],
  };
  const shared = (RED.nodes.getNode(connection) as Node | null)?.context().global;
  return {
    id,
    type: 'send-request',
    z: tab,
    context: () => ({ ...nothing, flow: nothing, global: shared ?? nothing }),
  } as unknown as Node;
}

/** A context answers by a callback when it is given one. */
function answer(rest: unknown[]): void {
  const callback = rest.at(-1);
  if (typeof callback === 'function') (callback as (error: null, value: undefined) => void)(null, undefined);
}

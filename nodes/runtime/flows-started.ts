import type { NodeAPI } from 'node-red';

/** Module-level so that a hundred nodes are one listener: Node.js warns of a leak from the eleventh on. */
const waiting = new Set<() => void>();

function callAll(): void {
  const calls = [...waiting];
  waiting.clear();
  for (const call of calls) call();
}

/**
 * Calls once all nodes of a deploy are there. A trigger that begins in its constructor could send to nodes that do not
 * exist yet.
 *
 * @returns what takes the call back
 */
export function whenFlowsStarted({ events }: NodeAPI, call: () => void): () => void {
  if (waiting.size === 0) events.once('flows:started', callAll);
  waiting.add(call);
  return () => {
    if (waiting.delete(call) && waiting.size === 0) events.removeListener('flows:started', callAll);
  };
}

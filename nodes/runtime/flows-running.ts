import type { NodeAPI } from 'node-red';

/** What a trigger does when flows stop and start: what is sent in between goes to nodes that are not there. */
export interface Runner {
  pause(): void;
  /** All nodes of a deploy are there. */
  start(): void;
}

/** Module-level so that a hundred nodes are one listener: Node.js warns of a leak from the eleventh on. */
const runners = new Set<Runner>();

function pauseAll(): void {
  for (const runner of runners) runner.pause();
}

function startAll(): void {
  for (const runner of runners) runner.start();
}

/** Starts a trigger with the flows, after this deploy and each one to come. @returns what ends it */
export function runWithFlows({ events }: NodeAPI, runner: Runner): () => void {
  if (runners.size === 0) {
    events.on('flows:stopping', pauseAll);
    events.on('flows:started', startAll);
  }
  runners.add(runner);
  return () => {
    if (!runners.delete(runner) || runners.size > 0) return;
    events.removeListener('flows:stopping', pauseAll);
    events.removeListener('flows:started', startAll);
  };
}

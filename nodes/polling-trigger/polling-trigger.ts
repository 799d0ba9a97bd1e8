import type { Node, NodeAPI, NodeDef } from 'node-red';
import { beforeFirstAdminRequest, onFirstUse } from '../runtime/first-use';
import { supported } from '../runtime/supported';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const start = onFirstUse(() => (require('./node') as typeof import('./node')).pollingTrigger(RED));

  function PollingTrigger(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    start()(this, saved);
  }

  RED.nodes.registerType('polling-trigger', PollingTrigger);
  beforeFirstAdminRequest(RED, ['/polling-trigger'], start);
};

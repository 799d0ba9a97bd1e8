import type { Node, NodeAPI, NodeDef } from 'node-red';
import { onFirstUse } from '../runtime/first-use';
import { supported } from '../runtime/supported';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const start = onFirstUse(() => (require('./node') as typeof import('./node')).sendRequest(RED));

  function SendRequest(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    start()(this, saved);
  }

  RED.nodes.registerType('send-request', SendRequest);
};

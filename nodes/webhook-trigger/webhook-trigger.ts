import type { Node, NodeAPI, NodeDef } from 'node-red';
import { beforeFirstAdminRequest, onFirstUse } from '../runtime/first-use';
import { supported } from '../runtime/supported';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const start = onFirstUse(() => (require('./node') as typeof import('./node')).webhookTrigger(RED));

  function WebhookTrigger(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    start()(this, saved);
  }

  RED.nodes.registerType('webhook-trigger', WebhookTrigger, {
    credentials: {
      secret: { type: 'password' },
      secret2: { type: 'password' },
      secret3: { type: 'password' },
      verifyToken: { type: 'password' },
      stateKey: { type: 'password' },
    },
  });
  // those that are no more may have left subscriptions, which a connection can end
  RED.events.on('flows:starting', () => {
    let found = false;
    RED.nodes.eachNode(({ type }) => (found ||= type === 'http-connection'));
    // an installation that is broken shows on the nodes, and is no reason for the flows not to start
    try {
      if (found) start();
    } catch (error) {
      RED.log.error(`webhook trigger: ${String(error)}`);
    }
  });
  beforeFirstAdminRequest(RED, ['/webhook-trigger'], start);
};

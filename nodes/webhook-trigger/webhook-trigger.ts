import type { Node, NodeAPI, NodeDef } from 'node-red';
import { forgetInbox } from '../../src/webhook/inbox/inbox';
import { serveDeadLetters } from '../admin/webhook-dead-letters';
import { serveListen } from '../admin/webhook-listen';
import { showFailure } from '../runtime/failures';
import { runWithFlows } from '../runtime/flows-running';
import { HttpRoutes } from '../runtime/http-routes';
import { migrate } from '../runtime/migrate';
import { holdStore, isGone } from '../runtime/store';
import { supported } from '../runtime/supported';
import { configVersion, defaults, type WebhookTriggerConfig, type WebhookTriggerCredentials } from './config';
import { withDefaults } from './gate';
import { Hook } from './hook';
import { migrations } from './migrations';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const routes = new HttpRoutes(RED);
  /** Those that run, for the editor's buttons. */
  const running = new Map<string, Hook>();

  function WebhookTrigger(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const hold = holdStore(RED);
    const scope = scopeOf(this.id);
    let hook: Hook | undefined;
    let endRun = () => {};
    try {
      const config = withDefaults(migrate<WebhookTriggerConfig>(saved, configVersion, defaults, migrations));
      const credentials = (this.credentials ?? {}) as WebhookTriggerCredentials;
      const listening = () => {
        const text = RED._('node-red-contrib-http-connector/webhook-trigger:status.listening');
        this.status({ fill: 'green', shape: 'dot', text });
      };
      hook = new Hook({ RED, node: this, config, credentials, hold, scope, listening });
      routes.add(hook);
      running.set(this.id, hook);
      endRun = runWithFlows(RED, hook.inbox);
    } catch (error) {
      this.error(String(showFailure(this, error)));
    }

    const close = async (removed: boolean) => {
      endRun();
      if (running.get(this.id) === hook) running.delete(this.id);
      if (hook) await routes.close(hook);
      const gone = isGone(RED, this, removed);
      await hook?.close(gone);
      if (gone) await forgetInbox(await hold.open(), scope);
    };
    this.on('close', (removed: boolean, done: () => void) => {
      close(removed)
        .catch((error: unknown) => this.error(error))
        .then(() => hold.release())
        .catch((error: unknown) => this.error(error))
        .finally(() => {
          this.status({});
          done();
        });
    });
  }

  const owner = (id: string) => {
    const hook = running.get(id);
    return hook && { scope: scopeOf(id), look: () => hook.inbox.look() };
  };
  serveDeadLetters(RED, owner, scopeOf);
  serveListen(RED, routes, running, scopeOf);

  RED.nodes.registerType('webhook-trigger', WebhookTrigger, {
    credentials: {
      secret: { type: 'password' },
      secret2: { type: 'password' },
      secret3: { type: 'password' },
      verifyToken: { type: 'password' },
    },
  });
};

/** Where a node's events and all that it remembers are in the store. */
function scopeOf(id: string): string {
  return `webhook/${id}`;
}

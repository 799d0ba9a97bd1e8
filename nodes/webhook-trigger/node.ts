import type { Node, NodeAPI, NodeDef } from 'node-red';
import { forgetInbox } from '../../src/webhook/inbox/queue';
import { serveDeadLetters } from '../admin/webhook-dead-letters';
import { serveListen } from '../admin/webhook-listen';
import { credentialTexts } from '../runtime/credential-texts';
import { showFailure } from '../runtime/failures';
import { runWithFlows } from '../runtime/flows-running';
import { HttpRoutes } from '../runtime/http-routes';
import { migrate } from '../runtime/migrate';
import { holdStore, isGone } from '../runtime/store';
import { configVersion, defaults, type WebhookTriggerConfig, type WebhookTriggerCredentials } from './config';
import { withDefaults } from './gate';
import { Hook } from './hook';
import { migrations } from './migrations';
import type { Subscription } from './subscription';
import { Subscriptions } from './subscriptions';

/** What a webhook-trigger does, and what the editor asks of it. Loaded with the first one. */
export function webhookTrigger(RED: NodeAPI): (node: Node, saved: NodeDef) => void {
  const routes = new HttpRoutes(RED);
  /** Those that run, for the editor's buttons. */
  const running = new Map<string, Hook>();
  const subscriptions = new Subscriptions(RED);

  const owner = (id: string) => {
    const hook = running.get(id);
    return hook && { scope: scopeOf(id), look: () => hook.inbox.look() };
  };
  serveDeadLetters(RED, owner, scopeOf);
  serveListen(RED, routes, running, scopeOf);

  return (node, saved) => {
    const hold = holdStore(RED);
    const scope = scopeOf(node.id);
    let hook: Hook | undefined;
    let subscription: Subscription | undefined;
    let endRun = () => {};
    try {
      const config = withDefaults(migrate<WebhookTriggerConfig>(saved, configVersion, defaults, migrations));
      const credentials = credentialTexts(node.credentials as WebhookTriggerCredentials | undefined);
      const word = (name: string, values = {}) =>
        RED._(`node-red-contrib-http-connector/webhook-trigger:status.${name}`, values);
      /** Of the last delivery: seconds since the epoch. */
      let last = 0;
      const show = () => {
        const status = subscription?.status ?? { fill: 'green', shape: 'dot', text: word('listening') };
        const time = new Date(last * 1000).toTimeString().slice(0, 8);
        node.status(last === 0 ? status : { ...status, text: `${status.text} · ${word('last', { time })}` });
      };
      const opened = () => {
        show();
        subscription?.routeOpened();
      };
      const delivered = () => {
        const now = Math.floor(Date.now() / 1000);
        if (now === last) return;
        last = now;
        show();
      };
      subscription = subscriptions.of({ node, config, credentials, hold, show });
      hook = new Hook({ RED, node, config, credentials, hold, scope, listening: opened, delivered });
      routes.add(hook);
      running.set(node.id, hook);
      endRun = runWithFlows(RED, hook.inbox);
    } catch (error) {
      node.error(String(showFailure(node, error)));
    }

    const close = async (removed: boolean) => {
      endRun();
      // a service may call once more before it lets go
      await subscription?.close(removed || isGone(RED, node, removed));
      if (running.get(node.id) === hook) running.delete(node.id);
      if (hook) await routes.close(hook);
      const gone = isGone(RED, node, removed);
      await hook?.close(gone);
      if (gone) await forgetInbox(await hold.open(), scope);
    };
    node.on('close', (removed: boolean, done: () => void) => {
      close(removed)
        .catch((error: unknown) => node.error(error))
        .then(() => hold.release())
        .catch((error: unknown) => node.error(error))
        .finally(() => {
          node.status({});
          done();
        });
    });
  };
}

/** Where a node's events and all that it remembers are in the store. */
function scopeOf(id: string): string {
  return `webhook/${id}`;
}

import type { Node, NodeAPI, NodeDef } from 'node-red';
import { classify } from '../../src/exchange/failure';
import { dialogConfig, dialogCredentials } from '../admin/dialog-values';
import { oauthEndpoints } from '../admin/oauth';
import { serveConnectionTest } from '../admin/test-connection';
import { servePollingPreview } from '../admin/polling-preview';
import { serveTryRequest } from '../admin/try-request';
import type { HttpConnectionNode } from '../runtime/connections';
import { holdStore, isGone } from '../runtime/store';
import { supported } from '../runtime/supported';
import { openTokenVault, tokenId } from '../runtime/tokens';
import { secretSlots } from './config';
import { openConnection, openTokenConnection } from './open';
import { readConfig } from './read';
import { authorizationCodeSettings } from './schemes';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;

  const vault = openTokenVault(RED);
  /** Those that run: told when a login of theirs has changed. */
  const running = new Set<HttpConnectionNode>();

  function HttpConnection(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const node = this as HttpConnectionNode;
    node.users = {};
    // opened by those who need it: for a login by a person, and for a rate that several processes share
    const hold = holdStore(RED);
    try {
      node.result = openConnection(RED, readConfig(saved), node.credentials, {
        tokenId: tokenId(node),
        vault,
        warn: (sentence) => node.warn(sentence),
        shared: hold.several ? () => hold.open() : undefined,
      });
      running.add(node);
    } catch (error) {
      const problem = classify(error);
      node.result = { problem };
      node.error(String(problem));
    }

    node.on('close', (removed: boolean, done: (error?: Error) => void) => {
      running.delete(node);
      const end = async (): Promise<void> => {
        if ('connection' in node.result) await node.result.connection.close();
        const hasLogin = 'auth' in saved && saved.auth === 'oauth-code';
        if (hasLogin && isGone(RED, node, removed)) await vault.clear(tokenId(node));
        await hold.release();
      };
      end().then(() => done(), done);
    });
  }

  serveConnectionTest(RED, vault);
  serveTryRequest(RED, vault);
  servePollingPreview(RED, vault);
  oauthEndpoints(RED, {
    vault,
    settings: (id, dialog) =>
      authorizationCodeSettings(
        readConfig(dialogConfig(RED, dialog.config)),
        dialogCredentials(RED, id, dialog),
      ),
    connect: (_id, dialog) => openTokenConnection(RED, readConfig(dialogConfig(RED, dialog.config))),
    changed(id) {
      for (const node of running) {
        if (tokenId(node) === id && 'reload' in node.result) node.result.reload();
      }
    },
  });

  const text = { type: 'text' as const };
  const secret = { type: 'password' as const };
  RED.nodes.registerType('http-connection', HttpConnection, {
    credentials: {
      username: text,
      password: secret,
      token: secret,
      clientSecret: secret,
      privateKey: secret,
      accessKeyId: text,
      secretAccessKey: secret,
      sessionToken: secret,
      signingSecret: secret,
      tokenKey: secret,
      ...Object.fromEntries(secretSlots.map((slot) => [slot, secret])),
    },
  });
};

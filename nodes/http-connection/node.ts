import type { Node, NodeAPI, NodeDef } from 'node-red';
import { classify } from '../../src/exchange/failure';
import { dialogConfig, dialogCredentials } from '../admin/dialog-values';
import { serveLook } from '../admin/look';
import { oauthEndpoints } from '../admin/oauth';
import { serveConnectionTest } from '../admin/test-connection';
import { servePollingPreview } from '../admin/polling-preview';
import { servePollingSample } from '../admin/polling-sample';
import { serveTryRequest } from '../admin/try-request';
import type { HttpConnectionNode } from '../runtime/connections';
import { credentialTexts } from '../runtime/credential-texts';
import { whenFlowsStarted } from '../runtime/flows-started';
import { holdStore, isGone } from '../runtime/store';
import { openTokenVault, tokenId } from '../runtime/tokens';
import { openConnection, openTokenConnection } from './open';
import { readConfig } from './read';
import { authorizationCodeSettings } from './schemes';

/** What an http-connection does, and what the editor asks of it and of a request. Loaded with the first one. */
export function httpConnection(RED: NodeAPI): (node: Node, saved: NodeDef) => void {
  const vault = openTokenVault(RED);
  /** Those that run: told when a login of theirs has changed. */
  const running = new Set<HttpConnectionNode>();

  serveConnectionTest(RED, vault);
  serveLook(RED);
  serveTryRequest(RED, vault);
  servePollingPreview(RED, vault);
  servePollingSample(RED, vault);
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

  return (base, saved) => {
    const node = base as HttpConnectionNode;
    node.users = {};
    node.awaited = new Set();
    // opened by those who need it: for a login by a person, and for a rate that several processes share
    const hold = holdStore(RED);
    let cancelWarmUp = () => {};
    try {
      node.result = openConnection(RED, readConfig(saved), credentialTexts(node.credentials), {
        tokenId: tokenId(node),
        vault,
        warn: (sentence) => node.warn(sentence),
        shared: hold.several ? () => hold.open() : undefined,
      });
      running.add(node);
      const { connection } = node.result;
      cancelWarmUp = whenFlowsStarted(RED, () => void connection.warmUp());
    } catch (error) {
      const problem = classify(error);
      node.result = { problem };
      node.error(String(problem));
    }

    node.on('close', (removed: boolean, done: (error?: Error) => void) => {
      running.delete(node);
      cancelWarmUp();
      const end = async (): Promise<void> => {
        await Promise.allSettled(node.awaited);
        if ('connection' in node.result) await node.result.connection.close();
        const hasLogin = 'auth' in saved && saved.auth === 'oauth-code';
        if (hasLogin && isGone(RED, node, removed)) await vault.clear(tokenId(node));
        await hold.release();
      };
      end().then(() => done(), done);
    });
  };
}

/** Where the tokens of connections are kept at run time: in the state store, under a key in the node's credentials. */
import { randomBytes } from 'node:crypto';
import type { Node, NodeAPI } from 'node-red';
import { TokenVault } from '../../src/connection/auth/token-vault';
import { exclusive } from '../../src/state/exclusive';
import type { Store } from '../../src/state/store';
import { holdStore } from './store';

interface KeyCredentials {
  /** 32 bytes in base64. */
  tokenKey?: string;
}

/** Made once in a process: the one object at which all connections take turns. */
export function openTokenVault(RED: NodeAPI): TokenVault {
  async function use<T>(work: (store: Store, several: boolean) => Promise<T>): Promise<T> {
    const hold = holdStore(RED);
    try {
      return await work(await hold.open(), hold.several);
    } finally {
      await hold.release();
    }
  }
  return new TokenVault({
    use,
    lease: (name, work, signal) =>
      use((store, several) => (several ? exclusive(store, name, work, signal) : work())),
    key(id) {
      const { tokenKey } = credentialsOf(RED, id);
      return tokenKey ? Buffer.from(tokenKey, 'base64') : undefined;
    },
  });
}

/** A connection inside a subflow has one login, whichever instance uses it: that of the node in the subflow's flow. */
export function tokenId(node: Node): string {
  return (node as Node & { _alias?: string })._alias ?? node.id;
}

/**
 * Gives a connection a key for its tokens, unless it has one. Node-RED writes it to disk with the next deploy: a
 * connection that was connected wants to be deployed.
 */
export async function ensureTokenKey(RED: NodeAPI, id: string): Promise<void> {
  const credentials = credentialsOf(RED, id);
  if (credentials.tokenKey) return;
  const tokenKey = randomBytes(32).toString('base64');
  await RED.nodes.addCredentials(id, { ...credentials, tokenKey });
}

function credentialsOf(RED: NodeAPI, id: string): KeyCredentials {
  return RED.nodes.getCredentials(id) ?? {};
}

/** Node-RED's admin side as far as the login needs it: a real express application under a root of its own. */
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import type { DialogValues } from '../../nodes/admin/dialog-values';
import { oauthEndpoints } from '../../nodes/admin/oauth';
import {
  authorizationCodeBinding,
  type AuthorizationCodeSettings,
} from '../../src/connection/auth/oauth2-code';
import { TokenVault } from '../../src/connection/auth/token-vault';
import type { TokenStore } from '../../src/connection/auth/tokens';
import type { Store } from '../../src/state/store';
import { connect } from './connect';

export interface OAuthAdmin {
  /** With the admin root, without a slash at the end. */
  url: string;
  callbackUrl: string;
  /** By node id, as Node-RED's runtime has them. */
  credentials: Map<string, Record<string, string>>;
  /** Nodes of the deployed flow. */
  nodes: { id: string; type: string }[];
  /** Permissions that were asked for, and whether they are given. */
  asked: string[];
  allowed: boolean;
  /** Connections whose tokens have changed. */
  changed: string[];
  settings: AuthorizationCodeSettings;
  dialogs: DialogValues[];
  stored(id: string): TokenStore;
  post(path: string, body: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

interface App {
  use(...handlers: unknown[]): void;
  get(path: string, handler: (request: unknown, response: ServerResponse) => void): void;
  (...parameters: unknown[]): void;
}

export async function startOAuthAdmin(
  store: Pick<Store, 'get' | 'commit'>,
  settings: AuthorizationCodeSettings,
): Promise<OAuthAdmin> {
  const express = require('express') as (() => App) & { json(): unknown };
  const admin = express();
  const root = express();
  admin.use(express.json());
  admin.get('/', (_request, response) => response.end('<!doctype html><title>editor</title>'));
  root.use('/red', admin);
  const server = createServer(root);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/red`;

  const vault = new TokenVault({
    use: (work) => work(store),
    key: (id) => {
      const key = double.credentials.get(id)?.tokenKey;
      return key ? Buffer.from(key, 'base64') : undefined;
    },
  });

  const double: OAuthAdmin = {
    url,
    callbackUrl: `${url}/http-connection/oauth/callback`,
    credentials: new Map(),
    nodes: [],
    asked: [],
    allowed: true,
    changed: [],
    settings,
    dialogs: [],
    stored: (id) => vault.of(id, authorizationCodeBinding(double.settings)),
    post: (path, body, headers) =>
      fetch(`${url}/http-connection/oauth/${path}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };

  const RED = {
    httpAdmin: admin,
    auth: {
      needsPermission(permission: string) {
        return (_request: unknown, response: { sendStatus(status: number): void }, next: () => void) => {
          double.asked.push(permission);
          if (double.allowed) next();
          else response.sendStatus(401);
        };
      },
    },
    nodes: {
      eachNode: (visit: (node: object) => void) => double.nodes.forEach(visit),
      getCredentials: (id: string) => double.credentials.get(id),
      addCredentials: (id: string, credentials: Record<string, string>) => {
        double.credentials.set(id, credentials);
        return Promise.resolve();
      },
    },
  };

  oauthEndpoints(RED as unknown as NodeAPI, {
    vault,
    settings(_id, dialog) {
      double.dialogs.push(dialog);
      return double.settings;
    },
    connect: () => connect({ maxRedirects: 0 }),
    changed: (id) => void double.changed.push(id),
  });
  return double;
}

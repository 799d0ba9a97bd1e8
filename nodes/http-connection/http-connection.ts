import type { Node, NodeAPI, NodeDef } from 'node-red';
import type { ConnectionOptions as TlsOptions } from 'node:tls';
import { noAuthentication, type Authenticator } from '../../src/connection/auth/authenticator';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import { fields, type SecretField } from '../../src/connection/auth/fields';
import { Connection } from '../../src/connection/connection';
import { classify, Failure } from '../../src/exchange/failure';
import type { HttpConnectionNode } from '../runtime/connections';
import { migrate } from '../runtime/migrate';
import { numberOf } from '../runtime/settings';
import { supported } from '../runtime/supported';
import {
  configVersion,
  defaults,
  secretSlots,
  type AuthScheme,
  type HttpConnectionConfig,
  type HttpConnectionCredentials,
} from './config';
import { migrations } from './migrations';

const mebibyte = 1024 * 1024;

/** A core tls-config node, as far as it is used here. */
interface TlsConfigNode extends Node {
  valid?: boolean;
  addTLSOptions(options: TlsOptions): TlsOptions;
}

type Config = HttpConnectionConfig;
type Credentials = HttpConnectionCredentials;

function authFields(config: Config, credentials: Credentials): SecretField[] {
  return config.authFields.map(({ in: place, name, slot }) => ({
    in: place,
    name: name.trim(),
    value: credentials[slot] ?? '',
  }));
}

/** One line a scheme. */
const authenticators: Record<AuthScheme, (config: Config, credentials: Credentials) => Authenticator> = {
  none: () => noAuthentication,
  basic: (_config, { username = '', password = '' }) => basic(username, password),
  bearer: (_config, { token = '' }) => bearer(token),
  headers: (config, credentials) => fields(authFields(config, credentials)),
  query: (config, credentials) => fields(authFields(config, credentials)),
  custom: (config, credentials) => {
    const { username = '', password = '' } = credentials;
    return fields(
      authFields(config, credentials),
      username || password ? basic(username, password) : undefined,
    );
  },
};

function authenticator(config: Config, credentials: Credentials): Authenticator {
  const make = authenticators[config.auth] as (typeof authenticators)[AuthScheme] | undefined;
  if (!make) throw new Failure('CONFIG', `the authentication "${String(config.auth)}" is not known here`);
  return make(config, credentials);
}

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;

  function tlsOptions(id: string): TlsOptions | undefined {
    if (!id) return undefined;
    const node = RED.nodes.getNode(id) as TlsConfigNode | null;
    if (!node) throw new Failure('CONFIG', 'the TLS configuration is missing or disabled');
    if (node.valid === false) throw new Failure('CONFIG', 'the TLS configuration is not valid');
    return node.addTLSOptions({});
  }

  function open(saved: NodeDef, credentials: Credentials): Connection {
    const config = migrate<Config>(saved, configVersion, defaults, migrations);
    const milliseconds = (value: number | string, field: string) => numberOf(value, field) * 1000;
    return new Connection({
      baseUrl: config.baseUrl,
      allowedHosts: config.allowedHosts.split(/[\s,]+/).filter(Boolean),
      authenticator: authenticator(config, credentials),
      tls: tlsOptions(config.tls),
      connectTimeout: milliseconds(config.connectTimeout, 'the connect timeout'),
      firstByteTimeout: milliseconds(config.firstByteTimeout, 'the first byte timeout'),
      idleTimeout: milliseconds(config.idleTimeout, 'the idle timeout'),
      totalTimeout: milliseconds(config.totalTimeout, 'the total timeout'),
      keepAlive: config.keepAlive,
      maxResponseSize: numberOf(config.maxResponseSize, 'the size limit') * mebibyte,
      maxRedirects: 10,
      userAgent: 'node-red-contrib-http-connector',
    });
  }

  function HttpConnection(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const node = this as HttpConnectionNode;
    node.users = {};
    try {
      node.result = { connection: open(saved, node.credentials) };
    } catch (error) {
      const problem = classify(error);
      node.result = { problem };
      node.error(problem);
    }
    node.on('close', (done: (error?: Error) => void) => {
      if (!('connection' in node.result)) return done();
      node.result.connection.close().then(() => done(), done);
    });
  }

  const secret = { type: 'password' as const };
  RED.nodes.registerType('http-connection', HttpConnection, {
    credentials: {
      username: { type: 'text' },
      password: secret,
      token: secret,
      ...Object.fromEntries(secretSlots.map((slot) => [slot, secret])),
    },
  });
};

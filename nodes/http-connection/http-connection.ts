import type { Node, NodeAPI, NodeDef } from 'node-red';
import { classify } from '../../src/exchange/failure';
import type { HttpConnectionNode } from '../runtime/connections';
import { migrate } from '../runtime/migrate';
import { supported } from '../runtime/supported';
import { configVersion, defaults, secretSlots, type HttpConnectionConfig } from './config';
import { migrations } from './migrations';
import { openConnection } from './open';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;

  function HttpConnection(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const node = this as HttpConnectionNode;
    node.users = {};
    try {
      const config = migrate<HttpConnectionConfig>(saved, configVersion, defaults, migrations);
      node.result = {
        connection: openConnection(RED, config, node.credentials),
      };
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

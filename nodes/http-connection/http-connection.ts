import type { Node, NodeAPI, NodeDef } from 'node-red';
import { beforeFirstAdminRequest, onFirstUse } from '../runtime/first-use';
import { supported } from '../runtime/supported';
import { secretSlots } from './config';

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;
  const start = onFirstUse(() => (require('./node') as typeof import('./node')).httpConnection(RED));

  function HttpConnection(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    start()(this, saved);
  }

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
  beforeFirstAdminRequest(RED, ['/http-connection', '/send-request', '/polling-trigger'], start);
};

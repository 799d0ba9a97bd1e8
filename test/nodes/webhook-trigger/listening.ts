/** A webhook trigger behind a real socket, without a Node-RED around it. */
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeAPI } from 'node-red';
import webhookTrigger from '../../../nodes/webhook-trigger/webhook-trigger';
import { Flow, sink, tab, type FlowNode } from '../../support/flow';

export const caught: FlowNode[] = [
  { id: 'caught', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['errors']] },
  sink('errors'),
];

export class Listening implements AsyncDisposable {
  readonly userDir = mkdtempSync(join(tmpdir(), 'webhook-'));
  flow!: Flow;
  RED!: NodeAPI;
  #server: Server | undefined;
  #url = '';

  /** @param fields of the node `hook`, whose path is `deliveries` */
  async open(fields: object, credentials: object = {}): Promise<this> {
    const hook = {
      id: 'hook',
      z: tab.id,
      type: 'webhook-trigger',
      path: 'deliveries',
      wires: [['out']],
      ...fields,
    };
    const sets = [(RED: NodeAPI) => void (this.RED = RED), webhookTrigger];
    const nodes = [hook, sink('out'), ...caught];
    this.flow = await Flow.load(sets, nodes, { hook: credentials }, { userDir: this.userDir });
    this.#server = createServer(this.RED.httpNode);
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
    return this;
  }

  send(init: RequestInit): Promise<Response> {
    return fetch(`${this.#url}/deliveries`, { method: 'POST', ...init });
  }

  json(value: unknown, headers: Record<string, string> = {}): Promise<Response> {
    const type = { 'content-type': 'application/json' };
    return this.send({ body: JSON.stringify(value), headers: { ...type, ...headers } });
  }

  /** The flow is gone, and what it kept stays for the next `open`. */
  async close(): Promise<void> {
    await this.flow.close();
    const server = this.#server;
    if (!server?.listening) return;
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
    rmSync(this.userDir, { recursive: true, force: true });
  }
}

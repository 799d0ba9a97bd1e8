/** A send-request node in a flow, with a server to talk to and somebody to hear of it. */
import type { ServerResponse } from 'node:http';
import httpConnection from '../../nodes/http-connection/http-connection';
import type { MessageFailure } from '../../nodes/runtime/failures';
import sendRequest from '../../nodes/send-request/send-request';
import { Flow, sink, tab, type FlowNode, type Message } from './flow';
import { sendJson, startServer, type Received, type TestServer } from './server';

export interface Caught extends Message {
  error: { message: string; code: string };
  failure: MessageFailure;
}

export class Requesting {
  readonly server: TestServer;
  flow!: Flow;
  answer: (request: Received, response: ServerResponse) => void = (_request, response) =>
    sendJson(response, { ok: true });

  static async start(): Promise<Requesting> {
    const made: { requesting?: Requesting } = {};
    const server = await startServer((request, response) => made.requesting!.answer(request, response));
    return (made.requesting = new Requesting(server));
  }

  private constructor(server: TestServer) {
    this.server = server;
  }

  /** @param fields of the send-request node @param connected of its connection */
  async load(fields: object = {}, connected: object = {}, credentials: object = {}): Promise<void> {
    const nodes: FlowNode[] = [
      { id: 'the-api', type: 'http-connection', baseUrl: this.server.url, retryAttempts: 1, ...connected },
      {
        id: 'the-request',
        z: tab.id,
        type: 'send-request',
        connection: 'the-api',
        url: 'things',
        wires: [['answers'], ['failures']],
        ...fields,
      },
      sink('answers'),
      sink('failures'),
      sink('completed'),
      sink('caught'),
      { id: 'complete-node', z: tab.id, type: 'complete', scope: ['the-request'], wires: [['completed']] },
      { id: 'catch-node', z: tab.id, type: 'catch', scope: null, uncaught: false, wires: [['caught']] },
    ];
    this.flow = await Flow.load([httpConnection, sendRequest], nodes, { 'the-api': credentials });
  }

  send(msg: object): void {
    this.flow.send('the-request', msg);
  }

  /** Sends a message, waits until the node is done with it, and gives what left by the first output meanwhile. */
  async through(msg: object): Promise<Message[]> {
    const { flow } = this;
    const [answers, completed] = [flow.messages('answers').length, flow.messages('completed').length];
    this.send(msg);
    const caught = flow.after('caught', flow.messages('caught').length).then((message) => {
      throw new Error(`caught: ${JSON.stringify(message.error)}`);
    });
    await Promise.race([flow.after('completed', completed), caught]);
    return flow.messages('answers').slice(answers);
  }

  /** Sends a message and waits for its error. */
  async failing(msg: object): Promise<Caught> {
    const count = this.flow.messages('caught').length;
    this.send(msg);
    return (await this.flow.after('caught', count)) as Caught;
  }

  async close(): Promise<void> {
    await this.flow?.close();
    await this.server.close();
  }
}

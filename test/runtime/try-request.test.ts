/** *Try it* of send-request, over Node-RED's admin API: with the values of a dialog, before the first deploy too. */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import type { TryResult } from '../../nodes/editor/try-result';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';
import { lines, startNodeRed, type NodeRed } from './node-red';

const token = 'tok/3n+of~the&connection';

for (const line of lines) {
  describe(`runtime/try-request on Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    let server: TestServer;
    let answer: (request: Received, response: ServerResponse) => void;

    before(async () => {
      server = await startServer((request, response) => answer(request, response));
      nodeRed = await startNodeRed({
        line,
        flows: [
          { id: 'tab1', type: 'tab', label: 'test', env: [{ name: 'STAGE', value: 'test', type: 'str' }] },
          { id: 'api1', type: 'http-connection', baseUrl: 'http://127.0.0.1:1', auth: 'bearer' },
        ],
        credentials: { api1: { token } },
      });
    });
    after(async () => {
      await nodeRed?.stop();
      await server?.close();
    });
    beforeEach(() => {
      answer = ({ headers }, response) => sendJson(response, { headers });
    });

    async function tryIt(config: object, message: object, more: object = {}): Promise<TryResult> {
      const response = await nodeRed.admin('send-request/try/never-deployed', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({
          config: { z: 'tab1', ...config },
          connection: {
            id: 'api1',
            config: { baseUrl: server.url, auth: 'bearer' },
            credentials: { token: '__PWRD__' },
          },
          message,
          ...more,
        }),
      });
      assert.equal(response.status, 200);
      const text = await response.text();
      for (const form of [token, encodeURIComponent(token), Buffer.from(token).toString('base64')]) {
        assert.ok(!text.includes(form), 'a secret went to the browser');
      }
      return JSON.parse(text) as TryResult;
    }

    it('sends what the dialog says, with the stored secret, and shows all of it but that', async () => {
      const result = await tryIt(
        { method: 'POST', url: 'orders/{{payload.id}}', bodyKind: 'json', body: '{"n": {{payload.n}}}' },
        { payload: { id: 'a/b', n: 1 }, topic: 't' },
      );
      assert.equal(result.ok, true, result.message);
      const [sent] = result.requests;
      assert.equal(sent!.url, `${server.url}/orders/a%2Fb`);
      assert.equal(sent!.body, '{"n": 1}');
      assert.equal(sent!.headers.Authorization ?? sent!.headers.authorization, 'Bearer •••');
      assert.equal(server.received.at(-1)!.headers.authorization, `Bearer ${token}`);
      assert.equal(result.answer!.statusCode, 200);
      const [{ output, message }] = result.messages as [TryResult['messages'][0]];
      assert.equal(output, 1);
      assert.equal(message.topic, 't');
      assert.equal(
        (message.payload as { headers: Record<string, string> }).headers.authorization,
        'Bearer •••',
      );
    });

    it('shows why it failed, with the answer, and what the second output gets', async () => {
      answer = (_request, response) => sendJson(response, { why: 'no such order' }, 422);
      const result = await tryIt({ url: 'orders', failures: 'output' }, { payload: 'in' });
      assert.deepEqual([result.ok, result.code], [false, 'HTTP_422']);
      assert.equal(result.answer!.statusCode, 422);
      assert.match(result.answer!.body!, /no such order/);
      assert.equal(result.messages[0]!.output, 2);
      assert.equal((result.messages[0]!.message.failure as { typeId: string }).typeId, 'HTTP_422');
      const wrong = await tryIt({ url: '{{#open' }, {});
      assert.deepEqual([wrong.ok, wrong.code], [false, 'TEMPLATE']);
    });

    it('shows the first ten of many messages, and breaks off a stream that goes on', async () => {
      let closed = false;
      answer = (_request, response) => {
        response.on('close', () => (closed = true));
        response.writeHead(200, { 'content-type': 'application/x-ndjson' });
        response.write('1\n'.repeat(20));
      };
      const result = await tryIt({ url: 'feed', responseKind: 'ndjson' }, {});
      assert.equal(result.ok, true, result.message);
      assert.equal(result.messages.length, 10);
      assert.equal(result.more, 1);
      while (!closed) await new Promise(setImmediate);
    });

    it('asks for permission as the editor’s other endpoints do, and survives what is no request', async () => {
      for (const body of ['{}', '[]', '{"config": 1, "connection": null}']) {
        const response = await nodeRed.admin('send-request/try/x', {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body,
        });
        assert.equal(response.status, 200);
        assert.equal(((await response.json()) as TryResult).ok, false);
      }
    });
  });
}

/** The editor's look at a service: who may, what is sent, what holds it back. In a real express application. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { NodeAPI } from 'node-red';
import { serveLook } from '../../nodes/admin/look';
import { defaults } from '../../nodes/http-connection/config';
import type { Look } from '../../src/connection/discovery/look';
import { startServer, type Received, type TestServer } from '../support/server';

describe('nodes/admin/look', () => {
  let admin: Server;
  let service: TestServer;
  let allowed: boolean;
  let asked: string[];
  let answer: (request: Received, response: import('node:http').ServerResponse) => void;

  beforeEach(async () => {
    allowed = true;
    asked = [];
    answer = (_request, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end();
    service = await startServer((request, response) => answer(request, response));
    const express = require('express') as (() => import('node:http').RequestListener & {
      use: (handler: unknown) => void;
    }) & { json: () => unknown };
    const app = express();
    app.use(express.json());
    const RED = {
      httpAdmin: app,
      auth: {
        needsPermission: (name: string) => {
          return (_request: unknown, response: import('node:http').ServerResponse, next: () => void) => {
            asked.push(name);
            if (allowed) next();
            else response.writeHead(401).end();
          };
        },
      },
      nodes: { getNode: () => null },
      util: { getSetting: (_node: unknown, name: string) => (name === 'SHOP' ? service.url : undefined) },
    };
    serveLook(RED as unknown as NodeAPI);
    admin = createServer(app).listen(0, '127.0.0.1');
    await once(admin, 'listening');
  });

  afterEach(async () => {
    admin.close();
    admin.closeAllConnections();
    await service.close();
  });

  function post(body: unknown, signal?: AbortSignal): Promise<Response> {
    return fetch(`http://127.0.0.1:${(admin.address() as AddressInfo).port}/http-connection/look/c1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: signal ?? null,
    });
  }

  async function lookAt(config: object, more: object = {}): Promise<Look> {
    const response = await post({ config: { ...defaults, baseUrl: service.url, ...config }, ...more });
    assert.equal(response.status, 200);
    return (await response.json()) as Look;
  }

  it('asks as the dialog stands, with an environment variable and a path, and sends nothing secret', async () => {
    const headers = [{ name: 'X-Key', value: 'k3y' }];
    const query = [{ name: 'key', value: 'k3y' }];
    const rest = { path: 'orders?x=1', credentials: { username: 'ada', password: 'pw' } };
    const look = await lookAt({ baseUrl: '${SHOP}', auth: 'basic', headers, query }, rest);
    assert.equal(look.answer?.statusCode, 401);
    assert.equal(look.suggestions[0]?.scheme, 'basic');
    assert.ok(service.received.some(({ url }) => url === '/orders?x=1'));
    for (const { url, headers: sent } of service.received) {
      assert.ok(!url.includes('k3y') && sent['x-key'] === undefined && sent.authorization === undefined);
    }
  });

  it('is for those who may change connections', async () => {
    await lookAt({});
    allowed = false;
    const before = service.received.length;
    assert.equal((await post({ config: { baseUrl: service.url } })).status, 401);
    assert.deepEqual([...new Set(asked)], ['http-connection.write']);
    assert.equal(service.received.length, before);
  });

  it('is held by the network guard of the unsaved values', async () => {
    const look = await lookAt({ guard: true });
    assert.equal(look.problem?.code, 'HOST_NOT_ALLOWED');
    assert.equal(service.received.length, 0);
    const allowedLook = await lookAt({ guard: true, guardExceptions: '127.0.0.1' });
    assert.equal(allowedLook.answer?.statusCode, 401);
  });

  it('stays below the base URL', async () => {
    const look = await lookAt({ baseUrl: `${service.url}/v1` }, { path: `${service.url}/other` });
    assert.equal(look.problem?.code, 'HOST_NOT_ALLOWED');
    assert.equal(service.received.length, 0);
  });

  it('ends with the dialog', async () => {
    let ended: Promise<unknown> | undefined;
    const arrived = new Promise<void>((resolve) => {
      answer = (_request, response) => {
        ended ??= once(response, 'close');
        resolve();
      };
    });
    const dialog = new AbortController();
    const gone = assert.rejects(post({ config: { ...defaults, baseUrl: service.url } }, dialog.signal));
    await arrived;
    dialog.abort();
    await gone;
    await ended;
  });

  it('says what is wrong with a request that is none', async () => {
    for (const body of [
      {},
      [],
      { config: 1 },
      { config: { baseUrl: 'no url' } },
      { config: { baseUrl: '' } },
    ]) {
      const response = await post(body);
      assert.equal(response.status, 200);
      const look = (await response.json()) as Look;
      assert.ok(look.problem?.message, JSON.stringify(body));
      assert.deepEqual(look.suggestions, []);
    }
  });
});

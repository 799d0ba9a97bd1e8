import assert from 'node:assert/strict';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';

describe('connection/cookie-jar', () => {
  it('keeps cookies over redirects and requests, and sends each where it belongs', async () => {
    const server = await startServer((request, response) => {
      if (request.url === '/login') {
        response.writeHead(302, {
          location: '/home',
          'set-cookie': ['session=s1; Path=/; HttpOnly', 'admin=a; Path=/admin', 'gone=x; Max-Age=0'],
        });
        return void response.end();
      }
      sendJson(response, {});
    });
    const other = await startServer((_request, response) => sendJson(response, {}));
    const connection = connect({ cookies: true });
    await connection.send({ method: 'POST', url: `${server.url}/login` });
    await connection.send({
      method: 'GET',
      url: `${server.url}/admin/x`,
      headers: { cookie: 'session=own; c=3' },
    });
    await connection.send({ method: 'GET', url: `http://localhost:${other.port}/` });
    assert.deepEqual(
      server.received.map((request) => request.headers.cookie),
      [undefined, 'session=s1', 'session=own; c=3; admin=a'],
    );
    assert.equal(other.received[0]!.headers.cookie, undefined);
    await connection.close();
    await server.close();
    await other.close();
  });
});

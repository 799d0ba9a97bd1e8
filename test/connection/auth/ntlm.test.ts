import assert from 'node:assert/strict';
import { ntlm } from '../../../src/connection/auth/ntlm';
import { connect } from '../../support/connect';
import { sendJson, startServer } from '../../support/server';

describe('connection/auth/ntlm', () => {
  it('needs a user name', () => {
    for (const user of ['', 'CORP\\']) assert.throws(() => ntlm(user, 'p'), { code: 'CONFIG' });
  });

  it('names the package that it needs when that is missing', async () => {
    const server = await startServer((_request, response) => sendJson(response, {}));
    const connection = connect({ baseUrl: server.url, authenticator: ntlm('bob', 'p') });
    await assert.rejects(connection.send({ method: 'GET', url: '' }), {
      code: 'CONFIG',
      message: /npm install httpntlm/,
    });
    assert.equal(server.received.length, 0);
    await connection.close();
    await server.close();
  });

  it('says so when a challenge cannot be read, and passes on an answer without one', async () => {
    const server = await startServer(({ url }, response) => {
      if (url === '/open') return sendJson(response, {});
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x", NTLM AAAA' });
      response.end();
    });
    const messages = {
      createType1Message: () => 'NTLM one',
      parseType2Message: (header: string, callback: (error: Error) => void) => {
        callback(new Error(`cannot read ${header}`));
        return null;
      },
      createType3Message: () => 'NTLM three',
    };
    const authenticator = ntlm('bob', 'p', () => Promise.resolve(messages));
    const connection = connect({ baseUrl: server.url, authenticator });
    assert.equal((await connection.send({ method: 'GET', url: 'open' })).statusCode, 200);
    await assert.rejects(connection.send({ method: 'GET', url: 'odd' }), {
      code: 'AUTHENTICATION',
      message: /cannot read NTLM AAAA/,
    });
    await connection.close();
    await server.close();
  });
});

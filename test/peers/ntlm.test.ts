import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import path from 'node:path';
import { ntlm, type NtlmMessages } from '../../src/connection/auth/ntlm';
import type { Connection, ConnectionOptions } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { installPeer, startPeer, type Peer } from './peer';

/** What the server says of a request that it let in. */
interface Greeting {
  user: string;
  length: number;
  socket: number;
}

describe('peers/ntlm', () => {
  let server: Peer;
  let messages: NtlmMessages;
  const open: Connection[] = [];

  before(async function () {
    this.timeout(300_000);
    const home = (await installPeer('ntlm')).split('\n').at(-1)!;
    const peer = createRequire(path.join(home, 'package.json'))('httpntlm') as { ntlm: NtlmMessages };
    messages = peer.ntlm;
    server = await startPeer('ntlm');
  });
  after(() => server?.stop());
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });

  function to(user: string, password: string, options: Partial<ConnectionOptions> = {}): Connection {
    const authenticator = ntlm(user, password, () => Promise.resolve(messages));
    const connection = connect({ baseUrl: server.url, authenticator, ...options });
    open.push(connection);
    return connection;
  }

  async function post(connection: Connection, size: number, url = 'x'): Promise<Greeting> {
    const { statusCode, body } = await connection.send({ method: 'POST', url, body: Buffer.alloc(size) });
    assert.equal(statusCode, 200, body.toString());
    return JSON.parse(body.toString()) as Greeting;
  }

  it('logs in a socket and goes on using it', async () => {
    const connection = to('CORP\\bob', 'hunter2');
    const sockets = new Set<number>();
    for (let i = 1; i <= 5; i++) {
      const { user, length, socket } = await post(connection, i * 100);
      assert.deepEqual([user, length], ['bob', i * 100]);
      sockets.add(socket);
    }
    assert.equal(sockets.size, 1);
  });

  it('gives each of many at once a socket of its own, and logs in no more than those', async () => {
    const connection = to('CORP\\bob', 'hunter2');
    const first = await Promise.all(Array.from({ length: 8 }, () => post(connection, 10)));
    const again = await Promise.all(Array.from({ length: 8 }, () => post(connection, 20)));
    const sockets = new Set(first.map(({ socket }) => socket));
    assert.equal(sockets.size, 8);
    for (const { socket } of again) assert.ok(sockets.has(socket));
  });

  it('logs in again where the server has closed the socket', async () => {
    const connection = to('CORP\\bob', 'hunter2');
    const { socket } = await post(connection, 1, 'drop');
    assert.notEqual((await post(connection, 2)).socket, socket);
  });

  it('gives the 401 of wrong credentials, asked once', async () => {
    for (const [user, password] of [
      ['CORP\\bob', 'wrong'],
      ['CORP\\eve', 'hunter2'],
      ['bob', 'hunter2'],
    ] as const) {
      assert.equal((await to(user, password).send({ method: 'GET', url: 'x' })).statusCode, 401);
    }
  });

  it('ends with its connection, in the middle too', async () => {
    const connection = to('CORP\\bob', 'hunter2');
    await post(connection, 1);
    const pending = Array.from({ length: 5 }, () =>
      post(connection, 1).then(
        () => 'sent',
        () => 'ended',
      ),
    );
    await connection.close();
    await Promise.all(pending);
    await assert.rejects(connection.send({ method: 'GET', url: 'x' }), { code: 'ABORTED' });
  });
});

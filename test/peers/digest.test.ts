import assert from 'node:assert/strict';
import { setTimeout as delay } from 'node:timers/promises';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import { digest } from '../../src/connection/auth/digest';
import type { Connection } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

describe('digest against real servers', () => {
  const connections: Connection[] = [];
  const to = (peer: Peer, username: string, password: string): Connection => {
    const connection = connect({ baseUrl: peer.url, authenticator: digest(username, password) });
    connections.push(connection);
    return connection;
  };
  const status = async (connection: Connection, url: string, method = 'GET', body?: Buffer) =>
    (await connection.send({ method, url, body })).statusCode;

  /** The same, with the challenges that the server sent. */
  const watched = (peer: Peer, username: string, password: string, cookies = false) => {
    const challenges: string[] = [];
    const inner = digest(username, password);
    const authenticator: Authenticator = {
      ...inner,
      renew(answer, hop, signal) {
        if (answer.statusCode === 401) challenges.push(String(answer.headers['www-authenticate']));
        return inner.renew!(answer, hop, signal);
      },
    };
    const connection = connect({ baseUrl: peer.url, authenticator, cookies });
    connections.push(connection);
    return { connection, challenges };
  };

  afterEach(async () => {
    for (const connection of connections.splice(0)) await connection.close();
  });

  describe('httpbin', () => {
    let httpbin: Peer;
    before(async () => (httpbin = await startPeer('httpbin', '/get')));
    after(() => httpbin?.stop());

    for (const algorithm of ['MD5', 'SHA-256', 'SHA-512']) {
      for (const qop of ['auth', 'auth-int']) {
        it(`${qop} with ${algorithm}`, async () => {
          const connection = to(httpbin, 'user', 'pass');
          // httpbin breaks on a query: its own `str + bytes`
          const url = `/digest-auth/${qop}/user/pass/${algorithm}`;
          for (let i = 0; i < 3; i++) assert.equal(await status(connection, url), 200);
          assert.equal(await status(to(httpbin, 'user', 'wrong'), url), 401);
        });
      }
    }

    it('a new nonce when the old one has gone stale', async () => {
      // httpbin keeps in a cookie how often the nonce may still be used
      const { connection, challenges } = watched(httpbin, 'user', 'pass', true);
      for (let i = 0; i < 6; i++) {
        assert.equal(await status(connection, '/digest-auth/auth/user/pass/MD5/2'), 200);
      }
      assert.ok(
        challenges.filter((challenge) => /stale=TRUE/i.test(challenge)).length >= 1,
        challenges.join('\n'),
      );
    });

    it('twenty at once', async () => {
      const connection = to(httpbin, 'user', 'pass');
      const url = '/digest-auth/auth/user/pass/SHA-256';
      const statuses = await Promise.all(Array.from({ length: 20 }, () => status(connection, url)));
      assert.deepEqual([...new Set(statuses)], [200]);
    });
  });

  describe('Apache', () => {
    let apache: Peer;
    before(async () => (apache = await startPeer('apache', '/a.json')));
    after(() => apache?.stop());

    for (const [username, password] of [
      ['bob', 'hunter2'],
      ['we"ird', 'p:w'],
      ['back\\slash', 'p\\w'],
    ] as const) {
      it(`MD5 for ${username}`, async () => {
        assert.equal(await status(to(apache, username, password), '/digest/a.json?x=1&y=%20z'), 200);
        assert.equal(await status(to(apache, username, 'wrong'), '/digest/a.json'), 401);
      });
    }

    it('a new nonce when the old one has lived its second', async () => {
      const { connection, challenges } = watched(apache, 'bob', 'hunter2');
      assert.equal(await status(connection, '/digest/a.json'), 200);
      // the lifetime of a nonce is the thing itself here, so there is no other condition to wait for
      await delay(1500);
      assert.equal(await status(connection, '/digest/a.json'), 200);
      assert.equal(challenges.length, 2);
      assert.match(challenges[0]!, /^Digest realm="the realm".*algorithm=MD5/);
      assert.match(challenges[1]!, /stale=true/);
    });
  });

  describe('lighttpd', () => {
    let lighttpd: Peer;
    before(async () => (lighttpd = await startPeer('lighttpd', '/a.json')));
    after(() => lighttpd?.stop());

    for (const [path, what] of [
      ['/sha256/a.json', 'SHA-256'],
      ['/both/a.json', 'SHA-256 where MD5 is offered too'],
      ['/userhash/a.json', 'SHA-256 with a hashed user name'],
    ] as const) {
      it(what, async () => {
        const connection = to(lighttpd, 'carol', 'pw256');
        for (let i = 0; i < 3; i++) assert.equal(await status(connection, `${path}?x=1&y=%20z`), 200);
        assert.equal(await status(to(lighttpd, 'carol', 'wrong'), path), 401);
        assert.equal(await status(to(lighttpd, 'nobody', 'pw256'), path), 401);
      });
    }

    it('offers what the test says it does', async () => {
      const offer = async (path: string) =>
        (await fetch(lighttpd.url + path)).headers.get('www-authenticate');
      assert.match(
        (await offer('/both/a.json'))!,
        /algorithm=MD5.*Digest.*algorithm=SHA-256|algorithm=SHA-256.*Digest.*algorithm=MD5/,
      );
      assert.match((await offer('/userhash/a.json'))!, /userhash=true/);
    });
  });
});

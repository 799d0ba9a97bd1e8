import assert from 'node:assert/strict';
import { sessionLogin, type SessionLoginSettings } from '../../../src/connection/auth/session-login';
import type { TokenPlace } from '../../../src/connection/auth/token-authenticator';
import type { Connection } from '../../../src/connection/connection';
import type { Failure } from '../../../src/exchange/failure';
import { connect } from '../../support/connect';
import { sendJson, startServer, type Received, type TestServer } from '../../support/server';
import type { ServerResponse } from 'node:http';

const password = 'pässwörd "1"';

describe('connection/auth/session-login', () => {
  const open: Connection[] = [];
  let server: TestServer;
  let login: (request: Received, response: ServerResponse) => void;
  let clock: number;

  /** What the service was sent apart from logins. */
  const calls = () => server.received.filter(({ url }) => !url.startsWith('/login'));
  const logins = () => server.received.filter(({ url }) => url.startsWith('/login'));

  function api(
    token: SessionLoginSettings['token'],
    place?: TokenPlace,
    lifetime = 0,
    url?: string,
  ): Connection {
    const settings: SessionLoginSettings = {
      request: {
        method: 'POST',
        url: url ?? `${server.url}/login`,
        headers: { 'Content-Type': 'application/json', 'X-Tenant': 't' },
        body: JSON.stringify({ user: 'me', password }),
      },
      secrets: [password],
      token,
      lifetime,
    };
    const scheme = { http: connect({ maxRedirects: 0 }), now: () => clock, warn: assert.fail, place };
    const connection = connect({ baseUrl: server.url, authenticator: sessionLogin(settings, scheme) });
    open.push(connection);
    return connection;
  }

  const get = (connection: Connection) => connection.send({ method: 'GET', url: 'api' });

  beforeEach(async () => {
    clock = 1_000_000;
    server = await startServer((request, response) => {
      if (request.url.startsWith('/login')) login(request, response);
      else sendJson(response, {}, request.headers.authorization === 'Bearer stale' ? 401 : 200);
    });
  });

  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
    await server.close();
  });

  it('sends the login as it is, once for 200 requests at once', async () => {
    login = (_request, response) => sendJson(response, { token: 't-1' });
    const connection = api({ in: 'body', path: 'token' });
    await Promise.all(Array.from({ length: 200 }, () => get(connection)));
    assert.equal(logins().length, 1);
    const [sent] = logins();
    assert.equal(sent!.method, 'POST');
    assert.equal(sent!.headers['x-tenant'], 't');
    assert.deepEqual(JSON.parse(sent!.body.toString()), { user: 'me', password });
    assert.equal(calls().length, 200);
    assert.ok(calls().every(({ headers }) => headers.authorization === 'Bearer t-1'));
  });

  it('logs in again when the service says that the session is over, once for 200', async () => {
    const tokens = ['stale', 'fresh'];
    login = (_request, response) => sendJson(response, { token: tokens.shift() });
    const connection = api({ in: 'body', path: 'token' });
    const answers = await Promise.all(Array.from({ length: 200 }, () => get(connection)));
    assert.ok(answers.every(({ statusCode }) => statusCode === 200));
    assert.equal(logins().length, 2);
  });

  for (const [path, body, token] of [
    ['token', '{"token":"a"}', 'a'],
    ['data.session.id', '{"data":{"session":{"id":77}}}', '77'],
    ['items[1].key', '{"items":[{"key":"x"},{"key":"b"}]}', 'b'],
    ['["odd.name"]["x"]', '{"odd.name":{"x":"c"}}', 'c'],
    ["$['d e']", '{"$":{"d e":"f"}}', 'f'],
    ['', '"quoted"', 'quoted'],
    ['', ' plain-text\n', 'plain-text'],
  ] as const) {
    it(`finds the token in the body at "${path}" of ${body.trim()}`, async () => {
      login = (_request, response) => void response.end(body);
      await get(api({ in: 'body', path }));
      assert.equal(calls()[0]!.headers.authorization, `Bearer ${token}`);
    });
  }

  it('finds the token in a header', async () => {
    login = (_request, response) => {
      response.setHeader('X-Subject-Token', 'h-1');
      response.statusCode = 201;
      response.end();
    };
    await get(
      api({ in: 'header', name: 'x-subject-token' }, { in: 'header', name: 'X-Auth-Token', prefix: '' }),
    );
    assert.equal(calls()[0]!.headers['x-auth-token'], 'h-1');
  });

  it('finds a cookie, also on the redirect of a form, and takes its end for that of the session', async () => {
    let count = 0;
    login = (_request, response) => {
      const end = new Date(clock + 50_000).toUTCString();
      response.writeHead(302, {
        location: '/home',
        'set-cookie': [
          'SID=; Path=/',
          `other=x; Expires=${end}`,
          `SID=c-${++count}=; Path=/; HttpOnly; Max-Age=100; Expires=${end}`,
        ],
      });
      response.end();
    };
    const connection = api({ in: 'cookie', name: 'SID' }, { in: 'cookie', name: 'SID', prefix: '' });
    await get(connection);
    clock += 89_999;
    await get(connection);
    clock += 1;
    await get(connection);
    assert.deepEqual(
      calls().map(({ headers }) => headers.cookie),
      ['SID=c-1=', 'SID=c-1=', 'SID=c-2='],
    );
  });

  it('takes all cookies of the answer when none is named', async () => {
    login = (_request, response) => {
      response.setHeader('set-cookie', ['a=1; Path=/', 'b=2', 'gone=; Max-Age=0']);
      response.end();
    };
    await get(api({ in: 'cookie', name: '' }, { in: 'cookie', name: '', prefix: '' }));
    assert.equal(calls()[0]!.headers.cookie, 'a=1; b=2');
  });

  it('keeps a session for the time that is set', async () => {
    login = (_request, response) => sendJson(response, { token: 't' });
    const connection = api({ in: 'body', path: 'token' }, undefined, 10);
    await get(connection);
    clock += 8_999;
    await get(connection);
    assert.equal(logins().length, 1);
    clock += 1;
    await get(connection);
    assert.equal(logins().length, 2);
  });

  for (const [what, status, token, pattern, retryable] of [
    [
      'a refusal',
      401,
      { in: 'body', path: 'token' },
      /status 401 Unauthorized: check user name and password/,
      false,
    ],
    ['another status', 404, { in: 'body', path: 'token' }, /status 404 Not Found$/, false],
    ['a busy server', 503, { in: 'body', path: 'token' }, /503/, true],
    ['no such field', 200, { in: 'body', path: 'a.b' }, /no text at "a.b"/, false],
    ['a body that is an object', 200, { in: 'body', path: '' }, /its body is not a text/, false],
    ['an inherited name', 200, { in: 'body', path: 'constructor.name' }, /no text at/, false],
    ['no such header', 200, { in: 'header', name: 'X-T' }, /without the header "X-T"/, false],
    ['no such cookie', 200, { in: 'cookie', name: 'SID' }, /without the cookie "SID"/, false],
    ['no cookie', 302, { in: 'cookie', name: '' }, /without a cookie/, false],
    ['a redirect in place of a token', 302, { in: 'body', path: 'token' }, /302/, false],
  ] as const) {
    it(`explains ${what}, and sends nothing to the service`, async () => {
      login = (request, response) => sendJson(response, { echo: request.body.toString() }, status);
      await assert.rejects(get(api(token)), (error: Failure) => {
        assert.equal(error.code, 'AUTHENTICATION');
        assert.match(error.message, pattern);
        assert.equal(error.retryable, retryable);
        return true;
      });
      assert.equal(calls().length, 0);
    });
  }

  it('tells a failed login from a failed request, without what is in its query', async () => {
    const url = `http://127.0.0.1:1/login?p=${encodeURIComponent(password)}`;
    const connection = api({ in: 'body', path: 'token' }, undefined, 0, url);
    await assert.rejects(get(connection), (error: Failure) => {
      assert.equal(error.code, 'CONNECTION_REFUSED');
      assert.match(error.message, /^the login to http:\/\/127\.0\.0\.1:1\/login failed/);
      return true;
    });
  });

  it('says what is missing', () => {
    assert.throws(
      () => api({ in: 'body', path: 'x' }, undefined, 0, ''),
      /URL of the login request is empty/,
    );
    assert.throws(() => api({ in: 'header', name: '' }), /has no name/);
    assert.throws(
      () => api({ in: 'body', path: 'x' }, { in: 'query', name: '', prefix: '' }),
      /query.*no name/,
    );
  });
});

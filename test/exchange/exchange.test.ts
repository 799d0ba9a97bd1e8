import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { basic } from '../../src/connection/auth/basic';
import { bearer } from '../../src/connection/auth/bearer';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import { jsonBody, payloadBody, textBody, type EncodedBody } from '../../src/exchange/body';
import { exchange, type ExchangeInput, type ExchangePlan } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { connect } from '../support/connect';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

const planOf = (part: Partial<ExchangePlan> = {}): ExchangePlan => ({
  url: new Template('things', 'url'),
  contentType: '',
  decode: 'auto',
  isSuccess: parseStatuses('2xx'),
  ...part,
});

const inputOf = (part: Partial<ExchangeInput> = {}): ExchangeInput => ({
  method: 'GET',
  view: { message: {} },
  query: [],
  headers: [],
  ...part,
});

describe('exchange/exchange', () => {
  const open: { close(): unknown }[] = [];
  let answer: (request: Received, response: ServerResponse) => void;
  let server: TestServer;

  beforeEach(async () => {
    answer = (_request, response) => sendJson(response, { ok: true });
    server = await startServer((request, response) => answer(request, response));
    open.push(server);
  });

  afterEach(async () => {
    for (const thing of open.splice(0).reverse()) await thing.close();
  });

  function run(
    plan: Partial<ExchangePlan>,
    input: Partial<ExchangeInput> = {},
    authenticator?: Authenticator,
  ) {
    const connection = connect({ baseUrl: server.url, authenticator });
    open.push(connection);
    return exchange(planOf(plan), inputOf(input), connection);
  }

  async function failureOf(promise: Promise<unknown>): Promise<Failure> {
    const error = await promise.then(
      () => assert.fail('it went through'),
      (reason: unknown) => reason,
    );
    assert.ok(error instanceof Failure, String(error));
    return error;
  }

  describe('the request', () => {
    it('is rendered from the message: URL, query, headers, body', async () => {
      const result = await run(
        {
          url: new Template('a/{{payload.id}}', 'url'),
        },
        {
          body: () => jsonBody('{"n":[1]}'),
          method: 'post',
          view: { message: { payload: { id: 'x/y', n: [1] } } },
          query: [
            ['q', ['1', 2]],
            ['none', undefined],
          ],
          headers: [
            ['X-One', 'a'],
            ['x-one', 'b'],
            ['X-None', null],
            ['X-Latin', 'é'],
          ],
        },
      );
      const [received] = server.received;
      assert.equal(received!.method, 'POST');
      assert.equal(received!.url, '/a/x%2Fy?q=1&q=2');
      assert.equal(received!.headers['x-one'], 'a, b');
      assert.equal(received!.headers['x-latin'], 'é');
      assert.equal('x-none' in received!.headers, false);
      assert.equal(received!.headers['content-type'], 'application/json');
      assert.equal(received!.body.toString(), '{"n":[1]}');
      assert.deepEqual(result.body, { ok: true });
    });

    it('has the body of its kind, with its content type', async () => {
      const text = (): EncodedBody => textBody('hi you');
      const cases: [Partial<ExchangePlan>, Partial<ExchangeInput>, string | undefined, string][] = [
        [{}, {}, undefined, ''],
        [{}, { body: () => undefined }, undefined, ''],
        [{}, { body: text }, 'text/plain; charset=utf-8', 'hi you'],
        [{}, { body: () => Promise.resolve(text()) }, 'text/plain; charset=utf-8', 'hi you'],
        [{ contentType: 'text/csv' }, { body: text }, 'text/csv', 'hi you'],
        [
          { contentType: 'text/csv' },
          { body: text, headers: [['content-TYPE', 'text/x-mine']] },
          'text/x-mine',
          'hi you',
        ],
        [
          {},
          {
            body: (contentType) => payloadBody({ a: [1, 2] }, contentType),
            headers: [['Content-Type', 'application/x-www-form-urlencoded']],
          },
          'application/x-www-form-urlencoded',
          'a=1&a=2',
        ],
      ];
      for (const [plan, input, type, body] of cases) {
        await run(plan, { method: 'PUT', ...input });
        const received = server.received.at(-1)!;
        assert.equal(received.headers['content-type'], type);
        assert.equal(received.body.toString(), body);
      }
    });

    it('may use any method that is a token', async () => {
      for (const [method, sent] of [
        ['GET', 'GET'],
        ['patch', 'PATCH'],
        [' delete ', 'DELETE'],
        ['PROPFIND', 'PROPFIND'],
        ['M-SEARCH', 'M-SEARCH'],
      ] as const) {
        await run({}, { method });
        assert.equal(server.received.at(-1)!.method, sent);
      }
    });

    const refused: [string, Partial<ExchangeInput>, RegExp][] = [
      ['an empty method', { method: ' ' }, /method is empty/],
      ['a method with a blank', { method: 'GET /x' }, /not a method/],
      ['a method with a line break', { method: 'GET\r\nX: 1' }, /not a method/],
      ['a line feed in a header', { headers: [['X-A', 'a\nX-Evil: 1']] }, /"X-A" holds a line break/],
      ['a carriage return in a header', { headers: [['X-A', 'a\rb']] }, /line break/],
      ['a zero byte in a header', { headers: [['X-A', 'a\0b']] }, /line break or a character/],
      ['a header of more than latin-1', { headers: [['X-A', '€']] }, /cannot carry/],
      ['a header name with a line break', { headers: [['X\r\nY', 'a']] }, /not a header name/],
      ['a header name with a colon', { headers: [['X:', 'a']] }, /not a header name/],
      ['an empty header name', { headers: [['', 'a']] }, /not a header name/],
      ['a transfer encoding of its own', { headers: [['Transfer-Encoding', 'chunked']] }, /cannot be sent/],
    ];
    for (const [what, input, says] of refused) {
      it(`is not sent with ${what}`, async () => {
        const failure = await failureOf(run({}, input));
        assert.equal(failure.code, 'INVALID_REQUEST', failure.message);
        assert.match(failure.message, says);
        assert.equal(failure.retryable, false);
        assert.equal(server.received.length, 0);
      });
    }

    it('is not sent when its JSON template gives no JSON; the failure says which request and no secret', async () => {
      const failure = await failureOf(
        run(
          {
            url: new Template('p?t={{env.T}}', 'url'),
          },
          {
            method: 'POST',
            body: () => jsonBody('{"t": "t0ken-value",}'),
            view: { message: {}, outside: new Map([['env.T', 't0ken-value']]) },
          },
          bearer('t0ken-value'),
        ),
      );
      assert.equal(failure.code, 'TEMPLATE');
      assert.match(failure.message, /not valid JSON/);
      assert.deepEqual(failure.request, { method: 'POST', url: 'p?t=•••' });
      assert.doesNotMatch(
        JSON.stringify({ ...failure, m: failure.message, s: failure.stack }),
        /t0ken-value/,
      );
      assert.equal(server.received.length, 0);
    });

    it('ends when it is aborted, with the reason of who did it', async () => {
      const controller = new AbortController();
      answer = () => controller.abort(new Failure('ABORTED', 'enough'));
      const connection = connect({ baseUrl: server.url });
      open.push(connection);
      const failure = await failureOf(
        exchange(planOf(), inputOf(), connection, { signal: controller.signal }),
      );
      assert.equal(failure.code, 'ABORTED');
      assert.equal(failure.message, 'enough');
    });
  });

  describe('the answer', () => {
    it('is decoded, and everything but its body is in the summary', async () => {
      answer = ({ url }, response) => {
        if (url === '/things') response.writeHead(302, { location: '/there?x=1' }).end();
        else response.writeHead(201, { 'Set-Cookie': ['a=1; Path=/', 'b=2'], 'X-Y': 'z' }).end('text');
      };
      const { body, summary } = await run({});
      assert.equal(body, 'text');
      assert.equal(summary.statusCode, 201);
      assert.equal(summary.statusText, 'Created');
      assert.equal(summary.url, `${server.url}/there?x=1`);
      assert.deepEqual(summary.redirects, [`${server.url}/things`]);
      assert.equal(summary.headers['x-y'], 'z');
      assert.deepEqual(summary.cookies, { a: { value: '1', path: '/' }, b: { value: '2' } });
      assert.equal(summary.attempts, 1);
      assert.ok(summary.timings.total > 0);
      assert.equal('body' in summary, false);
    });

    it('without a body is null as JSON, empty as text', async () => {
      answer = (_request, response) => response.writeHead(204).end();
      assert.equal((await run({ decode: 'json' })).body, null);
      assert.equal((await run({ decode: 'text' })).body, '');
      assert.deepEqual((await run({ decode: 'binary' })).body, Buffer.alloc(0));
    });

    it('is a success by the list of statuses alone', async () => {
      answer = (_request, response) => sendJson(response, { gone: 1 }, 404);
      const { body, summary } = await run({ isSuccess: parseStatuses('404') });
      assert.deepEqual(body, { gone: 1 });
      assert.equal(summary.statusCode, 404);
      answer = (_request, response) => sendJson(response, {}, 200);
      assert.equal((await failureOf(run({ isSuccess: parseStatuses('404') }))).code, 'HTTP_200');
    });

    it('that is no JSON is INVALID_BODY, with the text and the answer', async () => {
      answer = (_request, response) =>
        response.writeHead(200, { 'content-type': 'application/json', 'x-id': '7' }).end('{"half": ');
      const failure = await failureOf(run({}));
      assert.equal(failure.code, 'INVALID_BODY');
      assert.match(failure.message, /not valid JSON/);
      assert.equal(failure.response!.body, '{"half": ');
      assert.equal(failure.response!.statusCode, 200);
      assert.equal(failure.response!.headers['x-id'], '7');
      assert.deepEqual(failure.request, { method: 'GET', url: `${server.url}/things` });
    });
  });

  describe('a status that is not a success', () => {
    it('is a failure with the answer', async () => {
      answer = (_request, response) => {
        response.statusMessage = 'Teapot';
        sendJson(response, { error: 'short and stout' }, 418);
      };
      const failure = await failureOf(run({ url: new Template('tea?q=1', 'url') }, { method: 'PUT' }));
      assert.equal(failure.code, 'HTTP_418');
      assert.equal(failure.message, 'the server answered 418 Teapot');
      assert.equal(failure.retryable, false);
      assert.equal(failure.attempts, 1);
      assert.ok(failure.elapsed > 0);
      assert.deepEqual(failure.request, { method: 'PUT', url: `${server.url}/tea?q=1` });
      const { statusCode, statusText, headers, body } = failure.response!;
      assert.deepEqual([statusCode, statusText, body], [418, 'Teapot', { error: 'short and stout' }]);
      assert.equal(headers['content-type'], 'application/json');
    });

    it('whose answer echoes the secret, in any spelling, shows none of it', async () => {
      const password = 'p/äss"wörd&1';
      const encoded = Buffer.from(`user:${password}`).toString('base64');
      // as PHP and Python write it
      const escaped = JSON.stringify(password)
        .replaceAll('/', '\\/')
        .replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
      answer = ({ headers }, response) => {
        response.writeHead(401, {
          'content-type': 'application/json',
          'x-echo': headers.authorization!,
          'x-list': `a ${encodeURIComponent(password)} b`,
          'set-cookie': [`auth=${encoded}`, `p=${encodeURIComponent(password)}`],
        });
        response.end(
          `{"sent": ${JSON.stringify(headers)}, "plain": ${JSON.stringify(password)}, "php": ${escaped}, "n": 5}`,
        );
      };
      const failure = await failureOf(run({}, {}, basic('user', password)));
      assert.equal(failure.code, 'HTTP_401');
      const shown = JSON.stringify([
        failure.message,
        failure.response,
        failure.request,
        failure.stack,
        failure.cause,
      ]);
      for (const form of [
        password,
        encoded,
        encodeURIComponent(password),
        JSON.stringify(password).slice(1, -1),
      ]) {
        assert.ok(!shown.includes(form), `${form} in ${shown}`);
      }
      const body = failure.response!.body as Record<string, unknown>;
      assert.equal(body.plain, '•••');
      assert.equal(body.php, '•••');
      assert.equal(body.n, 5);
      assert.equal(failure.response!.headers['x-echo'], 'Basic •••');
      assert.deepEqual(failure.response!.headers['set-cookie'], ['auth=•••', 'p=•••']);
    });

    it('keeps no more of a body than a log can hold, and tells how much is left', async () => {
      answer = (_request, response) =>
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end(JSON.stringify('x'.repeat(100_000)));
      const { body } = (await failureOf(run({}))).response!;
      assert.equal(typeof body, 'string');
      assert.match(body as string, /^"x{65535}… \(34466 more characters\)$/);
    });

    it('is not upset by JSON nested deeper than any stack', async () => {
      answer = (_request, response) =>
        response
          .writeHead(500, { 'content-type': 'application/json' })
          .end('['.repeat(30_000) + ']'.repeat(30_000));
      const failure = await failureOf(run({}));
      assert.equal(failure.code, 'HTTP_500');
      assert.equal((failure.response!.body as string).length, 60_000);
      answer = (_request, response) =>
        response
          .writeHead(200, { 'content-type': 'application/json' })
          .end('['.repeat(600) + ']'.repeat(600));
      assert.match((await failureOf(run({}))).message, /nested deeper than 500 levels/);
    });
  });
});

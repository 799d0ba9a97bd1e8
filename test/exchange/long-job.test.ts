import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import type { ServerResponse } from 'node:http';
import type { Connection } from '../../src/connection/connection';
import { Failure } from '../../src/exchange/failure';
import { LongJobs } from '../../src/exchange/long-job';
import { connect } from '../support/connect';
import { sendJson, startServer, type Received, type TestServer } from '../support/server';

type Answer = (response: ServerResponse, request: Received) => void;

const accepted =
  (headers: Record<string, string>, body: unknown = {}): Answer =>
  (response) => {
    response.writeHead(202, { 'content-type': 'application/json', 'retry-after': '0', ...headers });
    response.end(JSON.stringify(body));
  };
const json =
  (value: unknown, status = 200): Answer =>
  (response) => {
    response.setHeader('retry-after', '0');
    sendJson(response, value, status);
  };

describe('exchange/long-job', () => {
  let server: TestServer;
  let connection: Connection;
  /** The answers by path, the last one again and again. */
  let answers: Record<string, Answer[]>;

  beforeEach(async () => {
    answers = {};
    server = await startServer((request, response) => {
      const list = answers[request.url];
      if (!list) return sendJson(response, { missing: request.url }, 404);
      (list.length > 1 ? list.shift()! : list[0]!)(response, request);
    });
    connection = connect({ baseUrl: server.url });
  });

  afterEach(async () => {
    await connection.close();
    await server.close();
  });

  const jobs = (timeout = 0) => new LongJobs(connection, { timeout, now: Date.now });
  const asked = () => server.received.map(({ method, url }) => `${method} ${url}`);
  const post = { method: 'POST', url: '/jobs', body: Buffer.from('{}'), headers: { 'X-Team': 'a' } };

  it('leaves alone what is no 202, and a 202 that names no place to ask', async () => {
    answers = { '/jobs': [json({ done: true }, 201), accepted({})] };
    assert.equal((await jobs().send(post)).statusCode, 201);
    assert.equal((await jobs().send(post)).statusCode, 202);
    assert.deepEqual(asked(), ['POST /jobs', 'POST /jobs']);
  });

  it('asks Location until it answers with something else, relative links and a moving Location included', async () => {
    answers = {
      '/jobs': [accepted({ location: '/jobs/7' })],
      '/jobs/7': [accepted({}), accepted({ location: 'moved/8?a=b' })],
      '/jobs/moved/8?a=b': [accepted({}), json({ result: 42 })],
    };
    const response = await jobs().send(post);
    assert.equal(response.statusCode, 200);
    assert.deepEqual(JSON.parse(response.body.toString()), { result: 42 });
    assert.deepEqual(asked(), [
      'POST /jobs',
      'GET /jobs/7',
      'GET /jobs/7',
      'GET /jobs/moved/8?a=b',
      'GET /jobs/moved/8?a=b',
    ]);
  });

  it('follows a redirect to the result', async () => {
    answers = {
      '/jobs': [accepted({ location: '/jobs/7' })],
      '/jobs/7': [(response) => response.writeHead(303, { location: '/things/1' }).end()],
      '/things/1': [json({ thing: 1 })],
    };
    assert.deepEqual(JSON.parse((await jobs().send(post)).body.toString()), { thing: 1 });
  });

  const results: [
    string,
    Answer,
    Record<string, Answer[]>,
    typeof post | { method: string; url: string },
    string,
  ][] = [
    ['where the operation says', json({ status: 'Succeeded', resourceLocation: '/made' }), {}, post, '/made'],
    ['at Location', json({ status: 'completed' }), { location: [] }, post, '/made'],
    ['where a PUT went', json({ status: 'done' }), {}, { method: 'PUT', url: '/made' }, '/made'],
  ];
  for (const [where, end, { location }, request, place] of results) {
    it(`reads the state of an operation, and finds the result ${where}`, async () => {
      const begin = accepted({ 'operation-location': '/ops/1', ...(location ? { location: '/made' } : {}) });
      answers = {
        [request.url]: [begin, json({ made: true })],
        '/ops/1': [json({ status: 'NotStarted' }), json({ status: 'Running' }), end],
        '/made': request.url === '/made' ? [begin, json({ made: true })] : [json({ made: true })],
      };
      const response = await jobs().send(request);
      assert.deepEqual(JSON.parse(response.body.toString()), { made: true });
      assert.equal(asked().at(-1), `GET ${place}`);
    });
  }

  it('takes the operation itself for the result when there is no other', async () => {
    answers = {
      '/jobs': [accepted({ 'azure-asyncoperation': '/ops/1' })],
      '/ops/1': [json({ status: 'Succeeded', properties: { n: 1 } })],
    };
    const response = await jobs().send(post);
    assert.deepEqual(JSON.parse(response.body.toString()), { status: 'Succeeded', properties: { n: 1 } });
  });

  it('fails as the job does, with what was said of it', async () => {
    answers = {
      '/jobs': [accepted({ 'operation-location': '/ops/1' })],
      '/ops/1': [json({ status: 'Failed', error: { message: 'no space' } })],
    };
    await assert.rejects(jobs().send(post), (error: unknown) => {
      assert.ok(error instanceof Failure);
      assert.equal(error.code, 'JOB_FAILED');
      assert.deepEqual(error.response?.body, { status: 'Failed', error: { message: 'no space' } });
      assert.equal(error.request?.method, 'GET');
      return true;
    });
  });

  it('gives back a monitor that does not answer well, to be judged as any answer', async () => {
    answers = { '/jobs': [accepted({ location: '/gone' })] };
    assert.equal((await jobs().send(post)).statusCode, 404);
    answers = { '/jobs': [accepted({ 'operation-location': '/gone' })] };
    assert.equal((await jobs().send(post)).statusCode, 404);
  });

  it('asks with the headers of the request but for those of its body', async () => {
    answers = { '/jobs': [accepted({ location: '/jobs/7' })], '/jobs/7': [json({})] };
    await jobs().send({
      ...post,
      headers: { ...post.headers, 'Content-TYPE': 'application/json', 'Idempotency-Key': 'k', Prefer: 'x' },
    });
    const { headers, body } = server.received.at(-1)!;
    assert.equal(headers['x-team'], 'a');
    for (const name of ['content-type', 'idempotency-key', 'prefer']) assert.equal(headers[name], undefined);
    assert.equal(body.length, 0);
  });

  it('waits as long as the server asks, says so, and ends at once when it is aborted', async () => {
    answers = { '/jobs': [accepted({ location: '/jobs/7', 'retry-after': '60' })] };
    const closing = new AbortController();
    const began = Date.now();
    let until = 0;
    const sent = jobs().send(post, {
      signal: closing.signal,
      onWait: (end) => {
        until = end;
        closing.abort(new Failure('ABORTED', 'closed'));
      },
    });
    await assert.rejects(sent, { code: 'ABORTED' });
    assert.ok(until >= began + 60_000 && until < began + 70_000);
    assert.ok(Date.now() - began < 5000);
  });

  it('gives up before a wait that would end after its time', async () => {
    answers = { '/jobs': [accepted({ location: '/jobs/7', 'retry-after': '60' })] };
    await assert.rejects(jobs(30_000).send(post), { code: 'TIMEOUT', message: /not done within 30 s/ });
  });

  it('gives the result to a sink, and never what only says that the job goes on', async () => {
    answers = {
      '/jobs': [accepted({ location: '/jobs/7' }, { state: 'on its way' })],
      '/jobs/7': [accepted({}, { state: 'still' }), json({ result: 1 })],
    };
    const chunks: Buffer[] = [];
    const write = (chunk: Buffer, _encoding: string, done: () => void) => {
      chunks.push(chunk);
      done();
    };
    const sink = { restartable: true, open: () => new Writable({ write }) };
    const response = await jobs().send(post, { sink });
    assert.equal(Buffer.concat(chunks).toString(), '{"result":1}');
    assert.equal(response.statusCode, 200);
  });
});

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Failure } from '../../src/exchange/failure';
import {
  AnswerTemplate,
  refusalAnswer,
  writeAnswer,
  writeAnswerUnread,
  type Answer,
} from '../../src/webhook/answer';
import { Refusal } from '../../src/webhook/refusal';

type Row = readonly [string, unknown];

function render(
  body: string,
  message: object = {},
  rows: Row[] = [],
  contentType = '',
  status = 200,
): Answer {
  const template = new AnswerTemplate({ status, body, headerNames: rows.map(([name]) => name), contentType });
  return template.render({ message }, rows);
}

const configured = (reason: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'CONFIG' && reason.test(error.message);

describe('webhook/answer', () => {
  it('is JSON when its body is, and says so', () => {
    const answer = render('{"status":"ok"}');
    assert.deepEqual(answer.headers, { 'Content-Type': 'application/json' });
    assert.equal(answer.body.toString(), '{"status":"ok"}');
  });

  it('puts values of the event in, as JSON inside JSON', () => {
    const message = { event: { id: 'a"b' }, payload: { n: 1, list: ['x'] } };
    assert.equal(
      render(
        '{"id":"{{event.id}}","n":{{payload.n}},"list":{{payload.list}},"no":{{nothing}}}',
        message,
      ).body.toString(),
      '{"id":"a\\"b","n":1,"list":["x"],"no":null}',
    );
  });

  it('is text when its body is not JSON; a challenge is echoed as it came', () => {
    const echoed = render('{{payload.challenge}}', { payload: { challenge: 'a<b>&"c"' } });
    assert.equal(echoed.body.toString(), 'a<b>&"c"');
    assert.deepEqual(echoed.headers, { 'Content-Type': 'text/plain; charset=utf-8' });
    assert.deepEqual(render('{not json}').headers, { 'Content-Type': 'text/plain; charset=utf-8' });
  });

  it('is what its content type says', () => {
    const rows: Row[] = [['content-type', 'application/problem+json']];
    const answer = render('{{payload}}', { payload: { a: 'ü' } }, rows, 'application/problem+json');
    assert.equal(answer.body.toString(), '{"a":"ü"}');
    assert.deepEqual(answer.headers, { 'content-type': 'application/problem+json' });
    assert.throws(
      () => render('{', {}, rows, 'application/problem+json'),
      (error) => error instanceof Failure && error.code === 'TEMPLATE',
    );
  });

  it('has no body and no type when there is nothing to say', () => {
    assert.deepEqual(render(''), { status: 200, headers: {}, body: Buffer.alloc(0) });
    assert.deepEqual(render('{}', {}, [], '', 204), { status: 204, headers: {}, body: Buffer.alloc(0) });
  });

  it('repeats a header that is there twice or has a list', () => {
    const { headers } = render('', {}, [
      ['Link', 'a'],
      ['link', 'b'],
      ['X', ['1', 2]],
      ['Missing', undefined],
    ]);
    assert.deepEqual(headers, { Link: ['a', 'b'], X: ['1', '2'] });
  });

  it('refuses what an answer cannot have', () => {
    for (const status of [0, 100, 199, 600, 200.5, Number.NaN]) {
      assert.throws(() => render('', {}, [], '', status), configured(/status/));
    }
    assert.throws(() => render('', {}, [['a b', 'x']]), configured(/not a header name/));
    assert.throws(() => render('', {}, [['Content-Length', '1']]), configured(/set by the server/));
    assert.throws(
      () => render('', {}, [['X', 'a\r\nSet-Cookie: b=c']]),
      (error) => error instanceof Failure && error.code === 'TEMPLATE' && /"X"/.test(error.message),
    );
  });

  it('tells a refused sender the reason and the code', () => {
    const soon = refusalAnswer(new Refusal('NOT_READY', 'a moment'));
    assert.deepEqual([soon.status, soon.headers['Retry-After']], [503, '1']);
    const answer = refusalAnswer(new Refusal('UNAUTHORIZED', 'the secret is "wrong"'));
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['WWW-Authenticate'], 'Secret realm="webhook"');
    assert.deepEqual(JSON.parse(answer.body.toString()), {
      error: 'the secret is "wrong"',
      code: 'UNAUTHORIZED',
    });
  });

  describe('on the wire', () => {
    const answer: Answer = { status: 413, headers: { 'X-A': ['1', '2'] }, body: Buffer.from('too much') };

    async function serve(
      listener: Parameters<typeof createServer>[1],
      use: (port: number) => Promise<void>,
    ): Promise<void> {
      const server = createServer(listener);
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await use((server.address() as AddressInfo).port);
      } finally {
        server.closeAllConnections();
        server.close();
        await once(server, 'close');
      }
    }

    it('is written once', async () => {
      await serve(
        (_request, response) => {
          writeAnswer(response, answer);
          writeAnswer(response, { ...answer, status: 200 });
        },
        async (port) => {
          const response = await fetch(`http://127.0.0.1:${port}/`);
          assert.equal(response.status, 413);
          assert.equal(response.headers.get('x-a'), '1, 2');
          assert.equal(response.headers.get('content-length'), '8');
          assert.equal(await response.text(), 'too much');
        },
      );
    });

    it('reaches a sender that is still sending, and the connection is closed', async () => {
      await serve(
        (req, response) => writeAnswerUnread(req, response, answer),
        async (port) => {
          const outgoing = request({ port, host: '127.0.0.1', method: 'POST' });
          const over = once(outgoing, 'close');
          outgoing.end(Buffer.alloc(20 * 1024 * 1024));
          const [response] = (await once(outgoing, 'response')) as [IncomingMessage];
          assert.equal(response.statusCode, 413);
          assert.equal(response.headers.connection, 'close');
          assert.equal((await response.toArray()).join(''), 'too much');
          await over;
        },
      );
    });

    it('cuts off a sender that never ends', async () => {
      await serve(
        (req, response) => writeAnswerUnread(req, response, answer, 50),
        async (port) => {
          const socket = connect(port, '127.0.0.1');
          socket.on('error', () => undefined).resume();
          socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 999999999\r\n\r\nx');
          await once(socket, 'close');
        },
      );
    });
  });
});

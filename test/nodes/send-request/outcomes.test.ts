import assert from 'node:assert/strict';
import { rulesDefaults } from '../../../nodes/send-request/config';
import { Requesting } from '../../support/requesting';
import { sendJson } from '../../support/server';

describe('nodes/send-request: outcomes', () => {
  let requesting: Requesting;

  beforeEach(async () => {
    requesting = await Requesting.start();
  });

  afterEach(() => requesting.close());

  describe('a condition on the answer', () => {
    const condition = { successCondition: 'payload.ok and statusCode = 200 and headers."x-fine" = "yes"' };

    it('lets pass what meets it', async () => {
      requesting.answer = (_request, response) => {
        response.setHeader('x-fine', 'yes');
        sendJson(response, { ok: true });
      };
      await requesting.load(condition);
      assert.equal((await requesting.through({})).length, 1);
    });

    it('makes a failure of what does not, with the answer', async () => {
      await requesting.load(condition);
      const { error, failure } = await requesting.failing({});
      assert.equal(error.code, 'UNSUCCESSFUL');
      assert.deepEqual(failure.response!.body, { ok: true });
    });

    it('is said to be wrong when it does not parse', async () => {
      await requesting.load({ successCondition: '((' });
      assert.equal((await requesting.failing({})).error.code, 'CONFIG');
      assert.equal(requesting.server.received.length, 0);
    });
  });

  it('go to the second output when asked to, as the message that came', async () => {
    requesting.answer = (_request, response) => sendJson(response, { why: 'gone' }, 404);
    await requesting.load({ failures: 'output' });
    const msg = { payload: 'in', topic: 't' };
    assert.deepEqual(await requesting.through(msg), []);
    const [out] = await requesting.flow.first('failures');
    assert.equal(out, msg);
    assert.equal(out.payload, 'in');
    const failure = out.failure as { typeId: string; response: { body: unknown } };
    assert.equal(failure.typeId, 'HTTP_404');
    assert.deepEqual(failure.response.body, { why: 'gone' });
    assert.equal(requesting.flow.messages('caught').length, 0);
  });

  it('of answers go on as if they were none when asked to; those of the way there do not', async () => {
    requesting.answer = (_request, response) => sendJson(response, { why: 'gone' }, 404);
    await requesting.load({ failures: 'success', successCondition: 'payload.ok' });
    const [out] = await requesting.through({});
    assert.deepEqual(out!.payload, { why: 'gone' });
    assert.equal(out!.statusCode, 404);
    requesting.answer = (_request, response) => response.destroy();
    assert.equal((await requesting.failing({})).error.code, 'CONNECTION_RESET');
  });

  it('follow a long job to its end', async () => {
    let looks = 0;
    requesting.answer = ({ url }, response) => {
      response.setHeader('retry-after', '0');
      if (url === '/jobs/1' && ++looks > 2) return sendJson(response, { made: true });
      response.setHeader('location', '/jobs/1');
      sendJson(response, { state: 'working' }, 202);
    };
    await requesting.load({ method: 'POST', longJob: true });
    const [out] = await requesting.through({});
    assert.deepEqual(out!.payload, { made: true });
    await requesting.flow.close();
    await requesting.load({ method: 'POST' });
    assert.equal((await requesting.through({}))[0]!.statusCode, 202);
  });

  it('have limits of their own', async () => {
    let attempts = 0;
    requesting.answer = (_request, response) => {
      attempts++;
      sendJson(response, {}, 418);
    };
    const rules = {
      ...rulesDefaults,
      own: true,
      retryAttempts: 3,
      retryStatuses: '418',
      retryMaxDelay: 0.01,
    };
    await requesting.load({ rules });
    assert.equal((await requesting.failing({})).failure.attempts, 3);
    assert.equal(attempts, 3);
    requesting.answer = () => undefined;
    await requesting.flow.close();
    await requesting.load({ rules: { ...rules, retryAttempts: 1, firstByteTimeout: 0.1 } });
    assert.equal((await requesting.failing({})).error.code, 'FIRST_BYTE_TIMEOUT');
  });

  it('leave in the order in which the messages came, failures at the second output included', async () => {
    const waiting = new Map<string, () => void>();
    requesting.answer = ({ url }, response) => {
      const number = Number(url.slice('/n'.length));
      waiting.set(url, () => sendJson(response, number, number % 3 === 1 ? 500 : 200));
      // all are there: the last one is answered first
      if (waiting.size === 6) for (const go of [...waiting.values()].reverse()) go();
    };
    await requesting.load({
      url: 'n{{payload}}',
      ordered: true,
      failures: 'output',
      wires: [['answers'], ['answers']],
    });
    for (let payload = 0; payload < 6; payload++) requesting.send({ payload, n: payload });
    const out = await requesting.flow.first('answers', 6);
    assert.deepEqual(
      out.map(({ n }) => n),
      [0, 1, 2, 3, 4, 5],
    );
  });

  it('account for each of 100 messages when a third of the attempts fail; what must not be sent twice is not', async () => {
    const seen = new Map<string, number>();
    let tick = 0;
    requesting.answer = ({ url, method }, response) => {
      seen.set(url, (seen.get(url) ?? 0) + 1);
      const fault = ++tick % 10;
      if (fault === 0) return void response.destroy();
      response.setHeader('retry-after', '0');
      if (fault === 3) return sendJson(response, {}, 429);
      if (fault === 6) return sendJson(response, {}, 503);
      sendJson(response, { url, method });
    };
    const connected = { retryAttempts: 8, retryMaxDelay: 0.05 };
    await requesting.load({ method: '', url: 'n{{n}}', ordered: true }, connected);
    for (let n = 0; n < 100; n++) requesting.send({ n, method: n % 2 ? 'POST' : 'GET' });
    await requesting.flow.first('completed', 0);
    const both = () => [...requesting.flow.messages('answers'), ...requesting.flow.messages('caught')];
    for (let count = 0; both().length < 100; count = both().length) {
      const { flow } = requesting;
      await Promise.race([
        flow.after('answers', flow.messages('answers').length),
        flow.after('caught', flow.messages('caught').length),
      ]);
      assert.ok(both().length > count);
    }
    const numbers = both().map(({ n }) => n as number);
    assert.deepEqual(
      numbers.toSorted((a, b) => a - b),
      Array.from({ length: 100 }, (_, n) => n),
    );
    const answered = requesting.flow.messages('answers').map(({ n }) => n as number);
    assert.deepEqual(
      answered,
      answered.toSorted((a, b) => a - b),
    );
    for (const n of numbers.filter((number) => number % 2)) assert.equal(seen.get(`/n${n}`), 1, `POST ${n}`);
    assert.ok(
      [...seen.values()].some((count) => count > 1),
      'some GET was sent again',
    );
    assert.ok(answered.filter((n) => n % 2 === 0).length >= 45, 'GETs come through');
  });
});

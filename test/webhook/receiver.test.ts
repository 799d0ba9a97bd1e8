import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { Receiver, type ReceiverOptions } from '../../src/webhook/receiver';
import { Refusal } from '../../src/webhook/refusal';
import { SecretHeader } from '../../src/webhook/verification/secret-header';
import { acceptAll } from '../../src/webhook/verification/verifier';

function receiver(options: Partial<ReceiverOptions> = {}): Receiver {
  return new Receiver({
    name: 'New order',
    verifier: acceptAll,
    payload: 'auto',
    maxSize: 1024,
    rawBody: false,
    now: () => new Date('2026-11-23T20:00:00.000Z'),
    newId: () => 'the-id',
    ...options,
  });
}

const delivery = (headers: Record<string, string>, body: Buffer | string) => ({
  method: 'POST',
  url: '/hooks/7?a=1',
  params: { id: '7' },
  headers,
  ip: '192.0.2.1',
  body: Buffer.from(body),
});

const json = { 'content-type': 'application/json' };

describe('webhook/receiver', () => {
  it('makes a message of a delivery', async () => {
    assert.deepEqual(await receiver().receive(delivery(json, '{ "a": 1 }')), {
      message: {
        topic: 'New order',
        payload: { a: 1 },
        event: {
          id: 'the-id',
          name: 'New order',
          type: 'webhook',
          time: '2026-11-23T20:00:00.000Z',
          attempt: 1,
        },
        request: {
          method: 'POST',
          url: '/hooks/7?a=1',
          path: '/hooks/7',
          params: { id: '7' },
          query: { a: '1' },
          headers: json,
          cookies: {},
          ip: '192.0.2.1',
        },
      },
    });
  });

  it('sets no topic without an event name', async () => {
    const outcome = await receiver({ name: '' }).receive(delivery(json, '1'));
    assert('message' in outcome && !('topic' in outcome.message));
  });

  it('keeps the bytes as received, a content coding not undone', async () => {
    const body = gzipSync('{ "a": 1 }');
    const outcome = await receiver({ rawBody: true }).receive(
      delivery({ ...json, 'content-encoding': 'gzip' }, body),
    );
    assert('message' in outcome);
    assert.deepEqual(outcome.message.payload, { a: 1 });
    assert.deepEqual(outcome.message.request.rawBody, body);
  });

  it('verifies before it reads the body in any way', async () => {
    const verifier = new SecretHeader('x-secret', 'right');
    const broken = delivery({ ...json, 'content-encoding': 'gzip', 'x-secret': 'wrong' }, '{');
    const outcome = await receiver({ verifier }).receive(broken);
    assert('refusal' in outcome && outcome.refusal.code === 'UNAUTHORIZED');
  });

  it('leaves the secret off the message', async () => {
    const verifier = new SecretHeader('X-Secret', 'hush-hush');
    const outcome = await receiver({ verifier, rawBody: true }).receive(
      delivery({ ...json, 'x-secret': 'hush-hush' }, '{}'),
    );
    assert('message' in outcome);
    assert.doesNotMatch(JSON.stringify(outcome.message), /hush-hush/);
  });

  it('waits for a verifier that takes its time', async () => {
    const outcome = await receiver({
      verifier: {
        secretHeaders: [],
        verify: () => Promise.reject(new Refusal('UNAUTHORIZED', 'no')),
      },
    }).receive(delivery(json, '{}'));
    assert('refusal' in outcome && outcome.refusal.message === 'no');
  });

  it('makes a refusal of an error that nobody foresaw, and tells the sender nothing of it', async () => {
    const fault = new TypeError('x is not a function');
    const outcome = await receiver({
      newId: () => {
        throw fault;
      },
    }).receive(delivery(json, '{}'));
    assert('refusal' in outcome);
    assert.equal(outcome.refusal.code, 'INTERNAL');
    assert.equal(outcome.refusal.cause, fault);
    assert.doesNotMatch(outcome.refusal.message, /function/);
  });
});

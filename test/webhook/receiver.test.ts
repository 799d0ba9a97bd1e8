import assert from 'node:assert/strict';
import { gzipSync } from 'node:zlib';
import { Gatekeeper } from '../../src/webhook/gatekeeper';
import { Receiver, type EventMessage, type Outcome, type ReceiverOptions } from '../../src/webhook/receiver';
import { Refusal } from '../../src/webhook/refusal';
import { SecretHeader } from '../../src/webhook/verification/secret-header';
import { acceptAll, type Verifier } from '../../src/webhook/verification/verifier';

type Options = Partial<ReceiverOptions> & { verifier?: Verifier };

function receiver({ verifier = acceptAll, ...options }: Options = {}): Receiver {
  return new Receiver({
    name: 'New order',
    gatekeeper: gate(verifier),
    payload: 'auto',
    maxSize: 1024,
    rawBody: false,
    now: () => new Date('2026-11-23T20:00:00.000Z'),
    newId: () => 'the-id',
    ...options,
  });
}

function gate(verifier: Verifier): Gatekeeper {
  return new Gatekeeper({
    verifier: () => verifier,
    secrets: [],
    handshakes: [],
    settings: {},
    confirm: () => Promise.resolve(),
  });
}

/** The one message that a delivery makes. */
function only(outcome: Outcome): EventMessage {
  assert('groups' in outcome, 'refusal' in outcome ? outcome.refusal.message : 'a handshake');
  const [message, ...others] = outcome.groups.flatMap(({ events }) => events);
  assert(message && others.length === 0);
  return message;
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
    assert.deepEqual(only(await receiver().receive(delivery(json, '{ "a": 1 }'))), {
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
    });
  });

  it('sets no topic without an event name', async () => {
    const outcome = await receiver({ name: '' }).receive(delivery(json, '1'));
    assert(!('topic' in only(outcome)));
  });

  it('keeps the bytes as received, a content coding not undone', async () => {
    const body = gzipSync('{ "a": 1 }');
    const outcome = await receiver({ rawBody: true }).receive(
      delivery({ ...json, 'content-encoding': 'gzip' }, body),
    );
    const { payload, request } = only(outcome);
    assert.deepEqual(payload, { a: 1 });
    assert.deepEqual(request.rawBody, body);
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
    assert.doesNotMatch(JSON.stringify(only(outcome)), /hush-hush/);
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

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import type { Answer } from '../../../src/webhook/answer';
import type { Delivery } from '../../../src/webhook/delivery';
import {
  confirmByGet,
  echoJson,
  echoQuery,
  hmacOfQuery,
  learnFromHeader,
} from '../../../src/webhook/handshakes/generic';
import {
  answerHandshake,
  type Handshake,
  type HandshakeContext,
} from '../../../src/webhook/handshakes/handshake';
import { Refusal } from '../../../src/webhook/refusal';
import { delivery } from '../verification/support';

const secret = 'a-secret';

async function answer(
  handshake: Handshake,
  sent: Delivery,
  own: Partial<HandshakeContext> = {},
): Promise<Answer | undefined> {
  return answerHandshake([handshake], sent, {
    secrets: [secret],
    settings: {},
    verify: () => undefined,
    learn: () => Promise.reject(new Error('nothing to learn')),
    confirm: () => Promise.reject(new Error('nothing to confirm')),
    ...own,
  });
}

const get = (query: string) => delivery({ method: 'GET', url: `https://example.test/in?${query}` });
const post = (json: unknown, headers = {}) => delivery({ body: JSON.stringify(json), headers });
const textOf = (given: Answer | undefined) => given?.body.toString('utf8');

describe('webhook/handshakes/generic', () => {
  it('echoes a query parameter, for a token when there is one', async () => {
    assert.equal(textOf(await answer(echoQuery('echo'), get('echo=a+b'))), 'a b');
    const settings = { verifyToken: 't' };
    const withToken = echoQuery('echo', { token: 'key' });
    assert.equal(textOf(await answer(withToken, get('echo=a&key=t'), { settings })), 'a');
    await assert.rejects(answer(withToken, get('echo=a&key=x'), { settings }), Refusal);
    await assert.rejects(answer(withToken, get('echo=a&key=')), Refusal);
  });

  it('echoes a JSON field once it is verified', async () => {
    const echo = echoJson('data.code', 'answer');
    assert.equal(textOf(await answer(echo, post({ data: { code: 'c' } }))), '{"answer":"c"}');
    assert.equal(await answer(echo, post({ data: {} })), undefined);
    const verify = () => Promise.reject(new Refusal('UNAUTHORIZED', 'no'));
    await assert.rejects(answer(echo, post({ data: { code: 'c' } }), { verify }), Refusal);
  });

  it('signs a query parameter', async () => {
    const expected = createHmac('sha512', secret).update('abc').digest('base64');
    const signing = hmacOfQuery('c', 'r', { algorithm: 'sha512', encoding: 'base64', prefix: 'v=' });
    assert.equal(textOf(await answer(signing, get('c=abc'))), JSON.stringify({ r: `v=${expected}` }));
    await assert.rejects(answer(signing, get('c=%7B%7D')), Refusal);
  });

  it('learns a secret from a header', async () => {
    const kept: string[] = [];
    const learn = (learned: string) => Promise.resolve(void kept.push(learned));
    const sent = post({}, { 'x-secret': 's' });
    const given = await answer(learnFromHeader('X-Secret'), sent, { secrets: [], learn });
    assert.deepEqual([given?.headers['X-Secret'], kept], ['s', ['s']]);
  });

  it('calls a URL at the hosts that are named', async () => {
    const called: string[] = [];
    const confirm = (address: string) => Promise.resolve(void called.push(address));
    const handshake = confirmByGet('link', ['api.test', 'b.test:8443']);
    const asked = (link: string) => answer(handshake, post({ link }), { confirm });
    assert.equal((await asked('https://api.test/x?y=1'))?.status, 200);
    assert.equal((await asked('https://b.test:8443/'))?.status, 200);
    for (const bad of [
      'http://api.test/',
      'https://api.test:8443/',
      'https://x@api.test/',
      'https://api.test.evil/',
      'x',
    ]) {
      await assert.rejects(asked(bad), Refusal, bad);
    }
    assert.equal(await answer(handshake, post({ other: 1 })), undefined);
    assert.equal(called.length, 2);
  });
});

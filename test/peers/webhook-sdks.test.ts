import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { MessageSignature, type MessageAlgorithm } from '../../src/webhook/verification/message-signature';
import { makeVerifier } from '../../src/webhook/verification/make-verifier';
import type { PresetId } from '../../src/webhook/verification/presets';
import { delivery, detailOf } from '../webhook/verification/support';
import { startPeer, type Peer } from './peer';

/** Seconds: of the tests, not of the moment when their file was read. */
let now = 0;
const url = 'https://example.test/hooks/in?a=1';
const bodies = [
  '{"a": "Zoë ☃ 🎉",\n "b":[1.0, 2e3], "c":"\\u00e9\\/"}\n',
  '{"a":1,"a":2}',
  '',
  ' \t\r\n',
  JSON.stringify({ text: 'x'.repeat(100_000) }),
].map((text) => Buffer.from(text, 'utf8'));

const options = { publicUrl: '', now: Date.now, fetchText: () => Promise.reject(new Error('unused')) };
const verifierOf = (preset: PresetId, secret: string) =>
  makeVerifier({ kind: 'preset', preset }, { ...options, secrets: [secret] });

/** A body of which one byte is another. */
function changed(body: Buffer): Buffer {
  if (body.length === 0) return Buffer.from('x');
  const other = Buffer.from(body);
  other[other.length >> 1]! ^= 1;
  return other;
}

describe("vendors' own libraries", () => {
  let peer: Peer;
  before(async () => {
    peer = await startPeer('hooks-sign');
    now = Math.floor(Date.now() / 1000);
  });
  after(() => peer?.stop());

  async function ask<T>(path: string, asked: Record<string, unknown> & { body?: Buffer }): Promise<T> {
    const body = JSON.stringify({ url, at: now, ...asked, body: asked.body?.toString('base64') });
    const response = await fetch(`${peer.url}${path}`, { method: 'POST', body });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as T;
  }

  const base64 = () => randomBytes(32).toString('base64');
  const forms = ['', 'a=1', 'b=2&a=%C3%A9+%26&b=1&b=2&Z=&a%5B%5D=x'].map((text) => Buffer.from(text));
  const signers: [string, PresetId, secret: string, Buffer[]][] = [
    ['stripe', 'stripe', 'whsec_stripe', bodies],
    ['svix', 'svix', `whsec_${base64()}`, bodies],
    ['standard-webhooks', 'standard-webhooks', `whsec_${base64()}`, bodies],
    ['standard-webhooks', 'standard-webhooks', base64(), bodies],
    ['github', 'github', "It's a Secret", bodies.filter((body) => body.length > 0)],
    ['twilio', 'twilio', base64(), forms],
    ['hubspot', 'hubspot', base64(), bodies],
  ];
  for (const [name, preset, secret, sent] of signers) {
    it(`${name} signs: what it signed is taken, and nothing that was changed`, async () => {
      const verifier = verifierOf(preset, secret);
      for (const body of sent) {
        const headers = await ask<Record<string, string>>(`/sign/${name}`, { secret, body });
        assert.equal(await detailOf(verifier, delivery({ url, headers, body })), '');
        assert.notEqual(await detailOf(verifier, delivery({ url, headers, body: changed(body) })), '');
        assert.notEqual(
          await detailOf(verifierOf(preset, `${base64()}`), delivery({ url, headers, body })),
          '',
        );
      }
    });
  }

  it('twilio signs JSON by its digest in the URL', async () => {
    for (const body of bodies) {
      const digest = createHash('sha256').update(body).digest('hex');
      const own = `https://example.test/hooks/in?bodySHA256=${digest}&x=1`;
      const headers = await ask<Record<string, string>>('/sign/twilio-json', { secret: 's', url: own });
      const verifier = verifierOf('twilio', 's');
      assert.equal(await detailOf(verifier, delivery({ url: own, headers, body })), '');
      assert.match(
        await detailOf(verifier, delivery({ url: own, headers, body: changed(body) })),
        /the body is another/,
      );
    }
    const headers = await ask<Record<string, string>>('/sign/twilio-json', { secret: 's' });
    assert.match(
      await detailOf(verifierOf('twilio', 's'), delivery({ url, headers, body: '{}' })),
      /nothing vouches/,
    );
  });

  it('twilio signs URLs with the standard port too', async () => {
    const headers = await ask<Record<string, string>>('/sign/twilio', {
      secret: 's',
      url: 'https://example.test:443/hooks/in?a=1',
      body: forms[1],
    });
    assert.equal(await detailOf(verifierOf('twilio', 's'), delivery({ url, headers, body: forms[1] })), '');
  });

  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ed = generateKeyPairSync('ed25519');
  const spki = (key: KeyObject) => key.export({ type: 'spki', format: 'der' });
  const hmac = (secret: string, text: Buffer) => createHmac('sha256', secret).update(text);
  const at = (body: Buffer, before = '', between = '') =>
    Buffer.concat([Buffer.from(`${before}${now}${between}`), body]);

  /** These libraries only verify: they judge the same deliveries as we do. */
  const judges: [PresetId, secret: string, signed: (body: Buffer) => Record<string, string>][] = [
    [
      'slack',
      'slack-secret',
      (body) => ({
        'x-slack-request-timestamp': String(now),
        'x-slack-signature': `v0=${hmac('slack-secret', at(body, 'v0:', ':')).digest('hex')}`,
      }),
    ],
    ['line', 'channel', (body) => ({ 'x-line-signature': hmac('channel', body).digest('base64') })],
    [
      'square',
      'key',
      (body) => ({
        'x-square-hmacsha256-signature': hmac('key', Buffer.concat([Buffer.from(url), body])).digest(
          'base64',
        ),
      }),
    ],
    [
      'sendgrid',
      spki(ec.publicKey).toString('base64'),
      (body) => ({
        'x-twilio-email-event-webhook-timestamp': String(now),
        'x-twilio-email-event-webhook-signature': sign('sha256', at(body), ec.privateKey).toString('base64'),
      }),
    ],
    [
      'discord',
      spki(ed.publicKey).subarray(-32).toString('hex'),
      (body) => ({
        'x-signature-timestamp': String(now),
        'x-signature-ed25519': sign(null, at(body), ed.privateKey).toString('hex'),
      }),
    ],
  ];
  for (const [preset, secret, signed] of judges) {
    it(`${preset} verifies: its judgement is ours`, async () => {
      const verifier = verifierOf(preset, secret);
      let taken = 0;
      for (const body of bodies.filter((sent) => sent.length > 0)) {
        const headers = signed(body);
        const broken = Object.entries(headers).flatMap(([name, value]) => {
          const middle = value.length >> 1;
          const flipped =
            value.slice(0, middle) + (value[middle] === '3' ? '4' : '3') + value.slice(middle + 1);
          return [flipped, value.slice(0, -4)].map((other) => ({ ...headers, [name]: other }));
        });
        for (const sent of [
          { headers, body },
          { headers, body: changed(body) },
          ...broken.map((other) => ({ headers: other, body })),
        ]) {
          const theirs = await ask<boolean>(`/verify/${preset}`, { secret, ...sent });
          const ours = await detailOf(verifier, delivery({ url, ...sent }));
          assert.equal(ours === '', theirs, `${JSON.stringify(sent.headers)}: ${ours}`);
          taken += Number(theirs);
        }
      }
      // of each body one: a judge that refuses everything would agree with anything
      assert.equal(taken, 4);
    });
  }

  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const shared = base64();
  const pem = (key: KeyObject, type: 'spki' | 'pkcs8') => key.export({ type, format: 'pem' }) as string;
  const pairs: [MessageAlgorithm, mine: string, theirs: string][] = [
    ['hmac-sha256', shared, shared],
    ['ed25519', pem(ed.publicKey, 'spki'), pem(ed.privateKey, 'pkcs8')],
    ['ecdsa-p256-sha256', pem(ec.publicKey, 'spki'), pem(ec.privateKey, 'pkcs8')],
    ['rsa-pss-sha512', pem(rsa.publicKey, 'spki'), pem(rsa.privateKey, 'pkcs8')],
    ['rsa-v1_5-sha256', pem(rsa.publicKey, 'spki'), pem(rsa.privateKey, 'pkcs8')],
  ];
  for (const [algorithm, mine, theirs] of pairs) {
    it(`http-message-signatures signs with ${algorithm} (RFC 9421)`, async () => {
      const fields = ['@method', '@target-uri', '@authority', '@path', '@query', 'content-digest', 'x-topic'];
      const verifier = new MessageSignature({
        keys: [{ id: 'k1', algorithm, key: mine, format: 'base64' }],
        required: ['@method', '@target-uri', 'content-digest'],
        tolerance: 60,
        tag: '',
      });
      for (const body of bodies) {
        const digest = `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
        const own = { 'content-digest': digest, 'x-topic': 'a b;c="d"' };
        const headers = await ask<Record<string, string>>('/sign/rfc9421', {
          secret: theirs,
          alg: algorithm,
          fields,
          headers: own,
        });
        assert.equal(await detailOf(verifier, delivery({ url, headers, body })), '');
        assert.notEqual(await detailOf(verifier, delivery({ url, headers, body: changed(body) })), '');
        const other = { ...headers, 'x-topic': 'other' };
        assert.notEqual(await detailOf(verifier, delivery({ url, headers: other, body })), '');
        assert.notEqual(await detailOf(verifier, delivery({ url: `${url}2`, headers, body })), '');
      }
    });
  }
});

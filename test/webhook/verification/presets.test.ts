import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { makeVerifier } from '../../../src/webhook/verification/make-verifier';
import { presetIds, presets, type PresetId } from '../../../src/webhook/verification/presets';
import { serviceOf } from '../../../src/webhook/verification/service';
import { delivery, detailOf, refusalOf } from './support';

const now = 1_767_225_600;
const secret = 'a-secret';
const body = '{"id":"evt_1","text":"Zoë"}';
const hmac = (text: string, hash = 'sha256', key: string | Buffer = secret) =>
  createHmac(hash, key).update(text);
const ed = generateKeyPairSync('ed25519');
const raw = ed.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64');

interface Sent {
  headers: Record<string, string>;
  secret?: string;
  body?: string;
}

/** What these providers send, written down from what they document; the others' own libraries made the fixtures. */
const sent: Partial<Record<PresetId, Sent>> = {
  'standard-webhooks-ed25519': {
    secret: `whpk_${raw}`,
    headers: {
      'webhook-id': 'msg_1',
      'webhook-timestamp': String(now),
      'webhook-signature': `v1,AAAA v1a,${sign(null, Buffer.from(`msg_1.${now}.${body}`), ed.privateKey).toString('base64')}`,
    },
  },
  ghost: {
    headers: { 'X-Ghost-Signature': `sha256=${hmac(`${body}${now}000`).digest('hex')}, t=${now}000` },
  },
  gitlab: { headers: { 'X-Gitlab-Token': secret } },
  'gitlab-signing': {
    secret: `whsec_${Buffer.from('k'.repeat(32)).toString('base64')}`,
    headers: {
      'webhook-id': 'f5e5f430-f57b-4e6e-9fac-d9128cd7232f',
      'webhook-timestamp': String(now),
      'webhook-signature': `v1,${hmac(`f5e5f430-f57b-4e6e-9fac-d9128cd7232f.${now}.${body}`, 'sha256', 'k'.repeat(32)).digest('base64')}`,
    },
  },
  meta: { headers: { 'X-Hub-Signature-256': `sha256=${hmac(body).digest('hex')}` } },
  dropbox: { headers: { 'X-Dropbox-Signature': hmac(body).digest('hex') } },
  asana: { headers: { 'X-Hook-Signature': hmac(body).digest('hex') } },
  intercom: { headers: { 'X-Hub-Signature': `sha1=${hmac(body, 'sha1').digest('hex')}` } },
  x: { headers: { 'x-twitter-webhooks-signature': `sha256=${hmac(body).digest('base64')}` } },
  'microsoft-graph': { headers: {}, body: `{"value":[{"clientState":"${secret}","resource":"me"}]}` },
  websub: { headers: { 'X-Hub-Signature': `sha256=${hmac(body).digest('hex')}` } },
  telegram: { headers: { 'X-Telegram-Bot-Api-Secret-Token': secret } },
  elevenlabs: { headers: { 'ElevenLabs-Signature': `t=${now},v0=${hmac(`${now}.${body}`).digest('hex')}` } },
  webflow: {
    headers: {
      'x-webflow-timestamp': `${now}000`,
      'x-webflow-signature': hmac(`${now}000:${body}`).digest('hex'),
    },
  },
  woocommerce: { headers: { 'X-WC-Webhook-Signature': hmac(body).digest('base64') } },
  vercel: { headers: { 'x-vercel-signature': hmac(body, 'sha1').digest('hex') } },
  'cal-com': { headers: { 'X-Cal-Signature-256': hmac(body).digest('hex') } },
  gitea: { headers: { 'X-Gitea-Signature': hmac(body).digest('hex') } },
};

/** Presets that test/webhook/verification/fixtures.test.ts covers. */
const inFixtures: readonly PresetId[] = [
  'standard-webhooks',
  'svix',
  'stripe',
  'github',
  'slack',
  'shopify',
  'twilio',
  'sendgrid',
  'square',
  'hubspot',
  'zoom',
  'discord',
  'line',
  'paddle',
  'linear',
  'aws-sns',
];

describe('webhook/verification/presets', () => {
  it('are each verified here or against what the provider made', () => {
    assert.deepEqual([...Object.keys(sent), ...inFixtures].sort(), [...presetIds].sort());
  });

  for (const [id, given] of Object.entries(sent)) {
    it(`${id}: takes what it documents, and refuses another secret and a changed body`, async () => {
      const preset = id as PresetId;
      const verifier = (own: string) =>
        makeVerifier(
          { kind: 'preset', preset },
          {
            secrets: [own],
            publicUrl: '',
            now: () => now * 1000,
            fetchText: () => Promise.reject(new Error('unused')),
          },
        );
      const own = given.secret ?? secret;
      const text = given.body ?? body;
      assert.equal(await detailOf(verifier(own), delivery({ ...given, body: text })), '');
      const other = given.secret ? raw.replace(/^./, (c) => (c === 'A' ? 'B' : 'A')) : 'another';
      assert.equal((await refusalOf(verifier(other), delivery({ ...given, body: text })))?.status, 401);
      assert.equal(
        (await refusalOf(verifier(own), delivery({ body: text })))?.status ?? 200,
        given.body ? 200 : 401,
      );
      if (!('X-Gitlab-Token' in given.headers || 'X-Telegram-Bot-Api-Secret-Token' in given.headers)) {
        const changed = text.replace('"', "'");
        assert.equal((await refusalOf(verifier(own), delivery({ ...given, body: changed })))?.status, 401);
      }
    });
  }
});

describe('webhook/verification/service', () => {
  it('is the preset, or the one that a way of its own is for', () => {
    assert.equal(serviceOf('preset', 'slack'), presets.slack);
    assert.equal(serviceOf('aws-sns', ''), presets['aws-sns']);
    // what was chosen before, and is not looked at any more
    assert.equal(serviceOf('aws-sns', 'slack'), presets['aws-sns']);
    assert.equal(serviceOf('signature', 'slack'), undefined);
    assert.equal(serviceOf('preset', ''), undefined);
    assert.equal(serviceOf('preset', 'constructor'), undefined);
  });
});

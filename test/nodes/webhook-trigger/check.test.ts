/** What the guided set-up asks: is this delivery right by the values of the dialog, and if not, by which others. */
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { checkDelivery } from '../../../nodes/admin/webhook-check';
import { defaults, type WebhookTriggerConfig } from '../../../nodes/webhook-trigger/config';
import { settingsOf } from '../../../nodes/webhook-trigger/gate';
import { suggestedFields } from '../../../nodes/webhook-trigger/suggested-fields';
import { Failure } from '../../../src/exchange/failure';
import { suggestVerification } from '../../../src/webhook/suggest-verification';
import { delivery } from '../../webhook/verification/support';

const at = Date.parse('2026-01-01T00:00:00Z');
const time = String(at / 1000);
const body = '{"id":"evt_1"}';
const hmac = (text: string, encoding: 'hex' | 'base64' = 'hex') =>
  createHmac('sha256', 'a-secret').update(text).digest(encoding);
const config = (own: Partial<WebhookTriggerConfig>): WebhookTriggerConfig => ({
  ...defaults,
  id: 'n',
  type: 'webhook-trigger',
  ...own,
});
const stripe = delivery({
  headers: { 'Stripe-Signature': `t=${time},v1=${hmac(`${time}.${body}`)}` },
  body,
});

describe('nodes/admin/webhook-check', () => {
  it('judges a delivery as of when it came, however long ago that is', async () => {
    const own = config({ verification: 'preset', preset: 'stripe' });
    const credentials = { secret: 'a-secret' };
    assert.deepEqual(await checkDelivery({ delivery: stripe, at }, own, credentials), { result: 'right' });
    const late = await checkDelivery({ delivery: stripe, at: at + 3_600_000 }, own, credentials);
    assert.deepEqual(
      [late.result, late.detail],
      ['refused', 'the timestamp is 3600 s old, 300 s are allowed'],
    );
  });

  it('says why it is refused, with no secret in it', async () => {
    const own = config({ verification: 'preset', preset: 'stripe' });
    const wrong = await checkDelivery({ delivery: stripe, at }, own, { secret: 'another-secret' });
    assert.deepEqual([wrong.result, wrong.code, wrong.found], ['refused', 'UNAUTHORIZED', undefined]);
    assert(!JSON.stringify(wrong).includes('another-secret'));
    const none = await checkDelivery({ delivery: stripe, at }, own, {});
    assert.match(none.detail!, /no secret is set/);
    assert.deepEqual(await checkDelivery({ delivery: stripe, at }, config({}), {}), { result: 'unchecked' });
    const unset = checkDelivery({ delivery: stripe, at }, config({ verification: 'preset' }), {});
    await assert.rejects(unset, (error) => error instanceof Failure && error.code === 'CONFIG');
  });

  it('finds the fields by which a described signature is right, and those then are', async () => {
    const sent = delivery({
      headers: { 'acme-timestamp': time, 'acme-signature': hmac(`${time}:${body}`, 'base64') },
      body,
    });
    const fields = suggestedFields(suggestVerification(sent)[0]!.settings);
    const own = config({ ...fields, signature: { ...defaults.signature, ...fields.signature } } as never);
    const { found } = await checkDelivery({ delivery: sent, at }, own, { secret: 'a-secret' });
    assert.deepEqual(found?.differs, [{ code: 'text', values: { name: '{timestamp}:{body}' } }]);
    const right = config({ verification: 'signature', signature: found.fields });
    assert.deepEqual(await checkDelivery({ delivery: sent, at }, right, { secret: 'a-secret' }), {
      result: 'right',
    });
  });

  it('knows a test of the URL, and confirms nothing to the sender', async () => {
    const challenge = '{"type":"url_verification","token":"x","challenge":"c"}';
    const slack = delivery({
      headers: {
        'X-Slack-Request-Timestamp': time,
        'X-Slack-Signature': `v0=${hmac(`v0:${time}:${challenge}`)}`,
      },
      body: challenge,
    });
    const own = config({ verification: 'preset', preset: 'slack' });
    assert.deepEqual(await checkDelivery({ delivery: slack, at }, own, { secret: 'a-secret' }), {
      result: 'handshake',
    });

    // nobody is there, so that a call would fail
    const sent = delivery({ body: '{"confirm":"https://127.0.0.1:9/yes"}' });
    const handshakeFields = { ...defaults.handshakeFields, name: 'confirm', hosts: '127.0.0.1:9' };
    const asking = config({ handshake: 'confirm-get', handshakeFields });
    assert.deepEqual(await checkDelivery({ delivery: sent, at }, asking, {}), { result: 'handshake' });
  });
});

describe('nodes/webhook-trigger/suggested-fields', () => {
  it('are the fields that mean what was suggested', () => {
    const token = [{ alg: 'HS256' }, { iss: 'https://id.test' }]
      .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
      .join('.');
    const sent: Record<string, string>[] = [
      { 'x-acme-signature': `t=${time},v1=${hmac(body)}` },
      { 'x-acme-signature': `sha256=${hmac(body, 'base64')}` },
      { 'acme-id': 'm1', 'acme-timestamp': time, 'acme-signature': hmac(body, 'base64') },
      { 'stripe-signature': `t=${time},v1=${hmac(body)}` },
      { authorization: `Basic ${Buffer.from('ann:secret12').toString('base64')}` },
      { authorization: `Bearer ${token}.${'x'.repeat(40)}` },
      { 'x-api-key': 'abcdefgh1234' },
      { 'signature-input': 's=("@method");keyid="k";alg="ed25519"', signature: 's=:AAAA:' },
      {},
    ];
    for (const headers of sent) {
      const [{ settings }] = suggestVerification(delivery({ headers, body })) as [
        ReturnType<typeof suggestVerification>[0],
      ];
      const fields = suggestedFields(settings);
      const { signature, jwt, messageSignature } = defaults;
      const merged = config({
        ...fields,
        signature: { ...signature, ...fields.signature },
        jwt: { ...jwt, ...fields.jwt },
        messageSignature: { ...messageSignature, ...fields.messageSignature },
      });
      const meant = settingsOf(merged)(['a-secret']);
      assert.equal(meant.kind, settings.kind);
      if (settings.kind === 'signature') {
        const { timestamp, ...scheme } = settings.scheme;
        assert.deepEqual(meant, { kind: 'signature', scheme: { ...scheme, timestamp } });
      } else if (settings.kind === 'jwt') {
        assert.match(JSON.stringify(meant), /"algorithms":\["HS256"\],"issuers":\["https:\/\/id.test"\]/);
      } else if (settings.kind !== 'message-signature') assert.deepEqual(meant, settings);
      else assert.match(JSON.stringify(meant), /"id":"k","algorithm":"ed25519".*"required":\["@method"\]/);
    }
  });
});

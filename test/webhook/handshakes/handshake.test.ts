import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import type { Answer } from '../../../src/webhook/answer';
import type { Delivery } from '../../../src/webhook/delivery';
import { echoJson, echoQuery } from '../../../src/webhook/handshakes/generic';
import { answerHandshake, type HandshakeContext } from '../../../src/webhook/handshakes/handshake';
import { handshakeIds, handshakes, type HandshakeId } from '../../../src/webhook/handshakes/presets';
import { Refusal } from '../../../src/webhook/refusal';
import { makeVerifier } from '../../../src/webhook/verification/make-verifier';
import { presets, type PresetId } from '../../../src/webhook/verification/presets';
import { SignatureVerifier } from '../../../src/webhook/verification/signature';
import { delivery } from '../verification/support';

const now = 1_767_225_600;
const url = 'https://example.test/hooks/in';
const secret = 'zoom-secret-token';

function context(own: Partial<HandshakeContext> = {}): HandshakeContext {
  return {
    secrets: [secret],
    settings: {},
    verify: () => undefined,
    learn: () => Promise.reject(new Error('nothing to learn')),
    confirm: () => Promise.reject(new Error('nothing to confirm')),
    ...own,
  };
}

async function answer(
  id: HandshakeId,
  sent: Delivery,
  own?: Partial<HandshakeContext>,
): Promise<Answer | undefined> {
  return answerHandshake([handshakes[id]], sent, context(own));
}

async function refused(id: HandshakeId, sent: Delivery, own?: Partial<HandshakeContext>): Promise<Refusal> {
  const error: unknown = await answer(id, sent, own).then(
    () => assert.fail('it was answered'),
    (error: unknown) => error,
  );
  assert(error instanceof Refusal, String(error));
  return error;
}

const get = (query: string, method = 'GET') => delivery({ method, url: `${url}?${query}` });
const post = (json: unknown, headers = {}) => delivery({ body: JSON.stringify(json), headers });
const textOf = (given: Answer | undefined) => given?.body.toString('utf8');
const jsonOf = (given: Answer | undefined): unknown => JSON.parse(textOf(given) ?? 'null');

describe('webhook/handshakes: what senders ask for', () => {
  it('Meta: the challenge, for the verify token only', async () => {
    const asked = (token: string) =>
      get(`hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`);
    const settings = { verifyToken: 'meaty hams' };
    const given = await answer('meta', asked('meaty+hams'), { settings });
    assert.equal(textOf(given), '1158201444');
    assert.equal(given?.status, 200);
    for (const [sent, set] of [
      [asked('meaty'), settings],
      [asked(''), settings],
      [asked('meaty+hams'), {}],
      [asked(''), { verifyToken: '' }],
      [asked('a&hub.verify_token=meaty+hams'), settings],
    ] as const) {
      assert.equal((await refused('meta', sent, { settings: set })).status, 403);
    }
    assert.equal(await answer('meta', get('a=1'), { settings }), undefined);
    assert.equal(
      await answer('meta', get('hub.mode=subscribe&hub.challenge=1', 'POST'), { settings }),
      undefined,
    );
  });

  it('Dropbox and Microsoft Graph: the challenge as text', async () => {
    assert.equal(textOf(await answer('dropbox', get('challenge=abc%20123'))), 'abc 123');
    const asked = get('validationToken=Validation%3a+Testing+client+application+reachability%2e', 'POST');
    const given = await answer('microsoft-graph', asked);
    assert.equal(textOf(given), 'Validation: Testing client application reachability.');
    assert.equal(given?.headers['Content-Type'], 'text/plain; charset=utf-8');
    assert.equal(await answer('microsoft-graph', get('x=1', 'POST')), undefined);
    assert.equal(await answer('dropbox', get('challenge=')), undefined);
  });

  it('Slack: the challenge, when it is signed', async () => {
    const body = {
      type: 'url_verification',
      token: 'x',
      challenge: '3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P',
    };
    const { verification } = presets.slack;
    assert(verification.kind === 'signature');
    const verifier = new SignatureVerifier(verification.scheme, { secrets: [secret], now: () => now * 1000 });
    const text = `v0:${now}:${JSON.stringify(body)}`;
    const headers = {
      'X-Slack-Request-Timestamp': String(now),
      'X-Slack-Signature': `v0=${createHmac('sha256', secret).update(text).digest('hex')}`,
    };
    const own = { verify: (sent: Delivery) => verifier.verify(sent) };
    assert.deepEqual(jsonOf(await answer('slack', post(body, headers), own)), { challenge: body.challenge });
    assert.equal((await refused('slack', post(body), own)).status, 401);
    assert.equal(await answer('slack', post({ type: 'event_callback', challenge: 'x' }), own), undefined);
    assert.equal(await answer('slack', post({ text: 'url_verification' }), own), undefined);
  });

  it('Zoom: the token and its HMAC, as its own library answers', async () => {
    const body = {
      event: 'endpoint.url_validation',
      event_ts: 1,
      payload: { plainToken: 'qgg8vlvZRS6UYooatFL8Aw' },
    };
    assert.deepEqual(jsonOf(await answer('zoom', post(body))), {
      plainToken: 'qgg8vlvZRS6UYooatFL8Aw',
      encryptedToken: 'd9e0d764a78494688ba3f2d5c0ed4ca311394b4834d959759213424d2df961e3',
    });
    assert.equal((await refused('zoom', post(body), { secrets: [] })).code, 'CONFIG');
    assert.equal((await refused('zoom', post(body), { secrets: [' '] })).code, 'CONFIG');
  });

  it('X: the HMAC of the token', async () => {
    const expected = createHmac('sha256', secret).update('crc-token_1').digest('base64');
    assert.deepEqual(jsonOf(await answer('x', get('crc_token=crc-token_1'))), {
      response_token: `sha256=${expected}`,
    });
  });

  it('signs nothing that could be a delivery: no JSON, no signed text of Zoom or Slack', async () => {
    for (const forged of [
      `v0:${now}:{"event":"a"}`,
      `v0:${now}:`,
      '{"a":1}',
      '"a"',
      'a b',
      'ä',
      'a\nb',
      'x'.repeat(257),
    ]) {
      const zoom = post({ event: 'endpoint.url_validation', payload: { plainToken: forged } });
      assert.equal((await refused('zoom', zoom)).status, 400, forged);
      assert.equal((await refused('x', get(`crc_token=${encodeURIComponent(forged)}`))).status, 400, forged);
    }
  });

  it('Discord: PING is answered when it is signed, and is no event', async () => {
    assert.deepEqual(jsonOf(await answer('discord', post({ type: 1, id: '1' }))), { type: 1 });
    assert.equal(await answer('discord', post({ type: 2 })), undefined);
    assert.equal(await answer('discord', post({ type: '1' })), undefined);
    const verify = () => {
      throw new Refusal('UNAUTHORIZED', 'no');
    };
    assert.equal((await refused('discord', post({ type: 1 }), { verify })).status, 401);
  });

  it('Asana: the secret is kept before it is echoed, and only the first is believed', async () => {
    const asked = (value: string) => post({}, { 'X-Hook-Secret': value });
    let kept = '';
    const learn = (learned: string) => {
      kept = learned;
      return Promise.resolve();
    };
    const given = await answer('asana', asked('b537207f20cbfa02357cf448134da559'), { secrets: [], learn });
    assert.equal(given?.headers['X-Hook-Secret'], 'b537207f20cbfa02357cf448134da559');
    assert.equal(kept, 'b537207f20cbfa02357cf448134da559');
    const repeated = await answer('asana', asked(kept), { secrets: [kept] });
    assert.equal(repeated?.status, 200);
    assert.equal((await refused('asana', asked('another'), { secrets: [kept] })).status, 403);
    await assert.rejects(
      answer('asana', asked('x'), { secrets: [], learn: () => Promise.reject(new Error('disk full')) }),
      /disk full/,
    );
    for (const bad of ['a b', 'a\r\nb: c', 'ä', 'x'.repeat(513)]) {
      assert.equal((await refused('asana', asked(bad), { secrets: [], learn })).status, 400);
    }
    assert.equal(await answer('asana', post({ events: [] })), undefined);
  });

  it('AWS SNS: confirmed at AWS and nowhere else, when it is signed', async () => {
    const called: string[] = [];
    const confirm = (address: string) => Promise.resolve(void called.push(address));
    const asked = (SubscribeURL: unknown) => post({ Type: 'SubscriptionConfirmation', SubscribeURL });
    const good = 'https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&Token=1';
    assert.equal((await answer('aws-sns', asked(good), { confirm }))?.status, 200);
    assert.deepEqual(called, [good]);
    for (const bad of [
      'http://sns.us-east-1.amazonaws.com/',
      'https://sns.us-east-1.amazonaws.com.evil.test/',
      'https://evil.test/sns.us-east-1.amazonaws.com',
      'https://sns.us-east-1.amazonaws.com:8443/',
      'https://user@sns.us-east-1.amazonaws.com/',
      'https://s3.us-east-1.amazonaws.com/',
      'https://sns.a.b.amazonaws.com/',
      'https://sns.us-east-1.amazonaws.com@evil.test/',
      'https://169.254.169.254/',
      '',
      1,
      undefined,
    ]) {
      assert.equal((await refused('aws-sns', asked(bad), { confirm })).status, 403, String(bad));
    }
    const fails = () => Promise.reject(new Error('500'));
    assert.equal((await refused('aws-sns', asked(good), { confirm: fails })).status, 503);
    const verify = () => Promise.reject(new Refusal('UNAUTHORIZED', 'no'));
    assert.equal((await refused('aws-sns', asked(good), { confirm, verify })).status, 401);
    assert.equal(called.length, 1);
    assert.equal(await answer('aws-sns', post({ Type: 'Notification', SubscribeURL: good })), undefined);
  });

  it('Azure Event Grid: the validation code; CloudEvents: its OPTIONS', async () => {
    const event = {
      eventType: 'Microsoft.EventGrid.SubscriptionValidationEvent',
      data: { validationCode: '512d38b6' },
    };
    assert.deepEqual(jsonOf(await answer('azure-event-grid', post([event]))), {
      validationResponse: '512d38b6',
    });
    assert.equal(await answer('azure-event-grid', post([{ eventType: 'x' }])), undefined);
    const options = (headers: Record<string, string>) => delivery({ method: 'OPTIONS', headers });
    const given = await answer(
      'cloudevents',
      options({ 'WebHook-Request-Origin': 'eventemitter.example.com', 'WebHook-Request-Rate': '120' }),
    );
    assert.equal(given?.headers['WebHook-Allowed-Origin'], 'eventemitter.example.com');
    assert.equal(given?.headers['WebHook-Allowed-Rate'], '120');
    assert.equal(given?.headers.Allow, 'POST');
    assert.equal(await answer('cloudevents', options({ origin: 'https://page.test' })), undefined);
  });

  it('WebSub: what was asked for, and nothing else', async () => {
    const settings = { topic: 'https://publisher.test/feed?a=1', mode: 'subscribe' };
    const asked = (mode: string, topic = settings.topic) =>
      get(`hub.mode=${mode}&hub.topic=${encodeURIComponent(topic)}&hub.challenge=abc&hub.lease_seconds=1`);
    assert.equal(textOf(await answer('websub', asked('subscribe'), { settings })), 'abc');
    assert.equal((await refused('websub', asked('unsubscribe'), { settings })).status, 404);
    assert.equal(
      (await refused('websub', asked('subscribe', 'https://other.test/'), { settings })).status,
      404,
    );
    const leaving = { settings: { ...settings, mode: 'unsubscribe' } };
    assert.equal(textOf(await answer('websub', asked('unsubscribe'), leaving)), 'abc');
    const denied = await answerHandshake(
      presets.websub.handshakes!.map((id) => handshakes[id]),
      get(`hub.mode=denied&hub.topic=x&hub.reason=no`),
      context({ settings }),
    );
    assert.equal(denied?.status, 200);
    assert.equal(denied?.body.length, 0);
  });
});

describe('webhook/handshakes', () => {
  it('reflects nothing that a browser would run', async () => {
    const script = '<script>alert(1)</script>';
    for (const handshake of [echoQuery('challenge'), handshakes.dropbox, echoJson('challenge')]) {
      const sent = handshake.signed
        ? post({ challenge: script })
        : get(`challenge=${encodeURIComponent(script)}`);
      const given = await answerHandshake([handshake], sent, context());
      assert(textOf(given)?.includes(script));
      assert.match(
        String(given?.headers['Content-Type']),
        /^(?:text\/plain; charset=utf-8|application\/json)$/,
      );
      assert.equal(given?.headers['X-Content-Type-Options'], 'nosniff');
      assert.equal(given?.headers['Content-Security-Policy'], "default-src 'none'");
    }
    assert.equal((await refused('dropbox', get(`challenge=${'x'.repeat(2049)}`))).status, 400);
    const large = post({ challenge: 'x'.repeat(70_000) });
    assert.equal(await answerHandshake([echoJson('challenge')], large, context()), undefined);
  });

  it('is an answer, a refusal or nothing, whatever comes', async () => {
    const texts = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
      maxLength: 40,
    });
    const bodies = fc.oneof(
      fc.json().map((text) => Buffer.from(text)),
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    );
    const names = ['challenge', 'crc_token', 'validationToken', 'hub.mode', 'hub.challenge'];
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...handshakeIds),
        fc.constantFrom('GET', 'POST', 'OPTIONS'),
        texts,
        bodies,
        async (id, method, text, body) => {
          const query = names.map((name) => `${name}=${encodeURIComponent(text)}`).join('&');
          const sent = {
            ...delivery({ method, url: `${url}?${query}`, body }),
            headers: { 'x-hook-secret': text, 'webhook-request-origin': text },
          };
          try {
            const given = await answer(id, sent, { secrets: [], learn: () => Promise.resolve() });
            for (const value of Object.values(given?.headers ?? {}))
              assert.match(String(value), /^[\x20-\x7e]*$/);
          } catch (error) {
            assert(error instanceof Refusal, String(error));
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is named by the presets that need one, whose verifier takes what was learned', async () => {
    for (const [id, preset] of Object.entries(presets)) {
      for (const name of preset.handshakes ?? []) assert(handshakes[name], `${id}: ${name}`);
    }
    const verifier = makeVerifier(
      { kind: 'preset', preset: 'asana' satisfies PresetId },
      {
        secrets: [],
        publicUrl: '',
        now: Date.now,
        fetchText: () => Promise.reject(new Error('unused')),
      },
    );
    assert(verifier instanceof SignatureVerifier);
    await answer('asana', post({}, { 'X-Hook-Secret': 'learned' }), {
      secrets: [],
      learn: (learned) => Promise.resolve(verifier.setSecrets([learned])),
    });
    const signature = createHmac('sha256', 'learned').update('{"events":[]}').digest('hex');
    verifier.verify(post({ events: [] }, { 'X-Hook-Signature': signature }));
  });
});

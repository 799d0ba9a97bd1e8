/** Each handshake, set up by the fields of the dialog: what a real Node-RED answers by itself, and to whom it does not. */
import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import { describeRows, someBody, type Row, type Step } from './webhook-steps';

const refused = (step: Step, status = 401): Step => ({ ...step, status });
const handshake = (step: Step): Step => ({ ...step, noEvent: true });
const secret = 'a secret of this test';
const hmac = (text: string, key = secret, algorithm = 'sha256') => createHmac(algorithm, key).update(text);
const preset = (name: string) => ({ verification: 'preset', preset: name });
const token = { verification: 'query-token' };
const get = (query: string): Step => ({ method: 'GET', query });
/** A body that is signed as many do, in the header of that name. */
const signed = (header: string, body: string = someBody, key = secret, prefix = ''): Step => ({
  body,
  headers: { [header]: prefix + hmac(body, key).digest('hex') },
});
const asText = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' };

const discord = generateKeyPairSync('ed25519');
const called: string[] = [];

function slack(body: object, key = secret): Step {
  const [text, now] = [JSON.stringify(body), `${Math.floor(Date.now() / 1000)}`];
  const signature = `v0=${hmac(`v0:${now}:${text}`, key).digest('hex')}`;
  return { body: text, headers: { 'X-Slack-Request-Timestamp': now, 'X-Slack-Signature': signature } };
}

function ping(body: object, changed = ''): Step {
  const [text, now] = [JSON.stringify(body), `${Math.floor(Date.now() / 1000)}`];
  const signature = sign(null, Buffer.from(now + text + changed), discord.privateKey).toString('hex');
  return { body: text, headers: { 'X-Signature-Timestamp': now, 'X-Signature-Ed25519': signature } };
}

const services: Row[] = [
  {
    title: 'Dropbox',
    fields: preset('dropbox'),
    credentials: { secret },
    steps: () => [
      handshake({ ...get('?challenge=%3Cb%3Ea'), answer: '<b>a', answerHeaders: asText }),
      refused(get('')),
      signed('X-Dropbox-Signature'),
    ],
  },
  {
    title: 'Meta',
    fields: preset('meta'),
    credentials: { secret, verifyToken: 'a token to verify' },
    steps: () => [
      handshake({
        ...get('?hub.mode=subscribe&hub.verify_token=a+token+to+verify&hub.challenge=11'),
        answer: '11',
      }),
      refused(get('?hub.mode=subscribe&hub.verify_token=another&hub.challenge=11'), 403),
      refused(get('?hub.mode=subscribe&hub.challenge=11'), 403),
      signed('X-Hub-Signature-256', someBody, secret, 'sha256='),
    ],
  },
  {
    title: 'Meta without a token to verify',
    fields: preset('meta'),
    credentials: { secret },
    steps: () => [refused(get('?hub.mode=subscribe&hub.verify_token=&hub.challenge=11'), 403)],
  },
  {
    title: 'WebSub',
    fields: { ...preset('websub'), handshakeFields: { topic: 'https://blog.example/feed' } },
    credentials: { secret },
    steps: () => [
      handshake({
        ...get('?hub.mode=subscribe&hub.topic=https%3A%2F%2Fblog.example%2Ffeed&hub.challenge=11'),
        answer: '11',
      }),
      refused(get('?hub.mode=subscribe&hub.topic=https%3A%2F%2Fother.example%2F&hub.challenge=11'), 404),
      refused(get('?hub.mode=unsubscribe&hub.topic=https%3A%2F%2Fblog.example%2Ffeed&hub.challenge=11'), 404),
      handshake({ ...get('?hub.mode=denied&hub.topic=x&hub.reason=no'), answer: '' }),
    ],
  },
  {
    title: 'Microsoft Graph',
    fields: preset('microsoft-graph'),
    credentials: { secret },
    steps: () => [
      handshake({ query: '?validationToken=Validation%3A+a', body: '', answer: 'Validation: a' }),
      { body: { value: [{ clientState: secret }] } },
      refused({ body: { value: [{ clientState: 'another' }] } }),
    ],
  },
  {
    title: 'Slack',
    fields: preset('slack'),
    credentials: { secret },
    steps: () => {
      const asked = { type: 'url_verification', challenge: '3eZbrw1a' };
      return [
        handshake({ ...slack(asked), answer: { challenge: '3eZbrw1a' } }),
        refused(slack(asked, 'another')),
        slack({ type: 'event_callback', challenge: 'x' }),
      ];
    },
  },
  {
    title: 'Slack, whose handshake is turned off',
    fields: { ...preset('slack'), handshake: 'none' },
    credentials: { secret },
    steps: () => [slack({ type: 'url_verification', challenge: '3eZbrw1a' })],
  },
  {
    title: 'Zoom',
    fields: preset('zoom'),
    credentials: { secret },
    steps: () => {
      const asked = (plainToken: string) => ({ event: 'endpoint.url_validation', payload: { plainToken } });
      const encryptedToken = hmac('qgg8vlvZ').digest('hex');
      return [
        handshake({ body: asked('qgg8vlvZ'), answer: { plainToken: 'qgg8vlvZ', encryptedToken } }),
        // what would sign a delivery for whoever asks
        refused({ body: asked(`v0:1:${someBody}`) }, 400),
        refused({ body: { event: 'meeting.started' } }),
      ];
    },
  },
  {
    title: 'X',
    fields: preset('x'),
    credentials: { secret },
    steps: () => [
      handshake({
        ...get('?crc_token=abc'),
        answer: { response_token: `sha256=${hmac('abc').digest('base64')}` },
      }),
      refused(get('?crc_token=')),
      refused(get('?crc_token=%7B%22a%22%3A1%7D'), 400),
    ],
  },
  {
    title: 'Discord',
    fields: preset('discord'),
    credentials: {
      secret: discord.publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
    },
    steps: () => [
      handshake({ ...ping({ type: 1 }), answer: { type: 1 } }),
      refused(ping({ type: 1 }, ' ')),
      ping({ type: 2, id: '1' }),
    ],
  },
  {
    title: 'Asana, whose secret is learned',
    fields: preset('asana'),
    steps: () => [
      refused(signed('X-Hook-Signature'), 500),
      handshake({
        body: {},
        headers: { 'X-Hook-Secret': 'learned4711' },
        answerHeaders: { 'x-hook-secret': 'learned4711' },
      }),
      refused({ body: {}, headers: { 'X-Hook-Secret': 'of-another' } }, 403),
      signed('X-Hook-Signature', someBody, 'learned4711'),
      refused(signed('X-Hook-Signature', someBody, 'of-another')),
    ],
  },
  {
    title: 'Azure Event Grid',
    fields: { ...token, handshake: 'azure-event-grid' },
    credentials: { secret },
    steps: () => {
      const eventType = 'Microsoft.EventGrid.SubscriptionValidationEvent';
      const body = [{ eventType, data: { validationCode: '512d38b6' } }];
      return [
        handshake({ body, answer: { validationResponse: '512d38b6' } }),
        refused({ body: [{ eventType: 'Other', data: { validationCode: '512d38b6' } }] }),
        { query: `?token=${encodeURIComponent(secret)}`, body: [{ eventType: 'Other' }] },
      ];
    },
  },
  {
    title: 'CloudEvents',
    fields: { ...token, payload: 'cloudevents' },
    credentials: { secret },
    steps: () => [
      handshake({
        method: 'OPTIONS',
        headers: { 'WebHook-Request-Origin': 'sender.example', 'WebHook-Request-Rate': '120' },
        answerHeaders: {
          'webhook-allowed-origin': 'sender.example',
          'webhook-allowed-rate': '120',
          allow: 'POST',
        },
      }),
      refused({ method: 'OPTIONS' }),
      refused({ method: 'OPTIONS', headers: { 'WebHook-Request-Origin': 'a b' } }, 400),
    ],
  },
];

const general: Row[] = [
  {
    title: 'a query parameter that comes back, for who knows the token',
    fields: {
      ...token,
      handshake: 'echo-query',
      handshakeFields: { name: 'echo', tokenParameter: 'proof' },
    },
    credentials: { secret, verifyToken: 'a token to verify' },
    steps: () => [
      handshake({ ...get('?echo=11&proof=a+token+to+verify'), answer: '11', answerHeaders: asText }),
      refused(get('?echo=11&proof=another'), 403),
      refused(get('?echo=11&echo=12&proof=a+token+to+verify')),
    ],
  },
  {
    title: 'a JSON field that comes back, once it is verified',
    fields: {
      ...token,
      handshake: 'echo-json',
      handshakeFields: { name: 'data.code', answerField: 'echoed' },
    },
    credentials: { secret },
    steps: () => {
      const query = `?token=${encodeURIComponent(secret)}`;
      const body = { data: { code: 'c1' } };
      return [handshake({ query, body, answer: { echoed: 'c1' } }), refused({ body }), { query }];
    },
  },
  {
    title: 'the HMAC of a query parameter',
    fields: {
      verification: 'signature',
      handshake: 'hmac-query',
      handshakeFields: {
        name: 'crc',
        answerField: 'answer',
        algorithm: 'sha512',
        encoding: 'base64',
        prefix: 'p=',
      },
    },
    credentials: { secret },
    steps: () => [
      handshake({
        ...get('?crc=abc'),
        answer: { answer: `p=${hmac('abc', secret, 'sha512').digest('base64')}` },
      }),
      refused(get('?crc=%7B%7D'), 400),
      signed('X-Signature'),
    ],
  },
  {
    title: 'a secret that a header brings',
    fields: {
      verification: 'signature',
      handshake: 'learn-header',
      handshakeFields: { name: 'X-Hand-Over' },
    },
    steps: () => [
      handshake({
        headers: { 'X-Hand-Over': 'brought4711' },
        answerHeaders: { 'x-hand-over': 'brought4711' },
      }),
      refused({ headers: { 'X-Hand-Over': 'of-another' } }, 403),
      signed('X-Signature', someBody, 'brought4711'),
    ],
  },
  {
    title: 'a URL that is called, once it is verified',
    fields: {
      ...token,
      handshake: 'confirm-get',
      handshakeFields: { name: 'confirm', hosts: 'sender.example' },
    },
    credentials: { secret },
    steps: () => {
      const query = `?token=${encodeURIComponent(secret)}`;
      const to = (confirm: string): Step => ({ query, body: { confirm } });
      const good = 'https://sender.example/yes?t=1';
      return [
        refused({ body: { confirm: good } }),
        refused(to('https://other.example/yes'), 403),
        refused(to('http://sender.example/yes'), 403),
        refused(to('https://sender.example/no'), 503),
        handshake(to(good)),
      ];
    },
  },
  {
    title: 'no URL but those',
    fields: {},
    steps: () => {
      assert.deepEqual(called, ['https://sender.example/no', 'https://sender.example/yes?t=1']);
      return [];
    },
  },
];

describeRows(
  'runtime/webhook answers the handshake:',
  [...services, ...general],
  {
    hosts: ['sender.example', 'other.example'],
    answer: (url) => (url.includes('/yes') ? 'ok' : undefined),
  },
  called,
);

import type { Handshake } from './handshake';

/** The answer to a test of a receiver that asks for the challenge and nothing else. */
const challengeAsText: Handshake['answer'] = { status: 200, body: 'text' };

const rows = {
  dropbox: {
    label: 'Dropbox: the challenge',
    methods: ['GET'],
    when: {},
    challenge: { query: 'challenge' },
    answer: challengeAsText,
  },
  // developers.facebook.com/docs/graph-api/webhooks/getting-started, "Verification requests"
  meta: {
    label: 'Meta: verify token and challenge',
    methods: ['GET'],
    when: { query: { 'hub.mode': ['subscribe'] } },
    check: [{ query: 'hub.verify_token', setting: 'verifyToken' }],
    challenge: { query: 'hub.challenge' },
    answer: challengeAsText,
  },
  // w3.org/TR/websub, section 5.3.1; what was not asked for is a 404, and so is to unsubscribe unless we do
  websub: {
    label: 'WebSub: intent',
    methods: ['GET'],
    when: { query: { 'hub.mode': ['subscribe', 'unsubscribe'] } },
    check: [
      { query: 'hub.topic', setting: 'topic' },
      { query: 'hub.mode', setting: 'mode' },
    ],
    refusedWith: 404,
    challenge: { query: 'hub.challenge' },
    answer: challengeAsText,
  },
  // w3.org/TR/websub, section 5.2: the hub denies a subscription, and wants no more than a success
  'websub-denied': {
    label: 'WebSub: denied',
    methods: ['GET'],
    when: { query: { 'hub.mode': ['denied'] } },
    answer: { status: 200, body: 'none' },
  },
  // learn.microsoft.com/graph/change-notifications-delivery-webhooks
  'microsoft-graph': {
    label: 'Microsoft Graph: validation token',
    methods: ['POST'],
    when: {},
    challenge: { query: 'validationToken' },
    answer: challengeAsText,
  },
  // docs.slack.dev/reference/events/url_verification
  slack: {
    label: 'Slack: url_verification',
    methods: ['POST'],
    when: { json: { type: 'url_verification' } },
    signed: true,
    challenge: { json: 'challenge' },
    answer: { status: 200, body: { challenge: { echo: true } } },
  },
  // developers.zoom.us/docs/api/webhooks/#validate-your-webhook-endpoint; it may come unsigned
  zoom: {
    label: 'Zoom: endpoint.url_validation',
    methods: ['POST'],
    when: { json: { event: 'endpoint.url_validation' } },
    challenge: { json: 'payload.plainToken' },
    answer: {
      status: 200,
      body: {
        plainToken: { echo: true },
        encryptedToken: { hmac: 'sha256', encoding: 'hex', prefix: '' },
      },
    },
  },
  // docs.x.com/x-api/webhooks/quickstart, "The CRC check"
  x: {
    label: 'X: CRC',
    methods: ['GET'],
    when: {},
    challenge: { query: 'crc_token' },
    answer: {
      status: 200,
      body: { response_token: { hmac: 'sha256', encoding: 'base64', prefix: 'sha256=' } },
    },
  },
  // discord.com/developers/docs/interactions/overview: PING is answered with PONG, a bad signature with 401
  discord: {
    label: 'Discord: PING',
    methods: ['POST'],
    when: { json: { type: 1 } },
    signed: true,
    answer: { status: 200, body: { type: { value: 1 } } },
  },
  // developers.asana.com/docs/webhooks-guide: the first request brings the secret, and wants it back
  asana: {
    label: 'Asana: secret of the handshake',
    methods: ['POST'],
    when: {},
    challenge: { header: 'x-hook-secret' },
    learn: true,
    answer: { status: 200, body: 'none', headers: { 'X-Hook-Secret': { echo: true } } },
  },
  // docs.aws.amazon.com/sns/latest/dg/SendMessageToHttp.confirm.html
  'aws-sns': {
    label: 'AWS SNS: confirmation of the subscription',
    methods: ['POST'],
    when: { json: { Type: 'SubscriptionConfirmation' } },
    signed: true,
    confirm: { json: 'SubscribeURL', at: 'aws-sns' },
    answer: { status: 200, body: 'none' },
  },
  // learn.microsoft.com/azure/event-grid/end-point-validation-event-grid-events-schema
  'azure-event-grid': {
    label: 'Azure Event Grid: validation code',
    methods: ['POST'],
    when: { json: { '0.eventType': 'Microsoft.EventGrid.SubscriptionValidationEvent' } },
    challenge: { json: '0.data.validationCode' },
    answer: { status: 200, body: { validationResponse: { echo: true } } },
  },
  // github.com/cloudevents/spec, http-webhook.md, section 4
  cloudevents: {
    label: 'CloudEvents: OPTIONS',
    methods: ['OPTIONS'],
    when: {},
    challenge: { header: 'webhook-request-origin' },
    answer: {
      status: 200,
      body: 'none',
      headers: {
        'WebHook-Allowed-Origin': { echo: true },
        'WebHook-Allowed-Rate': { header: 'webhook-request-rate', otherwise: '*' },
        Allow: { value: 'POST' },
      },
    },
  },
} satisfies Record<string, Handshake>;

export type HandshakeId = keyof typeof rows;
export const handshakes: Readonly<Record<HandshakeId, Handshake>> = rows;
export const handshakeIds = Object.keys(rows) as HandshakeId[];

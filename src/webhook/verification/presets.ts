import type { HandshakeId } from '../handshakes/presets';
import { signatureScheme, type SignatureScheme } from './scheme';

/** How a provider's deliveries are verified. */
export type PresetVerification =
  | { kind: 'signature'; scheme: SignatureScheme }
  | { kind: 'secret-header'; header: string }
  | { kind: 'body-token'; path: string }
  | { kind: 'aws-sns' };

/** A provider: what it sends, as data. */
export interface Preset {
  label: string;
  verification: PresetVerification;
  handshakes?: readonly HandshakeId[];
  /** Where the event's id stands, which stays over the sender's retries: a header, or a path into the body. */
  eventId?: { header: string } | { path: string };
  /** What goes into the field for the secret. */
  secret: string;
  /** Where it is described. */
  source: string;
}

/** Seconds that most providers' own libraries allow. */
const fiveMinutes = 300;

function inHeader(name: string, tolerance = fiveMinutes): SignatureScheme['timestamp'] {
  return { from: 'header', name, unit: 'seconds', tolerance };
}

function standardWebhooks(family: string, own: Partial<SignatureScheme> = {}): PresetVerification {
  return signed(`${family}-signature`, {
    text: '{id}.{timestamp}.{body}',
    encoding: 'base64',
    secretFormat: 'base64',
    separator: ' ',
    prefix: 'v1,',
    idHeader: `${family}-id`,
    timestamp: inHeader(`${family}-timestamp`),
    ...own,
  });
}

function signed(header: string, own: Partial<SignatureScheme> = {}): PresetVerification {
  return { kind: 'signature', scheme: signatureScheme({ header, ...own }) };
}

const rows = {
  'standard-webhooks': {
    label: 'Standard Webhooks',
    verification: standardWebhooks('webhook'),
    eventId: { header: 'webhook-id' },
    secret: 'signing secret (whsec_…)',
    source: 'github.com/standard-webhooks/standard-webhooks',
  },
  'standard-webhooks-ed25519': {
    label: 'Standard Webhooks, Ed25519',
    verification: standardWebhooks('webhook', { algorithm: 'ed25519', prefix: 'v1a,' }),
    eventId: { header: 'webhook-id' },
    secret: 'public key (whpk_…)',
    source: 'github.com/standard-webhooks/standard-webhooks',
  },
  svix: {
    label: 'Svix (Clerk, Resend and others)',
    verification: standardWebhooks('svix'),
    eventId: { header: 'svix-id' },
    secret: 'signing secret (whsec_…)',
    source: 'docs.svix.com/receiving/verifying-payloads/how-manual',
  },
  stripe: {
    label: 'Stripe',
    verification: signed('stripe-signature', {
      text: '{timestamp}.{body}',
      separator: ',',
      prefix: 'v1=',
      timestamp: { from: 'entry', name: 't=', unit: 'seconds', tolerance: fiveMinutes },
    }),
    eventId: { path: 'id' },
    secret: 'signing secret of the endpoint (whsec_…)',
    source: 'docs.stripe.com/webhooks#verify-manually',
  },
  ghost: {
    label: 'Ghost',
    verification: signed('x-ghost-signature', {
      text: '{body}{timestamp}',
      separator: ',',
      prefix: 'sha256=',
      timestamp: { from: 'entry', name: 't=', unit: 'milliseconds', tolerance: fiveMinutes },
    }),
    secret: 'secret of the webhook',
    source: 'github.com/TryGhost/Ghost: core/server/services/webhooks/WebhookTrigger.js',
  },
  github: {
    label: 'GitHub',
    verification: signed('x-hub-signature-256', { prefix: 'sha256=' }),
    eventId: { header: 'x-github-delivery' },
    secret: 'secret of the webhook',
    source: 'docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries',
  },
  gitlab: {
    label: 'GitLab, secret token',
    verification: { kind: 'secret-header', header: 'x-gitlab-token' },
    eventId: { header: 'idempotency-key' },
    secret: 'secret token of the webhook',
    source: 'docs.gitlab.com/user/project/integrations/webhooks',
  },
  'gitlab-signing': {
    label: 'GitLab, signing token',
    verification: standardWebhooks('webhook'),
    eventId: { header: 'webhook-id' },
    secret: 'signing token of the webhook (whsec_…)',
    source: 'gitlab.com/gitlab-org/gitlab/-/merge_requests/230944',
  },
  slack: {
    label: 'Slack',
    verification: signed('x-slack-signature', {
      text: 'v0:{timestamp}:{body}',
      prefix: 'v0=',
      timestamp: inHeader('x-slack-request-timestamp'),
    }),
    handshakes: ['slack'],
    eventId: { path: 'event_id' },
    secret: 'signing secret of the app',
    source: 'docs.slack.dev/authentication/verifying-requests-from-slack',
  },
  shopify: {
    label: 'Shopify',
    verification: signed('x-shopify-hmac-sha256', { encoding: 'base64' }),
    eventId: { header: 'x-shopify-webhook-id' },
    secret: 'client secret of the app',
    source: 'shopify.dev/docs/apps/build/webhooks/subscribe/https',
  },
  twilio: {
    label: 'Twilio',
    verification: signed('x-twilio-signature', {
      text: '{url}{form}',
      algorithm: 'hmac-sha1',
      encoding: 'base64',
      url: ['as-is', 'with-port', 'without-port'],
      bodyDigest: 'bodySHA256',
    }),
    eventId: { header: 'i-twilio-idempotency-token' },
    secret: 'auth token of the account',
    source: 'twilio.com/docs/usage/webhooks/webhooks-security',
  },
  sendgrid: {
    label: 'SendGrid event webhook',
    verification: signed('x-twilio-email-event-webhook-signature', {
      text: '{timestamp}{body}',
      algorithm: 'ecdsa-p256-sha256-der',
      encoding: 'base64',
      secretFormat: 'base64',
      // the sender's library looks at no age, and SendGrid retries for a day with the first timestamp
      timestamp: inHeader('x-twilio-email-event-webhook-timestamp', 0),
    }),
    secret: 'verification key',
    source:
      'twilio.com/docs/sendgrid/for-developers/tracking-events/getting-started-event-webhook-security-features',
  },
  square: {
    label: 'Square',
    verification: signed('x-square-hmacsha256-signature', { text: '{url}{body}', encoding: 'base64' }),
    eventId: { path: 'event_id' },
    secret: 'signature key of the subscription',
    source: 'developer.squareup.com/docs/webhooks/step3validate',
  },
  hubspot: {
    label: 'HubSpot, version 3',
    verification: signed('x-hubspot-signature-v3', {
      text: '{method}{url}{body}{timestamp}',
      encoding: 'base64',
      url: ['as-is', 'hubspot-decoded'],
      timestamp: {
        from: 'header',
        name: 'x-hubspot-request-timestamp',
        unit: 'milliseconds',
        tolerance: fiveMinutes,
      },
    }),
    secret: 'client secret of the app',
    source: 'developers.hubspot.com/docs/apps/legacy-apps/authentication/validating-requests',
  },
  zoom: {
    label: 'Zoom',
    verification: signed('x-zm-signature', {
      text: 'v0:{timestamp}:{body}',
      prefix: 'v0=',
      timestamp: inHeader('x-zm-request-timestamp'),
    }),
    handshakes: ['zoom'],
    secret: 'secret token of the app',
    source: 'developers.zoom.us/docs/api/webhooks/#verify-webhook-events',
  },
  discord: {
    label: 'Discord interactions',
    verification: signed('x-signature-ed25519', {
      text: '{timestamp}{body}',
      algorithm: 'ed25519',
      secretFormat: 'hex',
      timestamp: inHeader('x-signature-timestamp'),
    }),
    handshakes: ['discord'],
    eventId: { path: 'id' },
    secret: 'public key of the application',
    source: 'discord.com/developers/docs/interactions/overview',
  },
  line: {
    label: 'LINE',
    verification: signed('x-line-signature', { encoding: 'base64' }),
    eventId: { path: 'events.0.webhookEventId' },
    secret: 'channel secret',
    source: 'developers.line.biz/en/docs/messaging-api/verify-webhook-signature',
  },
  meta: {
    label: 'Meta (Facebook, Instagram, WhatsApp)',
    verification: signed('x-hub-signature-256', { prefix: 'sha256=' }),
    handshakes: ['meta'],
    secret: 'app secret',
    source: 'developers.facebook.com/docs/graph-api/webhooks/getting-started',
  },
  dropbox: {
    label: 'Dropbox',
    verification: signed('x-dropbox-signature'),
    handshakes: ['dropbox'],
    secret: 'app secret',
    source: 'dropbox.com/developers/reference/webhooks',
  },
  asana: {
    label: 'Asana',
    verification: signed('x-hook-signature'),
    handshakes: ['asana'],
    secret: 'learned in the handshake',
    source: 'developers.asana.com/docs/webhooks-guide',
  },
  paddle: {
    label: 'Paddle',
    verification: signed('paddle-signature', {
      text: '{timestamp}:{body}',
      separator: ';',
      prefix: 'h1=',
      // Paddle's own libraries; a slow way here may need more
      timestamp: { from: 'entry', name: 'ts=', unit: 'seconds', tolerance: 5 },
    }),
    eventId: { path: 'event_id' },
    secret: 'secret key of the notification destination',
    source: 'developer.paddle.com/webhooks/signature-verification',
  },
  linear: {
    label: 'Linear',
    verification: signed('linear-signature', {
      timestamp: { from: 'body', name: 'webhookTimestamp', unit: 'milliseconds', tolerance: 60 },
    }),
    eventId: { header: 'linear-delivery' },
    secret: 'signing secret of the webhook',
    source: 'linear.app/developers/webhooks#securing-webhooks',
  },
  intercom: {
    label: 'Intercom',
    verification: signed('x-hub-signature', { algorithm: 'hmac-sha1', prefix: 'sha1=' }),
    eventId: { path: 'id' },
    secret: 'client secret of the app',
    source: 'developers.intercom.com/docs/webhooks/setting-up-webhooks',
  },
  x: {
    label: 'X (Twitter)',
    verification: signed('x-twitter-webhooks-signature', { encoding: 'base64', prefix: 'sha256=' }),
    handshakes: ['x'],
    secret: 'consumer secret (API key secret) of the app',
    source: 'docs.x.com/x-api/webhooks/quickstart',
  },
  'aws-sns': {
    label: 'AWS SNS',
    verification: { kind: 'aws-sns' },
    handshakes: ['aws-sns'],
    eventId: { path: 'MessageId' },
    secret: 'ARN of the topic: it is what keeps other accounts out, whose messages AWS signs as well',
    source: 'docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html',
  },
  'microsoft-graph': {
    label: 'Microsoft Graph',
    verification: { kind: 'body-token', path: 'value.*.clientState' },
    handshakes: ['microsoft-graph'],
    secret: 'clientState of the subscription',
    source: 'learn.microsoft.com/graph/change-notifications-delivery-webhooks',
  },
  websub: {
    label: 'WebSub',
    verification: signed('x-hub-signature', { prefix: 'sha256=' }),
    handshakes: ['websub', 'websub-denied'],
    secret: 'hub.secret of the subscription',
    source: 'w3.org/TR/websub/#signing-content',
  },
  telegram: {
    label: 'Telegram bot',
    verification: { kind: 'secret-header', header: 'x-telegram-bot-api-secret-token' },
    eventId: { path: 'update_id' },
    secret: 'secret_token of setWebhook',
    source: 'core.telegram.org/bots/api#setwebhook',
  },
  elevenlabs: {
    label: 'ElevenLabs',
    verification: signed('elevenlabs-signature', {
      text: '{timestamp}.{body}',
      separator: ',',
      prefix: 'v0=',
      timestamp: { from: 'entry', name: 't=', unit: 'seconds', tolerance: 1800 },
    }),
    secret: 'secret of the webhook',
    source: 'elevenlabs.io/docs/product-guides/administration/webhooks',
  },
  webflow: {
    label: 'Webflow',
    verification: signed('x-webflow-signature', {
      text: '{timestamp}:{body}',
      timestamp: {
        from: 'header',
        name: 'x-webflow-timestamp',
        unit: 'milliseconds',
        tolerance: fiveMinutes,
      },
    }),
    secret: 'secret key of the webhook, or client secret of the app',
    source: 'developers.webflow.com/data/docs/working-with-webhooks',
  },
  woocommerce: {
    label: 'WooCommerce',
    verification: signed('x-wc-webhook-signature', { encoding: 'base64' }),
    eventId: { header: 'x-wc-webhook-delivery-id' },
    secret: 'secret of the webhook',
    source: 'woocommerce.com/document/webhooks',
  },
  vercel: {
    label: 'Vercel',
    verification: signed('x-vercel-signature', { algorithm: 'hmac-sha1' }),
    eventId: { path: 'id' },
    secret: 'secret of the webhook, or client secret of the integration',
    source: 'vercel.com/docs/webhooks/webhooks-api',
  },
  'cal-com': {
    label: 'Cal.com',
    verification: signed('x-cal-signature-256'),
    secret: 'secret of the webhook',
    source: 'cal.com/docs/developing/guides/automation/webhooks',
  },
  gitea: {
    label: 'Gitea, Forgejo',
    verification: signed('x-gitea-signature'),
    eventId: { header: 'x-gitea-delivery' },
    secret: 'secret of the webhook',
    source: 'docs.gitea.com/usage/webhooks',
  },
} satisfies Record<string, Preset>;

export type PresetId = keyof typeof rows;
export const presets: Readonly<Record<PresetId, Preset>> = rows;
export const presetIds = Object.keys(rows) as PresetId[];

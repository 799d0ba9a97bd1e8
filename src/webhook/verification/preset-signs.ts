/** What else services send, by which they are known: several share a header for the signature. */
import type { PresetId } from './presets';

export interface PresetSigns {
  /** Names of headers in lower case that only this service sends. */
  headers?: readonly string[];
  userAgent?: RegExp;
  /** Query parameters of its test of the URL: all of them. */
  query?: readonly string[];
  /** Names at the top of a JSON body: all of them. */
  body?: readonly string[];
}

/** From the pages that `source` of each preset names. */
export const presetSigns: Readonly<Partial<Record<PresetId, PresetSigns>>> = {
  stripe: { userAgent: /^stripe\//i },
  github: { headers: ['x-github-event', 'x-github-hook-id'], userAgent: /^github-hookshot\//i },
  gitlab: { headers: ['x-gitlab-event', 'x-gitlab-instance'], userAgent: /^gitlab\//i },
  'gitlab-signing': { headers: ['x-gitlab-event', 'x-gitlab-instance'], userAgent: /^gitlab\//i },
  slack: { headers: ['x-slack-request-timestamp'], userAgent: /^slackbot /i },
  shopify: { headers: ['x-shopify-topic', 'x-shopify-shop-domain'], userAgent: /^shopify/i },
  twilio: { headers: ['i-twilio-idempotency-token'], userAgent: /^twilioproxy/i },
  sendgrid: { headers: ['x-twilio-email-event-webhook-timestamp'], userAgent: /^sendgrid/i },
  square: { headers: ['square-environment'], userAgent: /^square/i },
  hubspot: { headers: ['x-hubspot-request-timestamp'], userAgent: /^hubspot/i },
  zoom: { headers: ['x-zm-request-timestamp'], userAgent: /^zoom/i },
  discord: { headers: ['x-signature-timestamp'], userAgent: /^discord/i },
  line: { userAgent: /^linebotwebhook/i },
  meta: {
    userAgent: /^(?:facebook|webhooks\/)/i,
    query: ['hub.mode', 'hub.challenge', 'hub.verify_token'],
    body: ['object', 'entry'],
  },
  dropbox: { userAgent: /^dropbox/i, query: ['challenge'] },
  asana: { headers: ['x-hook-secret'] },
  paddle: { headers: ['paddle-version'] },
  linear: { headers: ['linear-event', 'linear-delivery'], userAgent: /^linear/i },
  intercom: { userAgent: /^intercom/i, body: ['type', 'topic', 'app_id'] },
  x: { query: ['crc_token'] },
  'aws-sns': { headers: ['x-amz-sns-message-type', 'x-amz-sns-topic-arn'], userAgent: /^amazon simple n/i },
  'microsoft-graph': { query: ['validationToken'] },
  websub: { query: ['hub.mode', 'hub.topic'] },
  webflow: { headers: ['x-webflow-timestamp'] },
  woocommerce: { headers: ['x-wc-webhook-topic', 'x-wc-webhook-source'], userAgent: /^woocommerce/i },
  gitea: {
    headers: ['x-gitea-event', 'x-gitea-delivery', 'x-forgejo-event'],
    userAgent: /^(?:go-http-client|forgejo|gitea)/i,
  },
};

// Vendors' own code as signers and as judges. Usage: node hooks-sign.mjs FOLDER_WITH_NODE_MODULES PORT
// POST /sign/NAME {url, body, secret, at, key?} -> headers; POST /verify/NAME {url, body, secret, headers} -> true or false.
// Bodies are base64, `at` is seconds since the epoch.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const require = createRequire(path.join(folder, 'package.json'));
const octokit = await import(
  pathToFileURL(path.join(folder, 'node_modules/@octokit/webhooks-methods/dist-node/index.js'))
);
const Stripe = require('stripe');
const svix = require('svix');
const standard = require('standardwebhooks');
const twilio = require('twilio');
const { Signature } = require('@hubspot/api-client/lib/src/utils/signature.js');
const { EventWebhook } = require('@sendgrid/eventwebhook');
const { WebhooksHelper } = require('square');
const { validateSignature } = require('@line/bot-sdk');
const { isValidSlackRequest } = require('@slack/bolt/dist/receivers/verify-request.js');
const { verifyKey } = require('discord-interactions');
const { createSigner, httpbis } = require('http-message-signatures');

const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
const text = (body) => body.toString('utf8');

const sign = {
  stripe: ({ body, secret, at }) => ({
    'stripe-signature': new Stripe('sk_test_none').webhooks.generateTestHeaderString({
      payload: text(body),
      secret,
      timestamp: at,
    }),
  }),
  svix: ({ body, secret, at }) => ({
    'svix-id': id,
    'svix-timestamp': String(at),
    'svix-signature': new svix.Webhook(secret).sign(id, new Date(at * 1000), text(body)),
  }),
  'standard-webhooks': ({ body, secret, at }) => ({
    'webhook-id': id,
    'webhook-timestamp': String(at),
    'webhook-signature': new standard.Webhook(secret).sign(id, new Date(at * 1000), text(body)),
  }),
  github: async ({ body, secret }) => ({ 'x-hub-signature-256': await octokit.sign(secret, text(body)) }),
  twilio({ url, body, secret }) {
    const fields = Object.fromEntries(
      [...new Set(new URLSearchParams(text(body)).keys())].map((name) => {
        const values = new URLSearchParams(text(body)).getAll(name);
        return [name, values.length > 1 ? values : values[0]];
      }),
    );
    return {
      'content-type': 'application/x-www-form-urlencoded',
      'x-twilio-signature': twilio.getExpectedTwilioSignature(secret, url, fields),
    };
  },
  'twilio-json': ({ url, secret }) => ({
    'content-type': 'application/json',
    'x-twilio-signature': twilio.getExpectedTwilioSignature(secret, url, {}),
  }),
  hubspot: ({ url, body, secret, at }) => ({
    'x-hubspot-request-timestamp': String(at * 1000),
    'x-hubspot-signature-v3': Signature.getSignature('POST', 'v3', {
      clientSecret: secret,
      url,
      requestBody: text(body),
      timestamp: at * 1000,
    }),
  }),
  async rfc9421({ url, secret, at, alg, fields, headers }) {
    const key = createSigner(alg === 'hmac-sha256' ? Buffer.from(secret, 'base64') : secret, alg, 'k1');
    const paramValues = { created: new Date(at * 1000) };
    const params = ['created', 'keyid', 'alg'];
    const signed = await httpbis.signMessage(
      { key, fields, params, paramValues },
      { method: 'POST', url, headers },
    );
    return signed.headers;
  },
};

const verify = {
  slack: ({ body, secret, headers }) =>
    isValidSlackRequest({ signingSecret: secret, body: text(body), headers }),
  line: ({ body, secret, headers }) => validateSignature(text(body), secret, headers['x-line-signature']),
  square: ({ url, body, secret, headers }) =>
    WebhooksHelper.verifySignature({
      requestBody: text(body),
      signatureHeader: headers['x-square-hmacsha256-signature'],
      signatureKey: secret,
      notificationUrl: url,
    }),
  sendgrid({ body, secret, headers }) {
    const own = new EventWebhook();
    const prefix = 'x-twilio-email-event-webhook';
    const key = own.convertPublicKeyToECDSA(secret);
    return own.verifySignature(key, body, headers[`${prefix}-signature`], headers[`${prefix}-timestamp`]);
  },
  discord: ({ body, secret, headers }) =>
    verifyKey(body, headers['x-signature-ed25519'], headers['x-signature-timestamp'], secret),
};

async function answer(url, asked) {
  const [, what, name] = url.split('/');
  asked.body = Buffer.from(asked.body ?? '', 'base64');
  if (what === 'sign') return sign[name](asked);
  try {
    return Boolean(await verify[name](asked));
  } catch {
    return false;
  }
}

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    try {
      const given =
        request.method === 'POST' && (await answer(request.url, JSON.parse(Buffer.concat(chunks))));
      response.end(JSON.stringify(given));
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  });
}).listen(Number(port), '127.0.0.1');

// Receivers that verify with their vendors' own code. Usage: node hooks-sdk.mjs FOLDER_WITH_NODE_MODULES PORT
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, port] = process.argv.slice(2);
const require = createRequire(path.join(folder, 'package.json'));

/** @octokit/webhooks can only be imported. */
async function importOnly(name) {
  const home = path.join(folder, 'node_modules', name);
  let entry = JSON.parse(readFileSync(path.join(home, 'package.json'), 'utf8')).exports['.'];
  while (typeof entry === 'object') entry = entry.import ?? entry.default;
  return import(pathToFileURL(path.join(home, entry)));
}

const { Webhooks } = await importOnly('@octokit/webhooks');
const { verifySlackRequest } = require('@slack/bolt/dist/receivers/verify-request.js');
const { Webhook } = require('standardwebhooks');
const Stripe = require('stripe');

const octokit = new Webhooks({ secret: 'hook-secret' });
const standard = new Webhook('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw');
const stripe = new Stripe('sk_test_none');

const receivers = {
  '/github': async (body, headers) => {
    if (!(await octokit.verify(body, headers['x-hub-signature-256']))) throw new Error('signature');
  },
  '/slack/events': (body, headers) => verifySlackRequest({ signingSecret: 'slack-secret', body, headers }),
  '/standard': (body, headers) => standard.verify(body, headers),
  '/stripe': (body, headers) =>
    stripe.webhooks.constructEvent(body, headers['stripe-signature'], 'whsec_stripe'),
};

createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    const receive = receivers[request.url];
    try {
      if (receive) await receive(Buffer.concat(chunks).toString('utf8'), request.headers);
      response.statusCode = receive ? 200 : 404;
      response.end('{}');
    } catch (error) {
      response.statusCode = 401;
      response.end(JSON.stringify({ reason: String(error) }));
    }
  });
}).listen(Number(port), '127.0.0.1');

import assert from 'node:assert/strict';
import { signing, standardWebhooks, type SigningScheme } from '../../src/connection/auth/signing';
import type { Authenticator } from '../../src/connection/auth/authenticator';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';

const scheme: SigningScheme = {
  secret: 'hook-secret',
  secretFormat: 'text',
  text: '{body}',
  algorithm: 'sha256',
  encoding: 'hex',
  header: 'X-Hub-Signature-256',
  value: 'sha256={signature}',
  idHeader: '',
  timestampHeader: '',
  timestampFormat: 'seconds',
};
const slack: SigningScheme = {
  ...scheme,
  secret: 'slack-secret',
  text: 'v0:{timestamp}:{body}',
  header: 'X-Slack-Signature',
  value: 'v0={signature}',
  timestampHeader: 'X-Slack-Request-Timestamp',
};
const stripe: SigningScheme = {
  ...scheme,
  secret: 'whsec_stripe',
  text: '{timestamp}.{body}',
  header: 'Stripe-Signature',
  value: 't={timestamp},v1={signature}',
};
const old = { now: () => Date.now() - 3_600_000 };

describe('signed requests, verified by receivers that we did not write', () => {
  let sdk: Peer;
  let webhook: Peer;
  before(async () => {
    sdk = await startPeer('hooks-sdk');
    webhook = await startPeer('hooks-webhook');
  });
  after(async () => {
    await sdk?.stop();
    await webhook?.stop();
  });

  async function deliver(peer: Peer, url: string, authenticator: Authenticator): Promise<number> {
    const connection = connect({ baseUrl: peer.url, authenticator });
    try {
      const answer = await connection.send({
        method: 'POST',
        url,
        headers: { 'Content-Type': 'application/json' },
        body: Buffer.from('{"a": "Zoë ☃",\n "b":[1.0, 2e3]}'),
      });
      return answer.statusCode;
    } finally {
      await connection.close();
    }
  }

  const accepted: [string, () => Peer, string, () => Authenticator][] = [
    ['@octokit/webhooks', () => sdk, '/github', () => signing(scheme)],
    ['adnanh/webhook', () => webhook, '/hooks/github', () => signing(scheme)],
    ['@slack/bolt', () => sdk, '/slack/events', () => signing(slack)],
    ['stripe', () => sdk, '/stripe', () => signing(stripe)],
    [
      'standardwebhooks',
      () => sdk,
      '/standard',
      () => standardWebhooks('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'),
    ],
  ];
  for (const [name, peer, url, authenticator] of accepted) {
    it(`${name} accepts`, async () => {
      assert.equal(await deliver(peer(), url, authenticator()), 200);
    });
  }

  const refused: [string, () => Peer, string, () => Authenticator, number][] = [
    ['@octokit/webhooks: secret', () => sdk, '/github', () => signing({ ...scheme, secret: 'x' }), 401],
    // its real answer to a bad signature
    [
      'adnanh/webhook: secret',
      () => webhook,
      '/hooks/github',
      () => signing({ ...scheme, secret: 'x' }),
      500,
    ],
    ['@slack/bolt: time', () => sdk, '/slack/events', () => signing(slack, undefined, old), 401],
    ['stripe: time', () => sdk, '/stripe', () => signing(stripe, undefined, old), 401],
    ['standardwebhooks: secret', () => sdk, '/standard', () => standardWebhooks('whsec_aGFsbG8='), 401],
    [
      'standardwebhooks: time',
      () => sdk,
      '/standard',
      () => standardWebhooks('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', undefined, old),
      401,
    ],
  ];
  for (const [name, peer, url, authenticator, status] of refused) {
    it(`${name} is refused when wrong`, async () => {
      assert.equal(await deliver(peer(), url, authenticator()), status);
    });
  }
});

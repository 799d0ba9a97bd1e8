import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { bearer } from '../../../src/connection/auth/bearer';
import { digest } from '../../../src/connection/auth/digest';
import {
  hmac,
  parseSignedText,
  renderSignedText,
  signingKey,
  type SignedParts,
} from '../../../src/connection/auth/signed-text';
import { signing, standardWebhooks, type SigningScheme } from '../../../src/connection/auth/signing';
import type { Hop } from '../../../src/connection/transport';
import { connect } from '../../support/connect';
import { startServer } from '../../support/server';
import { startDigestServer } from './digest-server';

const signal = new AbortController().signal;
const hopTo = (more: Partial<Hop> = {}): Hop => ({
  method: 'POST',
  url: new URL('https://h.test/a%20b?x=1'),
  headers: {},
  body: Buffer.from('{"ü":1}'),
  ...more,
});
const scheme: SigningScheme = {
  secret: 'top secret',
  secretFormat: 'text',
  text: '{body}',
  algorithm: 'sha256',
  encoding: 'hex',
  header: 'X-Signature',
  value: 'sha256={signature}',
  idHeader: '',
  timestampHeader: '',
  timestampFormat: 'seconds',
};
const sources = { now: () => 1_614_265_330_123, newId: () => 'msg_new' };

describe('connection/auth/signed-text', () => {
  const values: SignedParts = {
    id: 'i',
    timestamp: '7',
    method: 'POST',
    url: 'https://h/p?q',
    path: '/p?q',
    body: Buffer.from([0xff, 0x00, 0x7b]),
  };
  const render = (template: string) => renderSignedText(parseSignedText(template), values).toString('latin1');

  it('puts the parts in, and the body byte by byte', () => {
    assert.equal(render('{id}.{timestamp}.{body}'), 'i.7.\xff\x00{');
    assert.equal(render('{method}{url}{path}'), 'POSThttps://h/p?q/p?q');
    assert.equal(render('{method}\\n{path}\\n\\\\n'), 'POST\n/p?q\n\\n');
  });

  it('leaves braces around anything else alone', () => {
    assert.equal(render('{"a":{}} { id } {{id}} \\x'), '{"a":{}} { id } {i} \\x');
  });

  it('does not read what it has put in', () => {
    const parsed = parseSignedText('{id}{body}');
    assert.equal(
      renderSignedText(parsed, { ...values, id: '{body}', body: Buffer.from('{id}') }).toString(),
      '{body}{id}',
    );
  });

  it('refuses a part that there is not, and nothing at all', () => {
    assert.throws(() => parseSignedText('{bdy}'), {
      code: 'CONFIG',
      message: /\{bdy\}.*\{path\} and \{body\}/,
    });
    assert.throws(() => parseSignedText(''), { code: 'CONFIG' });
  });

  it('decodes secrets, and refuses those that are not what they say', () => {
    assert.equal(signingKey('whsec_x', 'text').toString(), 'whsec_x');
    assert.equal(signingKey('whsec_aGk=', 'base64').toString(), 'hi');
    assert.equal(signingKey('aGk', 'base64').toString(), 'hi');
    assert.deepEqual(signingKey('-_8=', 'base64'), signingKey('+/8=', 'base64'));
    assert.deepEqual(signingKey('00FFaa', 'hex'), Buffer.from([0, 255, 170]));
    for (const [secret, format] of [
      ['', 'text'],
      ['whsec_', 'base64'],
      ['a', 'base64'],
      ['no base64!', 'base64'],
      ['abc', 'hex'],
      ['zz', 'hex'],
    ] as const) {
      assert.throws(
        () => signingKey(secret, format),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'CONFIG');
          return secret.length < 2 || !error.message.includes(secret);
        },
      );
    }
  });

  it('signs by RFC 2202 and RFC 4231', () => {
    const key = Buffer.from('Jefe');
    const text = Buffer.from('what do ya want for nothing?');
    assert.equal(hmac('sha1', 'hex', key, text), 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79');
    assert.equal(
      hmac('sha256', 'hex', key, text),
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
    assert.equal(
      hmac('sha384', 'hex', key, text),
      'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
    );
    assert.equal(
      hmac('sha512', 'hex', key, text),
      '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
        '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
    );
    assert.equal(hmac('sha1', 'base64', key, text), '7/zfauXrL6LSdBbV8YTfnCWafHk=');
    assert.equal(hmac('sha1', 'base64url', key, text), '7_zfauXrL6LSdBbV8YTfnCWafHk');
  });
});

describe('connection/auth/signing', () => {
  const sign = async (more: Partial<SigningScheme>, hop = hopTo()) => {
    await signing({ ...scheme, ...more }, undefined, sources).authorize(hop, signal);
    return hop.headers;
  };
  const expected = (text: string, algorithm = 'sha256', encoding: 'hex' | 'base64' = 'hex') =>
    createHmac(algorithm, 'top secret').update(text).digest(encoding);

  it('GitHub: the body alone', async () => {
    assert.deepEqual(await sign({}), { 'X-Signature': `sha256=${expected('{"ü":1}')}` });
  });

  it('Slack: a timestamp in a header of its own', async () => {
    assert.deepEqual(
      await sign({ text: 'v0:{timestamp}:{body}', value: 'v0={signature}', timestampHeader: 'X-Time' }),
      { 'X-Time': '1614265330', 'X-Signature': `v0=${expected('v0:1614265330:{"ü":1}')}` },
    );
  });

  it('Stripe: the timestamp in the header of the signature', async () => {
    assert.deepEqual(await sign({ text: '{timestamp}.{body}', value: 't={timestamp},v1={signature}' }), {
      'X-Signature': `t=1614265330,v1=${expected('1614265330.{"ü":1}')}`,
    });
  });

  it('HubSpot: method, URL and milliseconds', async () => {
    assert.deepEqual(
      await sign({
        text: '{method}{url}{body}{timestamp}',
        value: '{signature}',
        encoding: 'base64',
        timestampHeader: 'X-Time',
        timestampFormat: 'milliseconds',
      }),
      {
        'X-Time': '1614265330123',
        'X-Signature': expected('POSThttps://h.test/a%20b?x=1{"ü":1}1614265330123', 'sha256', 'base64'),
      },
    );
  });

  it('path, ISO time, sha512, and a request without a body', async () => {
    assert.deepEqual(
      await sign(
        {
          text: '{method}\\n{path}\\n{timestamp}\\n{body}',
          value: '{signature}',
          algorithm: 'sha512',
          timestampHeader: 'X-Time',
          timestampFormat: 'iso',
        },
        hopTo({ method: 'GET', body: undefined }),
      ),
      {
        'X-Time': '2021-02-25T15:02:10.123Z',
        'X-Signature': expected('GET\n/a%20b?x=1\n2021-02-25T15:02:10.123Z\n', 'sha512'),
      },
    );
  });

  it("Standard Webhooks: the specification's own example", async () => {
    const hop = hopTo({
      headers: { 'Webhook-Id': 'msg_p5jXN8AQM9LWM0D4loKWxJek' },
      body: Buffer.from('{"test": 2432232314}'),
    });
    await standardWebhooks('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', undefined, {
      now: () => 1_614_265_330_000,
    }).authorize(hop, signal);
    assert.deepEqual(hop.headers, {
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('takes the id from its header, else from Idempotency-Key, else a new one', async () => {
    const idOf = async (headers: Record<string, string>) =>
      (await sign({ text: '{id}{body}', idHeader: 'X-Id' }, hopTo({ headers })))['X-Id'];
    assert.equal(await idOf({ 'x-id': 'mine', 'Idempotency-Key': 'key' }), 'mine');
    assert.equal(await idOf({ 'idempotency-key': 'key' }), 'key');
    assert.equal(await idOf({}), 'msg_new');
    const authenticator = standardWebhooks('whsec_aGk=');
    const ids = new Set<unknown>();
    for (let i = 0; i < 50; i++) {
      const hop = hopTo();
      await authenticator.authorize(hop, signal);
      ids.add(hop.headers['webhook-id']);
    }
    assert.equal(ids.size, 50);
  });

  it('replaces what a request carries of an older signature', async () => {
    const headers = { 'x-SIGNATURE': 'old', 'x-time': 'old' };
    const signed = await sign({ text: '{timestamp}', timestampHeader: 'X-Time' }, hopTo({ headers }));
    assert.deepEqual(Object.keys(signed).sort(), ['X-Signature', 'X-Time']);
  });

  it('refuses settings that cannot work, without showing the secret', () => {
    for (const more of [
      { secret: '' },
      { header: '' },
      { value: 'sha256=' },
      { text: '{nothing}' },
      { text: '{timestamp}.{body}' },
      { text: '{id}.{body}' },
      { secretFormat: 'hex' },
    ] as Partial<SigningScheme>[]) {
      assert.throws(
        () => signing({ ...scheme, ...more }),
        (error: { code: string; message: string }) => {
          assert.equal(error.code, 'CONFIG');
          return !error.message.includes('top secret');
        },
      );
    }
  });

  it('signs each attempt of a request anew, with the id that stays', async () => {
    const server = await startServer((_request, response) => {
      response.statusCode = server.received.length < 3 ? 503 : 200;
      response.end();
    });
    let now = 0;
    const connection = connect({
      baseUrl: server.url,
      authenticator: standardWebhooks('whsec_aGk=', undefined, { now: () => (now += 1000) }),
      idempotencyKeys: true,
      retry: {
        attempts: 3,
        isRetried: (status) => status === 503,
        baseDelay: 1,
        maxDelay: 1,
        maxTotal: 10_000,
      },
    });
    try {
      const answer = await connection.send({ method: 'POST', url: '', body: Buffer.from('x') });
      assert.equal(answer.statusCode, 200);
      const sent = server.received.map((request) => request.headers);
      assert.equal(new Set(sent.map((headers) => headers['webhook-id'])).size, 1);
      assert.deepEqual(
        sent.map((headers) => headers['webhook-timestamp']),
        ['1', '2', '3'],
      );
    } finally {
      await connection.close();
      await server.close();
    }
  });

  describe('beside another authentication', () => {
    it('carries both, and hides the secrets of both', async () => {
      const authenticator = signing(scheme, bearer('the token'), sources);
      const hop = hopTo();
      await authenticator.authorize(hop, signal);
      assert.deepEqual(Object.keys(hop.headers), ['Authorization', 'X-Signature']);
      const secrets = authenticator.secrets();
      assert.ok(secrets.includes('top secret') && secrets.includes('the token'));
      assert.equal(authenticator.secrets(), secrets);
    });

    it('lets it renew', async () => {
      const server = await startDigestServer();
      const connection = connect({
        baseUrl: server.url,
        authenticator: signing(scheme, digest('Mufasa', 'Circle of Life')),
      });
      try {
        assert.equal((await connection.send({ method: 'GET', url: '' })).statusCode, 200);
        assert.ok(server.received.every((request) => request.headers['x-signature']));
      } finally {
        await connection.close();
        await server.close();
      }
    });
  });
});

import assert from 'node:assert/strict';
import { createHmac, createSign, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { findScheme } from '../../src/webhook/find-scheme';
import { suggestVerification } from '../../src/webhook/suggest-verification';
import { presets, presetIds, type PresetId } from '../../src/webhook/verification/presets';
import { presetSigns } from '../../src/webhook/verification/preset-signs';
import { signatureScheme } from '../../src/webhook/verification/scheme';
import { publicSuite } from '../support/public-suites';
import { delivery } from './verification/support';

const body = '{"id":"evt_1","text":"Zoë"}';
const time = '1767225600';
const hmac = (text: string, encoding: 'hex' | 'base64', hash = 'sha256', key: string | Buffer = 'a-secret') =>
  createHmac(hash, key).update(text).digest(encoding);
const first = (sent: Parameters<typeof delivery>[0]) => suggestVerification(delivery({ body, ...sent }))[0]!;

interface Fixture {
  samples: {
    name: string;
    expect: string;
    method: string;
    url: string;
    secret?: string;
    headers: Record<string, string>;
    bodyBase64: string;
  }[];
}

const suites: Record<string, PresetId> = {
  'aws-sns': 'aws-sns',
  'discord-ed25519': 'discord',
  github: 'github',
  hubspot: 'hubspot',
  line: 'line',
  linear: 'linear',
  paddle: 'paddle',
  'sendgrid-ecdsa': 'sendgrid',
  shopify: 'shopify',
  slack: 'slack',
  square: 'square',
  'standard-webhooks': 'standard-webhooks',
  stripe: 'stripe',
  svix: 'svix',
  twilio: 'twilio',
  zoom: 'zoom',
};

describe('webhook/suggest-verification', () => {
  for (const [file, preset] of Object.entries(suites)) {
    const fixture = publicSuite<Fixture>(`webhooks of ${file}`, `webhook-${file}.json`);
    if (!fixture) continue;
    it(`knows what ${file} sends, and says that its signature is right`, () => {
      const valid = fixture.samples.filter(({ expect }) => expect === 'valid');
      assert(valid.length > 0);
      for (const sample of valid) {
        const sent = delivery({ ...sample, body: Buffer.from(sample.bodyBase64, 'base64') });
        const [top] = suggestVerification(sent);
        assert.deepEqual(top!.settings, { kind: 'preset', preset }, sample.name);
        const { verification } = presets[preset];
        if (verification.kind !== 'signature') continue;
        const options = { secrets: [sample.secret!], publicUrl: '' };
        assert.deepEqual(findScheme(verification.scheme, sent, options)?.differs, [], sample.name);
        assert.equal(
          findScheme(verification.scheme, sent, { ...options, secrets: [other(sample.secret!)] }),
          undefined,
        );
      }
    });
  }

  it('tells all services apart, by the way they sign and what else they send', () => {
    for (const id of presetIds) {
      const { names } = rankOf(id);
      assert.equal(names[0], id, names.join(' '));
    }
  });

  it('knows a service by its test of the URL', () => {
    const tests: [PresetId, Parameters<typeof delivery>[0]][] = [
      [
        'meta',
        { method: 'GET', url: 'https://a.test/x?hub.mode=subscribe&hub.challenge=1&hub.verify_token=t' },
      ],
      ['websub', { method: 'GET', url: 'https://a.test/x?hub.mode=subscribe&hub.challenge=1&hub.topic=t' }],
      ['microsoft-graph', { url: 'https://a.test/x?validationToken=v' }],
      ['dropbox', { method: 'GET', url: 'https://a.test/x?challenge=c' }],
      ['x', { method: 'GET', url: 'https://a.test/x?crc_token=c' }],
      ['asana', { headers: { 'X-Hook-Secret': 'b537207f20cbfa02357cf448134da559' } }],
    ];
    for (const [preset, sent] of tests) assert.deepEqual(first(sent).settings, { kind: 'preset', preset });
  });

  it('reads a signature of no known service: encoding, algorithm, prefix, entries, timestamp and id', () => {
    const read = (headers: Record<string, string>) => {
      const { settings } = first({ headers });
      assert.equal(settings.kind, 'signature');
      return settings.kind === 'signature' ? settings.scheme : undefined;
    };
    assert.deepEqual(
      read({ 'X-Acme-Signature': hmac(body, 'hex') }),
      signatureScheme({ header: 'x-acme-signature' }),
    );
    assert.deepEqual(
      read({ 'X-Acme-Hmac': `sha512=${hmac(body, 'base64', 'sha512')}` }),
      signatureScheme({
        header: 'x-acme-hmac',
        algorithm: 'hmac-sha512',
        encoding: 'base64',
        prefix: 'sha512=',
      }),
    );
    assert.deepEqual(
      read({ 'X-Acme-Signature': `t=${time},v1=${hmac(body, 'hex')}` }),
      signatureScheme({
        header: 'x-acme-signature',
        text: '{timestamp}.{body}',
        separator: ',',
        prefix: 'v1=',
        timestamp: { from: 'entry', name: 't=', unit: 'seconds', tolerance: 300 },
      }),
    );
    assert.deepEqual(
      read({ 'acme-id': 'm1', 'acme-timestamp': `${time}000`, 'acme-signature': hmac(body, 'base64') }),
      signatureScheme({
        header: 'acme-signature',
        text: '{id}.{timestamp}.{body}',
        encoding: 'base64',
        idHeader: 'acme-id',
        timestamp: { from: 'header', name: 'acme-timestamp', unit: 'milliseconds', tolerance: 300 },
      }),
    );
    const { reasons } = first({ headers: { 'X-Acme-Signature': `sha1=${hmac(body, 'hex', 'sha1')}` } });
    const values = { name: 'x-acme-signature', size: 20, encoding: 'hex', algorithm: 'HMAC-SHA1' };
    assert.deepEqual(reasons, [
      { code: 'signature', values },
      { code: 'behind', values: { name: 'sha1=' } },
    ]);
  });

  it('knows the other ways: RFC 9421, tokens, Basic, secrets in headers, the URL and the body', () => {
    const token = [{ alg: 'RS256' }, { iss: 'https://id.test' }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const jwt = `${token.join('.')}.${'x'.repeat(40)}`;
    const input = 'sig1=("@method" "content-digest");created=1;keyid="k1";alg="ed25519";tag="t"';
    const ways: [object, Parameters<typeof delivery>[0]][] = [
      [
        {
          kind: 'message-signature',
          algorithm: 'ed25519',
          keyId: 'k1',
          tag: 't',
          required: ['@method', 'content-digest'],
        },
        { headers: { 'Signature-Input': input, Signature: 'sig1=:AAAA:' } },
      ],
      [
        { kind: 'jwt', header: 'authorization', algorithm: 'RS256', issuer: 'https://id.test' },
        { headers: { Authorization: `Bearer ${jwt}` } },
      ],
      [
        { kind: 'jwt', header: 'x-webhook-jwt', algorithm: 'RS256', issuer: 'https://id.test' },
        { headers: { 'X-Webhook-Jwt': jwt } },
      ],
      [
        { kind: 'basic', user: 'ann' },
        { headers: { Authorization: `Basic ${Buffer.from('ann:a:b').toString('base64')}` } },
      ],
      [
        { kind: 'secret-header', header: 'authorization' },
        { headers: { Authorization: 'Bearer abcdefghij' } },
      ],
      [{ kind: 'secret-header', header: 'x-api-key' }, { headers: { 'X-Api-Key': hmac('k', 'hex') } }],
      [{ kind: 'query-token', parameter: 'token' }, { url: 'https://a.test/x?page=1&token=abcdefgh12' }],
      [{ kind: 'body-token', path: 'token' }, { body: '{"token":"abcdefgh12","event":"x"}' }],
      [
        { kind: 'none' },
        {
          headers: {
            'X-Request-Id': hmac('r', 'hex'),
            ETag: hmac('e', 'hex'),
            'Content-Digest': 'sha-256=:x=:',
          },
        },
      ],
    ];
    for (const [settings, sent] of ways) {
      assert.deepEqual(first(sent).settings, settings);
      const all = suggestVerification(delivery({ body, ...sent }));
      assert.deepEqual(all.at(-1)!.settings, { kind: 'none' });
      assert(
        all.every(({ reasons }) => !/abcdefgh|a:b|ey[A-Z]/.test(JSON.stringify(reasons))),
        'a secret is said',
      );
    }
  });

  it('never throws, whatever comes', () => {
    const name = fc.oneof(
      fc.string(),
      fc.constantFrom(
        'x-signature',
        'authorization',
        'signature-input',
        'signature',
        'x-hub-signature-256',
        'stripe-signature',
        'webhook-signature',
        'x-timestamp',
      ),
    );
    const value = fc.oneof(
      fc.string(),
      fc.base64String(),
      fc.constantFrom('t=1,v1=', 'sha256=', 'Basic ====', 'sig1=(', 'v1,'),
    );
    const headers = fc.dictionary(
      name,
      fc.oneof(value, fc.constant(undefined), fc.array(value) as fc.Arbitrary<never>),
    );
    const target = fc.oneof(
      fc.string(),
      fc.webPath().map((path) => `${path}?token=%E0%A4%A`),
    );
    fc.assert(
      fc.property(
        headers,
        fc.oneof(fc.json(), fc.string()),
        target,
        fc.string(),
        (headers, text, url, secret) => {
          const sent = { method: 'POST', url, params: {}, headers, ip: '', body: Buffer.from(text) };
          for (const { settings } of suggestVerification(sent)) {
            if (settings.kind === 'signature')
              findScheme(settings.scheme, sent, { secrets: [secret], publicUrl: '' });
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe('webhook/find-scheme', () => {
  const options = { secrets: ['a-secret'], publicUrl: '' };
  const find = (headers: Record<string, string>, own = {}, secrets = options.secrets) => {
    const sent = delivery({ headers, body });
    const [top] = suggestVerification(sent);
    assert.equal(top?.settings.kind, 'signature');
    const scheme = (top.settings as { scheme: ReturnType<typeof signatureScheme> }).scheme;
    return findScheme({ ...scheme, ...own }, sent, { ...options, secrets });
  };

  it('finds what is signed, and how the secret is read', () => {
    const found = find({ 'acme-time': time, 'acme-sign': hmac(`${time}.${body}`, 'hex') });
    assert.deepEqual(found?.differs, []);
    const stamped = find({ 'acme-timestamp': time, 'acme-signature': hmac(`${time}:${body}`, 'hex') });
    assert.deepEqual(stamped?.differs, [{ code: 'text', values: { name: '{timestamp}:{body}' } }]);
    assert.equal(stamped?.scheme.timestamp?.tolerance, 300);
    const only = find({ 'acme-timestamp': time, 'acme-signature': hmac(body, 'hex') });
    assert.deepEqual(only?.differs, [{ code: 'text', values: { name: '{body}' } }]);
    const key = Buffer.from('0123456789abcdef');
    const decoded = find({ 'acme-signature': hmac(body, 'base64', 'sha256', key) }, {}, [
      key.toString('base64'),
    ]);
    assert.deepEqual(decoded?.differs, [{ code: 'secretBase64' }]);
    const url = find({ 'acme-signature': hmac(`https://example.test/hooks/in${body}`, 'base64') });
    assert.deepEqual(url?.differs, [{ code: 'text', values: { name: '{url}{body}' } }]);
  });

  it('finds a prefix and an encoding that are set wrong', () => {
    const found = find({ 'acme-signature': `v2=${hmac(body, 'base64')}` }, { prefix: '', encoding: 'hex' });
    assert.deepEqual(found?.differs, [
      { code: 'encoding', values: { name: 'base64' } },
      { code: 'prefix', values: { name: 'v2=' } },
    ]);
  });

  it('finds the algorithm of a public key', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const signed = createSign('sha256').update(body).sign(privateKey).toString('base64');
    const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const found = find({ 'acme-signature': signed }, {}, [pem]);
    assert.deepEqual([found?.scheme.algorithm, found?.differs], ['ecdsa-p256-sha256-der', []]);
  });

  it('finds nothing with another secret, and does not accept a body that was changed', () => {
    assert.equal(find({ 'acme-signature': hmac(body, 'hex') }, {}, ['another']), undefined);
    assert.equal(find({ 'acme-signature': hmac('{}', 'hex') }), undefined);
    assert.equal(find({ 'acme-signature': hmac(body, 'hex') }, {}, []), undefined);
  });
});

/** Another secret or key of the same form. */
function other(secret: string): string {
  if (secret.startsWith('MFkw')) {
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
  }
  return secret
    .replace(/.$/, (last) => (last === '0' ? '1' : '0'))
    .replace(/(.)(.{3})$/, (_, at: string, end: string) => (at === 'A' ? 'B' : 'A') + end);
}

/** The presets in the order in which they are suggested for what one of them sends. */
function rankOf(id: PresetId) {
  const { verification } = presets[id];
  const { headers: extra = [], userAgent, body: names } = presetSigns[id] ?? {};
  const headers: Record<string, string> = Object.fromEntries(
    extra.filter((name) => name !== 'x-hook-secret').map((name) => [name, 'x']),
  );
  if (userAgent) headers['user-agent'] = agents[id] ?? '';
  let text = names ? JSON.stringify(Object.fromEntries(names.map((name) => [name, 'x']))) : body;
  if (verification.kind === 'signature') {
    const { scheme } = verification;
    const size = { 'hmac-sha1': 20, 'hmac-sha256': 32, ed25519: 64 }[scheme.algorithm as string];
    const bytes = size
      ? Buffer.alloc(size, 7)
      : Buffer.concat([Buffer.from([0x30, 68]), Buffer.alloc(68, 2)]);
    const signature = scheme.prefix + bytes.toString(scheme.encoding);
    const { timestamp } = scheme;
    const stamp = timestamp?.unit === 'milliseconds' ? `${time}000` : time;
    headers[scheme.header] =
      timestamp?.from === 'entry' ? `${timestamp.name}${stamp}${scheme.separator}${signature}` : signature;
    if (timestamp?.from === 'header') headers[timestamp.name] = stamp;
    if (scheme.idHeader) headers[scheme.idHeader] = 'msg_1';
  }
  if (verification.kind === 'secret-header') headers[verification.header] = 'a-secret-of-mine';
  if (verification.kind === 'body-token') text = '{"value":[{"clientState":"s3cret"}]}';
  if (verification.kind === 'aws-sns') text = '{"SigningCertURL":"https://x","TopicArn":"arn"}';
  const found = suggestVerification(delivery({ headers, body: text }));
  return {
    names: found.map(({ settings }) => (settings.kind === 'preset' ? settings.preset : settings.kind)),
  };
}

const agents: Partial<Record<PresetId, string>> = {
  github: 'GitHub-Hookshot/044aadd',
  gitlab: 'GitLab/17.0',
  'gitlab-signing': 'GitLab/17.0',
  meta: 'facebookexternalua',
  intercom: 'intercom-webhook',
};

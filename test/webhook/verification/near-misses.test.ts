import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { signatureScheme, type SignatureScheme } from '../../../src/webhook/verification/scheme';
import { SignatureVerifier } from '../../../src/webhook/verification/signature';
import { delivery, detailOf, refusalOf } from './support';

const now = 1_767_225_600;
const secret = 'c2VjcmV0IHNlY3JldA==';
const body = '{"a": 1}';
const key = Buffer.from(secret, 'base64');
const hmac = (text: string, by: string | Buffer = secret, hash = 'sha256') =>
  createHmac(hash, by).update(text);

/** What is set, what is sent, and what the log says to it. */
const rows: [
  string,
  Partial<SignatureScheme>,
  Record<string, string>,
  RegExp,
  { secret?: string; url?: string }?,
][] = [
  [
    'no header',
    {},
    { 'x-hub-signature': 'x' },
    /^the signature header "s" is missing; there is "x-hub-signature"$/,
  ],
  ['empty', {}, { s: ' ' }, /^the signature header "s" is empty$/],
  ['prefix', { prefix: 'sha256=' }, { s: hmac(body).digest('hex') }, /does not begin with "sha256="/],
  [
    'entry',
    { separator: ',', prefix: 'v1=' },
    { s: 'v2=00' },
    /no entry of the signature header "s" begins with "v1="/,
  ],
  ['encoding', {}, { s: hmac(body).digest('base64') }, /^the signature is in base64, but hex is set$/],
  [
    'encoding',
    { encoding: 'base64' },
    { s: hmac(body).digest('hex') },
    /^the signature is in hex, but base64 is set$/,
  ],
  [
    'raw secret',
    { secretFormat: 'base64' },
    { s: hmac(body).digest('hex') },
    /^signed with the raw secret, not with the secret decoded from base64$/,
  ],
  [
    'decoded secret',
    {},
    { s: hmac(body, key).digest('hex') },
    /^signed with the secret decoded from base64, not with the raw secret$/,
  ],
  [
    'two at once',
    {},
    { s: hmac(body, key).digest('base64') },
    /decoded from base64.*; the signature is in base64, but hex is set$/,
  ],
  ['blanks', {}, { s: hmac(body).digest('hex') }, /without the blanks around it/, { secret: ` ${secret}\n` }],
  ['whsec_', {}, { s: hmac(body, 'abc!').digest('hex') }, /what follows "whsec_"/, { secret: 'whsec_abc!' }],
  [
    'algorithm',
    {},
    { s: hmac(body, secret, 'sha1').digest('hex') },
    /^signed with HMAC-SHA1, but HMAC-SHA256 is set$/,
  ],
  [
    'URL',
    { text: '{url}{body}' },
    { s: hmac(`https://example.test/hooks/in?x=1${body}`).digest('hex') },
    /^signed another URL: set the public URL to what the sender has, https:\/\/example\.test\/hooks\/in$/,
    { url: 'https://public.test' },
  ],
  ['no body', {}, { s: hmac('').digest('hex') }, /without a body/],
  ['line break', {}, { s: hmac(`${body}\n`).digest('hex') }, /line break at the end/],
  ['compact', {}, { s: hmac('{"a":1}').digest('hex') }, /same JSON without blanks/],
  [
    'text',
    { timestamp: { from: 'header', name: 't', unit: 'seconds', tolerance: 300 } },
    { t: String(now), s: hmac(`${now}.${body}`).digest('hex') },
    /^signed is "\{timestamp\}\.\{body\}", but "\{body\}" is set$/,
  ],
  [
    'unit',
    { text: '{timestamp}{body}', timestamp: { from: 'header', name: 't', unit: 'seconds', tolerance: 300 } },
    { t: `${now}000`, s: 'x' },
    /^the timestamp is in milliseconds, but seconds are set$/,
  ],
  [
    'nothing near',
    {},
    { s: hmac(body, 'another').digest('hex') },
    /^the signature does not match: the secret is another, or the body was changed/,
  ],
];

describe('webhook/verification/near-misses', () => {
  for (const [name, scheme, headers, detail, { secret: set = secret, url = '' } = {}] of rows) {
    it(`${name}: says ${String(detail)}`, async () => {
      const verifier = new SignatureVerifier(signatureScheme({ header: 's', ...scheme }), {
        secrets: [set],
        publicUrl: url,
        now: () => now * 1000,
      });
      const sent = delivery({ body, headers, url: 'https://example.test/hooks/in?x=1' });
      const refusal = await refusalOf(verifier, sent);
      assert.match(refusal?.detail ?? '', detail);
      // nobody learns from the answer how near it was
      assert.equal(refusal!.message, 'the delivery could not be verified');
      assert(!refusal!.detail.includes(secret));
    });
  }

  it('says where the sender signed another URL, when a public one is set', async () => {
    const own = new SignatureVerifier(signatureScheme({ header: 's', text: '{url}' }), {
      secrets: [secret],
      publicUrl: 'https://public.test/hooks/in',
    });
    const signedUrl = (url: string) =>
      delivery({ headers: { s: hmac(url).digest('hex') }, url: 'https://inner.test/in?a=1' });
    assert.equal(await detailOf(own, signedUrl('https://public.test/hooks/in?a=1')), '');
    for (const url of [
      'http://public.test/hooks/in?a=1',
      'https://public.test/hooks/in/?a=1',
      'https://public.test/hooks/in',
      'https://public.test:443/hooks/in?a=1',
    ]) {
      assert.match(await detailOf(own, signedUrl(url)), /^signed another URL/, url);
    }
  });

  it('looks for reasons so often a second and not more, and not through large bodies', async () => {
    let time = now * 1000;
    const own = new SignatureVerifier(signatureScheme({ header: 's' }), {
      secrets: [secret],
      now: () => time,
    });
    const near = delivery({ body, headers: { s: hmac(body).digest('base64') } });
    const found = async () => (await detailOf(own, near)).includes('base64');
    const first = [];
    for (let i = 0; i < 30; i++) first.push(await found());
    assert.equal(first.filter(Boolean).length, 4);
    time += 1000;
    assert.equal(await found(), true);
    const large = 'x'.repeat(70_000);
    assert.match(
      await detailOf(own, delivery({ body: large, headers: { s: hmac(large).digest('base64') } })),
      /does not match/,
    );
  });
});

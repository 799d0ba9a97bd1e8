import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import {
  MessageSignature,
  requiredComponents,
  type MessageKey,
  type MessageSignatureScheme,
} from '../../../src/webhook/verification/message-signature';
import { delivery, detailOf, refusalOf } from './support';

/** RFC 9421 appendix B.1: published with their private halves, so there is nothing to keep. */
const keys: Record<string, MessageKey> = {
  pss: {
    id: 'test-key-rsa-pss',
    algorithm: 'rsa-pss-sha512',
    format: 'text',
    key: `-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAr4tmm3r20Wd/PbqvP1s2
+QEtvpuRaV8Yq40gjUR8y2Rjxa6dpG2GXHbPfvMs8ct+Lh1GH45x28Rw3Ry53mm+
oAXjyQ86OnDkZ5N8lYbggD4O3w6M6pAvLkhk95AndTrifbIFPNU8PPMO7OyrFAHq
gDsznjPFmTOtCEcN2Z1FpWgchwuYLPL+Wokqltd11nqqzi+bJ9cvSKADYdUAAN5W
Utzdpiy6LbTgSxP7ociU4Tn0g5I6aDZJ7A8Lzo0KSyZYoA485mqcO0GVAdVw9lq4
aOT9v6d+nb4bnNkQVklLQ3fVAvJm+xdDOp9LCNCN48V2pnDOkFV6+U9nV5oyc6XI
2wIDAQAB
-----END PUBLIC KEY-----`,
  },
  ed25519: {
    id: 'test-key-ed25519',
    algorithm: 'ed25519',
    format: 'base64',
    key: 'MCowBQYDK2VwAyEAJrQLj5P/89iXES9+vFgrIy29clF9CC/oPPsw3c5D0bs=',
  },
  shared: {
    id: 'test-shared-secret',
    algorithm: 'hmac-sha256',
    format: 'base64',
    key: 'uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ==',
  },
};

const created = 1618884473;
const clock = { now: () => created * 1000 };
/** RFC 9421 appendix B.2, `test-request`. */
const request = {
  url: 'https://example.com/foo?param=Value&Pet=dog',
  headers: {
    Date: 'Tue, 20 Apr 2021 02:07:55 GMT',
    'Content-Type': 'application/json',
    'Content-Digest':
      'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:',
    'Content-Length': '18',
  },
  body: '{"hello": "world"}',
};

/** Sections B.2.1 to B.2.3, B.2.5 and B.2.6; B.2.4 signs a response. */
const examples: [string, keyof typeof keys, string, string][] = [
  [
    'b21',
    'pss',
    '();created=1618884473;keyid="test-key-rsa-pss";nonce="b3k2pp5k7z-50gnwp.yemd"',
    'd2pmTvmbncD3xQm8E9ZV2828BjQWGgiwAaw5bAkgibUopemLJcWDy/lkbbHAve4cRAtx31Iq786U7it++wgGxbtRxf8Udx7zFZsckzXaJMkA7ChG52eSkFxykJeNqsrWH5S+oxNFlD4dzVuwe8DhTSja8xxbR/Z2cOGdCbzR72rgFWhzx2VjBqJzsPLMIQKhO4DGezXehhWwE56YCE+O6c0mKZsfxVrogUvA4HELjVKWmAvtl6UnCh8jYzuVG5WSb/QEVPnP5TmcAnLH1g+s++v6d4s8m0gCw1fV5/SITLq9mhho8K3+7EPYTU8IU1bLhdxO5Nyt8C8ssinQ98Xw9Q==',
  ],
  [
    'b22',
    'pss',
    '("@authority" "content-digest" "@query-param";name="Pet");created=1618884473;keyid="test-key-rsa-pss";tag="header-example"',
    'LjbtqUbfmvjj5C5kr1Ugj4PmLYvx9wVjZvD9GsTT4F7GrcQEdJzgI9qHxICagShLRiLMlAJjtq6N4CDfKtjvuJyE5qH7KT8UCMkSowOB4+ECxCmT8rtAmj/0PIXxi0A0nxKyB09RNrCQibbUjsLS/2YyFYXEu4TRJQzRw1rLEuEfY17SARYhpTlaqwZVtR8NV7+4UKkjqpcAoFqWFQh62s7Cl+H2fjBSpqfZUJcsIk4N6wiKYd4je2U/lankenQ99PZfB4jY3I5rSV2DSBVkSFsURIjYErOs0tFTQosMTAoxk//0RoKUqiYY8Bh0aaUEb0rQl3/XaVe4bXTugEjHSw==',
  ],
  [
    'b23',
    'pss',
    '("date" "@method" "@path" "@query" "@authority" "content-type" "content-digest" "content-length");created=1618884473;keyid="test-key-rsa-pss"',
    'bbN8oArOxYoyylQQUU6QYwrTuaxLwjAC9fbY2F6SVWvh0yBiMIRGOnMYwZ/5MR6fb0Kh1rIRASVxFkeGt683+qRpRRU5p2voTp768ZrCUb38K0fUxN0O0iC59DzYx8DFll5GmydPxSmme9v6ULbMFkl+V5B1TP/yPViV7KsLNmvKiLJH1pFkh/aYA2HXXZzNBXmIkoQoLd7YfW91kE9o/CCoC1xMy7JA1ipwvKvfrs65ldmlu9bpG6A9BmzhuzF8Eim5f8ui9eH8LZH896+QIF61ka39VBrohr9iyMUJpvRX2Zbhl5ZJzSRxpJyoEZAFL2FUo5fTIztsDZKEgM4cUA==',
  ],
  [
    'b25',
    'shared',
    '("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"',
    'pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=',
  ],
  [
    'b26',
    'ed25519',
    '("date" "@method" "@path" "@authority" "content-type" "content-length");created=1618884473;keyid="test-key-ed25519"',
    'wqcAqbmYJ2ji2glfAMaRy4gruYYnx2nEFN2HN6jrnDnQCK1u02Gb04v9EDgwUPiu4A0w6vuQv5lIp5WPpBKRCw==',
  ],
];

function verifierOf(change: Partial<MessageSignatureScheme> = {}, publicUrl = ''): MessageSignature {
  const scheme = { keys: Object.values(keys), required: [], tolerance: 300, tag: '', ...change };
  return new MessageSignature(scheme, { ...clock, publicUrl });
}

/** Signs the request with the shared secret: the base is written here by hand. */
function signed(base: string, input: string, more: Record<string, string> = {}, body = request.body) {
  const key = Buffer.from(keys.shared!.key, 'base64');
  const signature = createHmac('sha256', key)
    .update(`${base}"@signature-params": ${input}`, 'latin1')
    .digest('base64');
  const headers = {
    ...request.headers,
    ...more,
    'Signature-Input': `s=${input}`,
    Signature: `s=:${signature}:`,
  };
  return { ...request, headers, body };
}

const params = `;created=${created};keyid="test-shared-secret"`;
const digestOf = (body: string | Buffer) => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

describe('webhook/verification/message-signature', () => {
  for (const [label, key, input, signature] of examples) {
    const headers = {
      ...request.headers,
      'Signature-Input': `sig-${label}=${input}`,
      Signature: `sig-${label}=:${signature}:`,
    };
    it(`verifies the example ${label} of RFC 9421, and nothing near it`, async () => {
      assert.equal(await detailOf(verifierOf(), delivery({ ...request, headers })), '');
      assert.match(
        await detailOf(
          verifierOf({ keys: [{ ...keys[key]!, id: 'other' }] }),
          delivery({ ...request, headers }),
        ),
        /^no key is set for the keyid/,
      );
      const wrong: Record<string, string>[] = [
        { 'Signature-Input': headers['Signature-Input'].replace('1618884473', '1618884474') },
        { Signature: headers.Signature.replace(/:.(.)/, ':Z$1') },
        { Signature: headers.Signature.replace('sig-', 'sug-') },
        { Signature: '' },
        { 'Signature-Input': `sig-${label}` },
        { 'Signature-Input': `sig-${label}=(` },
      ];
      for (const name of ['date', 'content-type', 'content-length', 'content-digest']) {
        if (input.includes(`"${name}"`)) wrong.push({ [name]: 'other' });
      }
      for (const change of wrong) {
        const sent = delivery({ ...request, headers: { ...headers, ...change } });
        assert.equal((await refusalOf(verifierOf(), sent))?.status, 401, JSON.stringify(change));
      }
      if (/@authority/.test(input)) {
        const other = delivery({ ...request, headers: { ...headers, host: 'other.example' } });
        assert.equal((await refusalOf(verifierOf(), other))?.status, 401);
      }
    });
  }

  it('checks the body against a digest that is covered', async () => {
    const input = `("content-digest")${params}`;
    const base = (digest: string) => `"content-digest": ${digest}\n`;
    const own = verifierOf({ required: ['content-digest'] });
    const bodies = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(bodies, bodies, async (body, other) => {
        const digest = digestOf(body);
        const sent = signed(base(digest), input, { 'Content-Digest': digest });
        assert.equal(await detailOf(own, delivery({ ...sent, body })), '');
        fc.pre(!body.equals(other));
        assert.match(await detailOf(own, delivery({ ...sent, body: other })), /the body is another/);
      }),
    );
    for (const digest of ['md5=:AAAA:', 'sha-256="x"', `${digestOf(request.body)}, sha-512=:AAAA:`, 'x=(']) {
      const sent = signed(base(digest), input, { 'Content-Digest': digest });
      assert.match(await detailOf(own, delivery(sent)), /content-digest/, digest);
    }
  });

  it('wants what is required to be covered, and the signature to be of its time', async () => {
    const all = [...requiredComponents];
    const base = `"@method": POST\n"@target-uri": ${request.url}\n"content-digest": ${request.headers['Content-Digest']}\n`;
    const input = (more = params) => `("@method" "@target-uri" "content-digest")${more}`;
    const own = verifierOf({ required: all });
    assert.equal(await detailOf(own, delivery(signed(base, input()))), '');
    assert.match(
      await detailOf(own, delivery(signed('"@method": POST\n', `("@method")${params}`))),
      /does not cover "@target-uri"/,
    );
    const times: [string, RegExp][] = [
      [`;created=${created - 301}`, /301 s old/],
      [`;created=${created + 301}`, /301 s ahead/],
      ['', /no time of its creation/],
      [`;created="${created}"`, /no time of its creation/],
      [`;created=${created};expires=${created - 1}`, /expired 1 s ago/],
      [`;created=${created};expires="x"`, /cannot be read/],
      [`;created=${created};alg="ed25519"`, /another algorithm/],
      [`;created=${created};tag="other"`, /another tag/],
    ];
    for (const [more, detail] of times) {
      const sent = delivery(signed(base, input(`${more};keyid="test-shared-secret"`)));
      assert.match(
        await detailOf(verifierOf({ required: all, tag: more.includes('tag') ? 'mine' : '' }), sent),
        detail,
      );
    }
    assert.match(
      await detailOf(verifierOf({ required: all }, 'https://public.test'), delivery(signed(base, input()))),
      /^signed another URL: set the public URL.*https:\/\/example\.com\/foo$/,
    );
  });

  it('refuses components that a request does not have, or that are there twice', async () => {
    const rows: [string, RegExp][] = [
      ['"@status"', /not one of a request/],
      ['"@method";req', /not supported/],
      ['"x-none"', /is missing/],
      ['"Date"', /lower case/],
      ['"date" "date"', /covered twice/],
      ['"date";bs', /not supported/],
      ['date', /not a string/],
      ['"@query-param";name="none"', /there 0 times/],
      ['"@query-param"', /has no name/],
      ['"content-digest";key="md5"', /no member/],
    ];
    for (const [component, detail] of rows) {
      assert.match(await detailOf(verifierOf(), delivery(signed('', `(${component})${params}`))), detail);
    }
  });

  it('knows every derived component, and members of dictionaries', async () => {
    const url = 'https://EXAMPLE.com:443/a%20b/?q=%20a+b%21&x=1';
    const lines = {
      '"@method"': 'POST',
      '"@target-uri"': 'https://example.com/a%20b/?q=%20a+b%21&x=1',
      '"@authority"': 'example.com',
      '"@scheme"': 'https',
      '"@request-target"': '/a%20b/?q=%20a+b%21&x=1',
      '"@path"': '/a%20b/',
      '"@query"': '?q=%20a+b%21&x=1',
      '"@query-param";name="q"': '%20a%20b%21',
      '"x-dictionary";key="b"': '2;x',
    };
    const base = Object.entries(lines)
      .map(([id, value]) => `${id}: ${value}\n`)
      .join('');
    const sent = signed(base, `(${Object.keys(lines).join(' ')})${params}`, {
      'X-Dictionary': 'a=1,   b=2;x;y=1',
    });
    assert.match(await detailOf(verifierOf(), delivery({ ...sent, url })), /does not match/);
    const right = signed(base.replace('2;x', '2;x;y=1'), `(${Object.keys(lines).join(' ')})${params}`, {
      'X-Dictionary': 'a=1,   b=2;x;y=1',
    });
    assert.equal(await detailOf(verifierOf(), delivery({ ...right, url })), '');
  });

  it('takes one good signature among others, and not too many', async () => {
    const good = signed('"@method": POST\n', `("@method")${params}`);
    const list = (count: number) => Array.from({ length: count }, (_, i) => `x${i}=()${params}`).join(', ');
    const headers = (count: number) => ({
      ...good.headers,
      'Signature-Input': `${list(count)}, ${good.headers['Signature-Input']}`,
    });
    assert.equal(await detailOf(verifierOf(), delivery({ ...good, headers: headers(7) })), '');
    assert.match(await detailOf(verifierOf(), delivery({ ...good, headers: headers(8) })), /more than 8/);
    const long = { ...good.headers, 'Signature-Input': 's=("@method" '.repeat(10_000) };
    assert.match(await detailOf(verifierOf(), delivery({ ...good, headers: long })), /longer than/);
  });

  it('refuses everything without a key that can be used', async () => {
    for (const bad of [
      [],
      [{ ...keys.shared!, key: ' ' }],
      [{ ...keys.ed25519!, algorithm: 'rsa-pss-sha512' as const }],
    ]) {
      const own = verifierOf({ keys: bad });
      assert.match(own.problem!.message, /every delivery is refused/);
      assert.equal((await refusalOf(own, delivery(request)))?.code, 'CONFIG');
    }
  });
});

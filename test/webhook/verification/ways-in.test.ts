import assert from 'node:assert/strict';
import fc from 'fast-check';
import { AllOf } from '../../../src/webhook/verification/all-of';
import { Basic } from '../../../src/webhook/verification/basic';
import { BodyToken } from '../../../src/webhook/verification/body-token';
import { IpAllowList, readAddress } from '../../../src/webhook/verification/ip-allow-list';
import {
  makeVerifier,
  onlyFrom,
  type VerificationSettings,
} from '../../../src/webhook/verification/make-verifier';
import { presetIds, presets } from '../../../src/webhook/verification/presets';
import { QueryToken } from '../../../src/webhook/verification/query-token';
import { SecretHeader } from '../../../src/webhook/verification/secret-header';
import { delivery, detailOf, refusalOf } from './support';

describe('webhook/verification/query-token', () => {
  const at = (query: string) => delivery({ url: `https://example.test/in${query}` });

  it('takes one of its tokens, once', async () => {
    const own = new QueryToken('token', ['the old one', 'Zoë&1']);
    assert.equal(await detailOf(own, at('?a=1&token=the+old+one')), '');
    assert.equal(await detailOf(own, at(`?token=${encodeURIComponent('Zoë&1')}`)), '');
    assert.equal(await detailOf(own, at('')), 'the query parameter "token" is missing');
    assert.equal(
      await detailOf(own, at('?token=the+old')),
      'the query parameter "token" holds another secret',
    );
    assert.match(await detailOf(own, at('?token=x&token=the+old+one')), /more than once/);
    for (const bad of [
      new QueryToken('token', []),
      new QueryToken('token', ['a', ' ']),
      new QueryToken('', ['a']),
    ]) {
      assert.equal((await refusalOf(bad, at('?token=')))?.code, 'CONFIG');
      assert.equal((await refusalOf(bad, at('?token=a')))?.code, 'CONFIG');
    }
  });
});

describe('webhook/verification/basic', () => {
  const login = (user: string, password: string, scheme = 'Basic') =>
    delivery({
      headers: { Authorization: `${scheme} ${Buffer.from(`${user}:${password}`).toString('base64')}` },
    });

  it('takes any user and password, blanks and all, and no other', async () => {
    const texts = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
      .filter((text) => text.isWellFormed());
    const users = texts.filter((user) => !user.includes(':'));
    await fc.assert(
      fc.asyncProperty(users, texts, texts, async (user, password, other) => {
        const own = new Basic({ user, passwords: ['old', password] });
        assert.equal(await detailOf(own, login(user, password)), '');
        assert.equal(await detailOf(own, login(user, 'old', 'bAsIc')), '');
        fc.pre(other !== password && other !== 'old');
        assert.equal(await detailOf(own, login(user, other)), 'the user or the password is another');
        assert.equal((await refusalOf(own, login(`${user}x`, password)))?.status, 401);
      }),
      { numRuns: 50 },
    );
  });

  it('refuses what is not Basic, and everything without a password', async () => {
    const own = new Basic({ user: 'u', passwords: ['p'] });
    for (const authorization of [
      '',
      'Basic',
      'Basic ',
      'Bearer dTpw',
      'Basic !!!!',
      'Basic dTpw dTpw',
      'dTpw',
    ]) {
      assert.equal(
        (await refusalOf(own, delivery({ headers: { authorization } })))?.status,
        401,
        authorization,
      );
    }
    assert.match(await detailOf(own, delivery()), /missing/);
    for (const bad of [
      { user: 'u', passwords: [] },
      { user: 'u', passwords: ['p', ''] },
      { user: 'a:b', passwords: ['p'] },
    ]) {
      assert.equal(
        (await refusalOf(new Basic(bad), login(bad.user, bad.passwords[0] ?? '')))?.code,
        'CONFIG',
      );
    }
  });
});

describe('webhook/verification/body-token', () => {
  const own = new BodyToken('value.*.clientState', ['state', 'other']);
  const sent = (value: unknown) => delivery({ body: JSON.stringify({ value }) });

  it('wants the secret in each item', async () => {
    assert.equal(await detailOf(own, sent([{ clientState: 'state' }, { clientState: 'other' }])), '');
    for (const value of [[], {}, 'state', [{}], [{ clientState: 'state' }, {}], [null]]) {
      assert.match(await detailOf(own, sent(value)), /has no value/, JSON.stringify(value));
    }
    for (const value of ['x', '', 1, null, ['state'], { state: 1 }]) {
      assert.match(await detailOf(own, sent([{ clientState: 'state' }, { clientState: value }])), /another/);
    }
    for (const body of ['', 'state', '[', '{"__proto__":1}']) {
      assert.equal((await refusalOf(own, delivery({ body })))?.status, 401);
    }
    // what every object has is not in the body
    for (const path of ['constructor.name', '__proto__.constructor.name']) {
      assert.equal((await refusalOf(new BodyToken(path, ['Object']), delivery({ body: '{}' })))?.status, 401);
    }
    assert.equal((await refusalOf(new BodyToken('a', ['']), delivery({ body: '{"a":""}' })))?.code, 'CONFIG');
    assert.equal((await refusalOf(new BodyToken('', ['x']), delivery({ body: '"x"' })))?.code, 'CONFIG');
  });
});

describe('webhook/verification/ip-allow-list', () => {
  const from = (ip: string, forwarded?: string) =>
    delivery({ ip, headers: forwarded === undefined ? {} : { 'X-Forwarded-For': forwarded } });

  it('reads an address however it is written', () => {
    const rows: [string, string | undefined][] = [
      ['192.0.2.1', '192.0.2.1'],
      [' 192.0.2.1:4711 ', '192.0.2.1'],
      ['::ffff:192.0.2.1', '192.0.2.1'],
      ['::FFFF:c000:0201', '192.0.2.1'],
      ['[::ffff:192.0.2.1]:80', '192.0.2.1'],
      ['2001:DB8:0:0::1', '2001:db8::1'],
      ['[2001:db8::1]:443', '2001:db8::1'],
      ['fe80::1%eth0', 'fe80::1'],
      ['unknown', undefined],
      ['', undefined],
      ['_hidden', undefined],
      ['192.0.2', undefined],
      ['1.2.3.4.5', undefined],
    ];
    for (const [text, address] of rows) assert.equal(readAddress(text), address, text);
  });

  it('takes CIDR ranges of both families, and IPv4 in its IPv6 form', async () => {
    const own = new IpAllowList(['192.0.2.0/25', '2001:db8:1::/48', '198.51.100.7']);
    for (const ip of ['192.0.2.1', '192.0.2.127', '::ffff:192.0.2.5', '2001:db8:1::9', '198.51.100.7']) {
      assert.equal(await detailOf(own, from(ip)), '', ip);
    }
    for (const ip of [
      '192.0.2.128',
      '::ffff:192.0.2.200',
      '2001:db8:2::9',
      '198.51.100.8',
      '::1',
      '127.0.0.1',
    ]) {
      const refusal = await refusalOf(own, from(ip, '192.0.2.1'));
      assert.equal(refusal?.status, 403, ip);
      assert(!refusal.message.includes(ip));
    }
    assert.equal((await refusalOf(own, from('')))?.status, 403);
  });

  it('believes X-Forwarded-For as far back as proxies are trusted, and no further', async () => {
    const own = new IpAllowList(['203.0.113.9', '2001:db8::9'], ['10.0.0.0/8', 'fd00::/8']);
    const rows: [string, string | undefined, string][] = [
      ['10.0.0.1', '203.0.113.9', ''],
      ['::ffff:10.0.0.1', '203.0.113.9, 10.0.0.2', ''],
      ['fd00::1', '2001:db8::9', ''],
      ['fd00::1', 'anything at all, 203.0.113.9', ''],
      ['10.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1 is not'],
      ['198.51.100.1', '203.0.113.9', '198.51.100.1 is not'],
      ['10.0.0.1', '203.0.113.9, unknown', 'no address'],
      ['10.0.0.1', undefined, '10.0.0.1 is not'],
      ['10.0.0.1', ' , ', '10.0.0.1 is not'],
      ['10.0.0.1', Array(40).fill('10.0.0.1').join(), 'too many proxies'],
      ['10.0.0.1', '10.0.0.1,'.repeat(20_000), 'too long'],
    ];
    for (const [ip, forwarded, detail] of rows) {
      const said = await detailOf(own, from(ip, forwarded));
      assert(
        detail === '' ? said === '' : said.includes(detail),
        `${ip} ${forwarded?.slice(0, 50)}: ${said}`,
      );
    }
  });

  it('refuses everything without an address, or with one that cannot be read', async () => {
    for (const own of [
      new IpAllowList([]),
      new IpAllowList(['10.0.0.0/33']),
      new IpAllowList(['10.0.0.1'], ['proxy']),
    ]) {
      assert.match(own.problem!.message, /every delivery is refused/);
      assert.equal((await refusalOf(own, from('10.0.0.1')))?.code, 'CONFIG');
    }
  });
});

describe('webhook/verification/make-verifier', () => {
  const options = {
    secrets: [],
    publicUrl: '',
    now: Date.now,
    fetchText: () => Promise.reject(new Error('unused')),
  };

  it('makes every preset, each of which refuses everything without a secret', async () => {
    for (const preset of presetIds) {
      const own = makeVerifier({ kind: 'preset', preset }, options);
      assert.match(own.problem?.message ?? '', /every delivery is refused/, preset);
      assert.equal((await refusalOf(own, delivery()))?.code, 'CONFIG');
      const { verification, label, source, secret } = presets[preset];
      assert(label && source && secret, preset);
      if (verification.kind === 'signature')
        assert.equal(verification.scheme.header, verification.scheme.header.toLowerCase());
    }
  });

  it('takes a kind that it does not know for a mistake, never for no verification', () => {
    for (const settings of [{ kind: 'constructor' }, { kind: '' }, { kind: 'preset', preset: 'toString' }]) {
      assert.throws(() => makeVerifier(settings as VerificationSettings, options), /is not known/);
    }
  });

  it('adds an allow-list, which speaks first', async () => {
    const both = onlyFrom(['192.0.2.1'], [], new SecretHeader('x', 's'));
    assert.deepEqual(both.secretHeaders, ['x']);
    assert.equal(await detailOf(both, delivery({ headers: { x: 's' } })), '');
    assert.equal((await refusalOf(both, delivery({ headers: { x: 's' }, ip: '192.0.2.2' })))?.status, 403);
    assert.equal((await refusalOf(both, delivery()))?.status, 401);
    assert.match(onlyFrom(['192.0.2.1'], [], new SecretHeader('x', '')).problem!.message, /no secret/);
    assert.equal(new AllOf(new SecretHeader('x', 's')).problem, undefined);
  });
});

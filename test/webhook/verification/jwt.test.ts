import assert from 'node:assert/strict';
import { createHash, createHmac, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, SignJWT, type JWK, type JWTPayload } from 'jose';
import { Jwt, type JwtScheme } from '../../../src/webhook/verification/jwt';
import { delivery, detailOf, refusalOf } from './support';

const secret = 'a secret that is long enough for HS256';
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
const claims = { iss: 'https://issuer.test', aud: 'me' };

const base: JwtScheme = {
  header: 'Authorization',
  algorithms: ['HS256'],
  keys: { from: 'secrets', secrets: ['an old secret that is long enough too', secret], format: 'text' },
  issuers: ['https://issuer.test'],
  audiences: ['me'],
  tolerance: 5,
  required: ['exp'],
};
const jwks: JwtScheme = {
  ...base,
  algorithms: ['RS256', 'ES256'],
  keys: { from: 'jwks', url: 'https://issuer.test/keys' },
};

async function token(
  key: KeyObject | Uint8Array,
  header: { alg: string; kid?: string },
  payload: JWTPayload = claims,
  exp: number | string = '1m',
): Promise<string> {
  return new SignJWT(payload).setProtectedHeader(header).setIssuedAt().setExpirationTime(exp).sign(key);
}
const bytes = (text: string) => new TextEncoder().encode(text);
const bearing = (text: string, body = '') => delivery({ headers: { authorization: `Bearer ${text}` }, body });
const none = () => Promise.reject(new Error('not to be fetched'));

describe('webhook/verification/jwt', () => {
  it('takes a token of one of its secrets, for it, from its issuer, in time', async () => {
    const own = new Jwt(base, { fetchText: none });
    assert.deepEqual(own.secretHeaders, ['authorization']);
    const good = await token(bytes(secret), { alg: 'HS256' });
    assert.equal(await detailOf(own, bearing(good)), '');
    assert.equal(await detailOf(own, delivery({ headers: { authorization: good } })), '');
    const now = Math.floor(Date.now() / 1000);
    const wrong: string[] = [
      await token(bytes(`${secret}x`), { alg: 'HS256' }),
      await token(bytes(secret), { alg: 'HS512' }),
      await token(bytes(secret), { alg: 'HS256' }, { ...claims, iss: 'x' }),
      await token(bytes(secret), { alg: 'HS256' }, { ...claims, aud: 'you' }),
      await token(bytes(secret), { alg: 'HS256' }, claims, now - 10),
      await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(bytes(secret)),
      await token(bytes(secret), { alg: 'HS256' }, { ...claims, nbf: now + 60 }),
      `${good}x`,
      good.slice(0, -1),
      '',
      'x',
      '.'.repeat(20_000),
      'x'.repeat(100_000),
      `${good.split('.').slice(0, 2).join('.')}.`,
    ];
    for (const text of wrong)
      assert.equal((await refusalOf(own, bearing(text)))?.status, 401, text.slice(0, 50));
    assert.equal(await detailOf(own, delivery()), 'the header "authorization" is missing');
    const late = new Jwt(base, { fetchText: none, now: () => Date.now() + 120_000 });
    assert.match(await detailOf(late, bearing(good)), /"exp"/);
  });

  it('knows no algorithm none, and takes no public key for a secret', async () => {
    const unsigned = ['none', 'None', 'NONE', ''].map((alg) => {
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
      return `${part({ alg })}.${part({ ...claims, exp: 9e9 })}.`;
    });
    const publicKeys = { from: 'public-keys', keys: [pem], format: 'text' } as const;
    const own = new Jwt({ ...base, algorithms: ['RS256'], keys: publicKeys }, { fetchText: none });
    assert.equal(await detailOf(own, bearing(await token(rsa.privateKey, { alg: 'RS256' }))), '');
    const [header, payload] = (await token(bytes(secret), { alg: 'HS256' })).split('.');
    const confused = `${header}.${payload}.${createHmac('sha256', pem).update(`${header}.${payload}`).digest('base64url')}`;
    for (const text of [...unsigned, confused]) {
      assert.match(
        await detailOf(own, bearing(text)),
        /algorithm of the token is not one that is allowed/,
        text,
      );
    }
    for (const change of [
      { algorithms: ['none'] },
      { algorithms: [] },
      { algorithms: ['RS256'] },
      { algorithms: ['HS256'], keys: publicKeys },
      { algorithms: ['HS256', 'RS256'], keys: jwks.keys },
      { keys: { from: 'secrets', secrets: [], format: 'text' } },
      { keys: { from: 'secrets', secrets: [' '], format: 'text' } },
      { algorithms: ['RS256'], keys: { ...publicKeys, keys: ['x'] } },
      { algorithms: ['RS256'], keys: { from: 'jwks', url: 'file:///etc/passwd' } },
      { header: ' ' },
    ] as Partial<JwtScheme>[]) {
      const bad = new Jwt({ ...base, ...change }, { fetchText: none });
      assert.match(bad.problem?.message ?? '', /every delivery is refused/, JSON.stringify(change));
      assert.equal((await refusalOf(bad, bearing(confused)))?.code, 'CONFIG');
    }
  });

  it('checks the digest of the body that a token carries', async () => {
    for (const encoding of ['hex', 'base64'] as const) {
      const own = new Jwt({ ...base, bodyDigest: { claim: 'sha256', encoding } }, { fetchText: none });
      const digest = createHash('sha256').update('the body').digest(encoding);
      const text = await token(bytes(secret), { alg: 'HS256' }, { ...claims, sha256: digest });
      assert.equal(await detailOf(own, bearing(text, 'the body')), '');
      assert.match(await detailOf(own, bearing(text, 'another')), /the body is another/);
      assert.match(
        await detailOf(own, bearing(await token(bytes(secret), { alg: 'HS256' }))),
        /no claim "sha256"/,
      );
    }
  });
});

describe('webhook/verification/jwks', () => {
  let time = 0;
  let fetched = 0;
  let answer: () => Promise<string> = none;
  const verifier = () => {
    time = Date.now();
    fetched = 0;
    const fetchText = (url: string) => {
      assert.equal(url, 'https://issuer.test/keys');
      fetched++;
      return answer();
    };
    return new Jwt({ ...jwks, required: [] }, { fetchText, now: () => time });
  };
  const set =
    (...keys: JWK[]) =>
    () =>
      Promise.resolve(JSON.stringify({ keys }));
  const jwk = async (key: KeyObject, kid: string) => ({ ...(await exportJWK(key)), kid, use: 'sig' });
  const signed = (key: KeyObject, alg: string, kid?: string) =>
    token(key, { alg, ...(kid ? { kid } : {}) }, claims, '10d');

  it('fetches once for many, and again for a key that it does not know, but not often', async () => {
    const own = verifier();
    answer = set(await jwk(rsa.publicKey, 'a'));
    const a = bearing(await signed(rsa.privateKey, 'RS256', 'a'));
    const b = bearing(await signed(ec.privateKey, 'ES256', 'b'));
    assert.deepEqual(
      await Promise.all(Array.from({ length: 20 }, () => detailOf(own, a))),
      Array(20).fill(''),
    );
    assert.equal(fetched, 1);
    for (let i = 0; i < 20; i++) assert.equal((await refusalOf(own, b))?.status, 401);
    assert.equal(fetched, 1);
    time += 31_000;
    answer = set(await jwk(rsa.publicKey, 'a'), await jwk(ec.publicKey, 'b'));
    assert.deepEqual(await Promise.all([detailOf(own, b), detailOf(own, b), detailOf(own, a)]), ['', '', '']);
    assert.equal(fetched, 2);
  });

  it('forgets a key that is no longer published', async () => {
    const own = verifier();
    answer = set(await jwk(rsa.publicKey, 'a'));
    const a = bearing(await signed(rsa.privateKey, 'RS256', 'a'));
    assert.equal(await detailOf(own, a), '');
    answer = set(await jwk(ec.publicKey, 'b'));
    assert.equal(await detailOf(own, a), '');
    time += 11 * 60_000;
    assert.equal((await refusalOf(own, a))?.status, 401);
  });

  it('works on through an outage of the issuer, for a day; without keys asks the sender to come again', async () => {
    const own = verifier();
    const a = bearing(await signed(rsa.privateKey, 'RS256', 'a'));
    answer = none;
    const refusal = await refusalOf(own, a);
    assert.equal(refusal?.status, 503);
    assert.match(refusal.detail, /JWKS/);
    for (const broken of ['', '[]', 'null', '{"keys":1}', '{', `{"keys":[]${' '.repeat(600_000)}}`]) {
      time += 31_000;
      answer = () => Promise.resolve(broken);
      assert.equal((await refusalOf(own, a))?.status, 503, broken.slice(0, 20));
    }
    time += 31_000;
    answer = set(await jwk(rsa.publicKey, 'a'));
    assert.equal(await detailOf(own, a), '');
    answer = none;
    time += 23 * 3600_000;
    assert.equal(await detailOf(own, a), '');
    time += 2 * 3600_000;
    assert.equal((await refusalOf(own, a))?.status, 503);
  });

  it('tries each of several keys that a token without a key id may be of', async () => {
    const own = verifier();
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    answer = set(await jwk(other.publicKey, 'x'), await jwk(rsa.publicKey, 'a'), {
      kty: 'oct',
      k: 'c2VjcmV0',
      kid: 'o',
    });
    assert.equal(await detailOf(own, bearing(await signed(rsa.privateKey, 'RS256'))), '');
    const third = generateKeyPairSync('rsa', { modulusLength: 2048 });
    assert.equal((await refusalOf(own, bearing(await signed(third.privateKey, 'RS256'))))?.status, 401);
  });
});

import assert from 'node:assert/strict';
import { createHmac, generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { presets } from '../../../src/webhook/verification/presets';
import { signatureScheme, type SignatureScheme } from '../../../src/webhook/verification/scheme';
import { SignatureVerifier } from '../../../src/webhook/verification/signature';
import { delivery, detailOf, refusalOf } from './support';

const now = 1_767_225_600;
const clock = { now: () => now * 1000 };
const secret = 'a secret';
const hmacOf = (text: string | Buffer, key: string | Buffer = secret, hash = 'sha256') =>
  createHmac(hash, key).update(text);

const everything = signatureScheme({
  text: '{method}\\n{url}\\n{id}.{timestamp}.{header:x-topic}.{body}',
  header: 'X-Signature',
  separator: ',',
  prefix: 'v1=',
  idHeader: 'x-id',
  timestamp: { from: 'entry', name: 't=', unit: 'seconds', tolerance: 300 },
});

function signedByAll(body: Buffer, id: string, topic: string, path: string) {
  const url = `https://example.test${path}`;
  const text = Buffer.concat([Buffer.from(`POST\n${url}\n${id}.${now}.${topic}.`, 'latin1'), body]);
  const headers = {
    'x-id': id,
    'x-topic': topic,
    'x-signature': `t=${now},v1=${hmacOf(text).digest('hex')}`,
  };
  return { url, headers, body };
}

describe('webhook/verification/signature', () => {
  const verifier = new SignatureVerifier(everything, { secrets: ['an old one', secret], ...clock });
  const headerText = fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map((c) => String.fromCharCode(c)),
    minLength: 1,
    maxLength: 20,
  });
  const paths = fc.webPath().map((path) => `/hooks${path.startsWith('/') ? path : `/${path}`}`);

  it('takes what is signed, whatever it is, and nothing of which a byte was changed', async () => {
    const bodies = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));
    await fc.assert(
      fc.asyncProperty(
        bodies,
        headerText,
        headerText,
        paths,
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (body, id, topic, path, at, flip) => {
          const sent = signedByAll(body, id, topic, path);
          fc.pre(new URL(sent.url).href === sent.url);
          assert.equal(await detailOf(verifier, delivery(sent)), '');

          const changed = Buffer.concat([body, body.length === 0 ? Buffer.from([1]) : Buffer.alloc(0)]);
          changed[at % changed.length]! ^= flip;
          assert.equal((await refusalOf(verifier, delivery({ ...sent, body: changed })))?.status, 401);

          for (const [name, value] of Object.entries(sent.headers)) {
            const other = replaceAt(value, at);
            // hex has no case
            if (other.toLowerCase() === value.toLowerCase() && name === 'x-signature') continue;
            const headers = { ...sent.headers, [name]: other };
            assert.equal(
              (await refusalOf(verifier, delivery({ ...sent, headers })))?.status,
              401,
              `${name}: ${other}`,
            );
          }
          const other = delivery(sent);
          for (const url of [`${other.url}x`, `${other.url}?`, replaceAt(other.url, at)]) {
            assert.equal((await refusalOf(verifier, { ...other, url }))?.status, 401, url);
          }
          assert.equal((await refusalOf(verifier, { ...other, method: 'PUT' }))?.status, 401);
        },
      ),
      { numRuns: 150 },
    );
  });

  it('never throws anything but a refusal, whatever the headers hold', async () => {
    const latin1 = fc.string({
      unit: fc.integer({ min: 0, max: 255 }).map((c) => String.fromCharCode(c)),
      maxLength: 200,
    });
    for (const { verification } of Object.values(presets)) {
      if (verification.kind !== 'signature') continue;
      const { scheme } = verification;
      const key = { ed25519: '00'.repeat(31) + '01', 'ecdsa-p256-sha256-der': p256 }[
        scheme.algorithm as string
      ];
      const any = new SignatureVerifier(
        { ...scheme, secretFormat: scheme.algorithm === 'ed25519' ? 'hex' : scheme.secretFormat },
        { secrets: [key ?? 'c2VjcmV0'], ...clock },
      );
      assert.equal(any.problem, undefined);
      const names = [
        scheme.header,
        scheme.idHeader,
        scheme.timestamp?.name ?? '',
        'content-type',
        'host',
      ].filter(Boolean);
      await fc.assert(
        fc.asyncProperty(
          fc.array(latin1, { minLength: 5, maxLength: 5 }),
          fc.boolean(),
          async (values, prefixed) => {
            const headers = Object.fromEntries(names.map((name, i) => [name.toLowerCase(), values[i]!]));
            if (prefixed)
              headers[scheme.header] =
                `${scheme.timestamp?.name}${now}${scheme.separator}${scheme.prefix}${values[0]}`;
            assert((await refusalOf(any, { ...delivery(), headers }))!.detail);
          },
        ),
        { numRuns: 30 },
      );
    }
  });

  it('spends little on a hostile header', async () => {
    const body = Buffer.alloc(1024 * 1024, 'x');
    const many = `t=${now}${',v1=0123456789abcdef'.repeat(5000)}`;
    for (const value of [
      many,
      'v1='.repeat(33_000),
      ','.repeat(100_000),
      'x'.repeat(100_000),
      `t=${now},v1=${'0'.repeat(8000)}`,
    ]) {
      const started = process.cpuUsage();
      for (let i = 0; i < 20; i++) {
        const headers = { 'x-id': '1', 'x-topic': '2', 'x-signature': value };
        assert.equal((await refusalOf(verifier, delivery({ headers, body })))?.status, 401);
      }
      const { user, system } = process.cpuUsage(started);
      // twenty times two digests of 1 MB take some 60 ms; each signature a digest would be minutes
      assert(user + system < 2_000_000, `${value.slice(0, 20)}: ${user + system} µs`);
    }
  });

  it('takes several signatures, of which one is right, but not any number', async () => {
    const sent = signedByAll(Buffer.from('b'), '1', '2', '/');
    const among = (count: number) => {
      const others = ',v1=00'.repeat(count);
      const value = sent.headers['x-signature'].replace(',v1=', `${others},v1=`);
      return delivery({ ...sent, headers: { ...sent.headers, 'x-signature': value } });
    };
    for (const count of [0, 1, 15]) assert.equal(await detailOf(verifier, among(count)), '');
    assert.match(await detailOf(verifier, among(16)), /more than 16 signatures/);
  });

  it('reads a signature in every encoding, exactly', async () => {
    const body = 'x'.repeat(10);
    for (const encoding of ['hex', 'base64', 'base64url'] as const) {
      const scheme = signatureScheme({ header: 's', encoding });
      const own = new SignatureVerifier(scheme, { secrets: [secret], ...clock });
      const given = hmacOf(body).digest(encoding);
      assert.equal(await detailOf(own, delivery({ body, headers: { S: given } })), '');
      for (const wrong of [`${given}x`, given.slice(0, -1), `${given}=`, ` x${given}`, `${given},`]) {
        if (encoding === 'base64url' && wrong === `${given}=`) continue;
        assert.equal((await refusalOf(own, delivery({ body, headers: { s: wrong } })))?.status, 401, wrong);
      }
    }
  });

  it('verifies public keys: Ed25519, ECDSA in both forms, RSA and RSA-PSS, in PEM and in DER', async () => {
    const body = Buffer.from('{"a":1}');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const ed = generateKeyPairSync('ed25519');
    const rows: [SignatureScheme['algorithm'], typeof rsa, Buffer][] = [
      ['ed25519', ed, sign(null, body, ed.privateKey)],
      ['ecdsa-p256-sha256-der', ec, sign('sha256', body, ec.privateKey)],
      ['ecdsa-p256-sha256', ec, sign('sha256', body, { key: ec.privateKey, dsaEncoding: 'ieee-p1363' })],
      ['rsa-sha256', rsa, sign('sha256', body, rsa.privateKey)],
      ['rsa-sha512', rsa, sign('sha512', body, rsa.privateKey)],
      ['rsa-pss-sha512', rsa, sign('sha512', body, { key: rsa.privateKey, padding: 6, saltLength: 64 })],
    ];
    for (const [algorithm, { publicKey }, signature] of rows) {
      const pem = publicKey.export({ type: 'spki', format: 'pem' }) as string;
      const der = publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
      for (const key of [pem, der]) {
        const scheme = signatureScheme({
          header: 's',
          encoding: 'base64',
          algorithm,
          secretFormat: 'base64',
        });
        const own = new SignatureVerifier(scheme, { secrets: [key], ...clock });
        const headers = { s: signature.toString('base64') };
        assert.equal(await detailOf(own, delivery({ body, headers })), '', algorithm);
        assert.equal((await refusalOf(own, delivery({ body: '{"a":2}', headers })))?.status, 401);
        const padded = { s: `${headers.s}=` };
        assert.equal((await refusalOf(own, delivery({ body, headers: padded })))?.status, 401);
      }
    }
    // a public key is no secret: an HMAC with its text must not pass for a signature
    const pem = rsa.publicKey.export({ type: 'spki', format: 'pem' }) as string;
    const own = new SignatureVerifier(signatureScheme({ header: 's', algorithm: 'rsa-sha256' }), {
      secrets: [pem],
    });
    const forged = { s: hmacOf(body, pem).digest('hex') };
    assert.equal((await refusalOf(own, delivery({ body, headers: forged })))?.status, 401);
  });

  it('takes seconds, milliseconds and ISO 8601, old and early alike within the tolerance', async () => {
    const units = {
      seconds: (time: number) => String(time),
      milliseconds: (time: number) => String(time * 1000),
      iso: (time: number) => new Date(time * 1000).toISOString(),
    };
    for (const [unit, write] of Object.entries(units)) {
      const timestamp = { from: 'header', name: 'T', unit, tolerance: 300 } as SignatureScheme['timestamp'];
      const own = new SignatureVerifier(
        signatureScheme({ header: 's', text: '{timestamp}{body}', timestamp }),
        {
          secrets: [secret],
          ...clock,
        },
      );
      const at = (time: string) =>
        delivery({ body: 'b', headers: { t: time, s: hmacOf(`${time}b`).digest('hex') } });
      for (const time of [now, now - 300, now + 300]) assert.equal(await detailOf(own, at(write(time))), '');
      assert.match(
        await detailOf(own, at(write(now - 412))),
        /^the timestamp is 412 s old, 300 s are allowed$/,
      );
      assert.match(await detailOf(own, at(write(now + 301))), /^the timestamp is 301 s ahead/);
      for (const wrong of ['soon', 'NaN', '', '1e9', '-1', '0x10', `${write(now)} `, '9'.repeat(400)]) {
        assert.equal((await refusalOf(own, at(wrong)))?.status, 401, wrong);
      }
    }
  });

  it('replaces its secrets, and without one that can be used refuses everything', async () => {
    const scheme = signatureScheme({ header: 's' });
    const own = new SignatureVerifier(scheme, { secrets: [] });
    const sent = delivery({ body: 'b', headers: { s: hmacOf('b').digest('hex') } });
    assert.match(own.problem!.message, /no secret is set.*every delivery is refused/);
    own.setSecrets([secret]);
    assert.equal(await detailOf(own, sent), '');
    const bad: [Partial<SignatureScheme>, string[], RegExp][] = [
      [{}, [''], /empty/],
      [{}, [secret, ''], /empty/],
      [{}, ['  '], /empty/],
      [{ secretFormat: 'base64' }, ['whsec_'], /empty/],
      [{ secretFormat: 'base64' }, ['not base64!'], /not valid base64/],
      [{ secretFormat: 'hex' }, ['abc'], /not valid hex/],
      [{ algorithm: 'ed25519', secretFormat: 'hex' }, ['00'], /cannot be read/],
      [{ algorithm: 'ed25519' }, [p256], /not one for Ed25519/],
      [{ algorithm: 'ed25519' }, [''], /empty/],
      [{ algorithm: 'none' as 'ed25519' }, ['x'], /not known/],
      [{ text: '' }, ['x'], /empty/],
      [{ text: '{id}.{body}' }, ['x'], /no header is set/],
      [{ text: '{timestamp}.{body}' }, ['x'], /timestamp/],
      [{ text: '{nothing}' }, ['x'], /cannot cover \{nothing\}/],
      [{ header: ' ' }, ['x'], /no signature header/],
    ];
    for (const [change, secrets, problem] of bad) {
      const broken = new SignatureVerifier({ ...scheme, ...change }, { secrets });
      assert.match(broken.problem?.message ?? '', problem, JSON.stringify([change, secrets]));
      for (const text of ['', secret, 'b']) {
        for (const key of ['', secret]) {
          const headers = { s: hmacOf('b', key).digest('hex'), other: text };
          const refusal = await refusalOf(broken, delivery({ body: 'b', headers }));
          assert.equal(refusal?.code, 'CONFIG');
          assert(!secrets.some((s) => s.trim().length > 3 && refusal.detail.includes(s)));
        }
      }
    }
    assert.match(
      new SignatureVerifier(scheme, { secrets: ['x'], publicUrl: 'example.com' }).problem!.message,
      /public URL/,
    );
  });
});

const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  .publicKey.export({ type: 'spki', format: 'der' })
  .toString('base64');

/** The text with one character replaced by another that a header may have. */
function replaceAt(text: string, at: number): string {
  const index = at % text.length;
  return text.slice(0, index) + (text[index] === 'Z' ? 'Y' : 'Z') + text.slice(index + 1);
}

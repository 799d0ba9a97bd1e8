import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Refusal } from '../../../src/webhook/refusal';
import { SecretHeader } from '../../../src/webhook/verification/secret-header';

const delivery = (headers: Record<string, string>) => ({
  method: 'POST',
  url: '/',
  params: {},
  headers,
  ip: '',
  body: Buffer.alloc(0),
});

/** As Node.js hands a header over: its bytes read as latin1. */
const onTheWire = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

function refusalOf(verifier: SecretHeader, headers: Record<string, string>): Refusal | undefined {
  try {
    verifier.verify(delivery(headers));
    return undefined;
  } catch (error) {
    assert(error instanceof Refusal);
    return error;
  }
}

describe('webhook/verification/secret-header', () => {
  it('takes the secret and nothing else', () => {
    const verifier = new SecretHeader('X-Webhook-Secret', 'correct horse');
    assert.equal(refusalOf(verifier, { 'x-webhook-secret': 'correct horse' }), undefined);
    for (const wrong of ['correct hors', 'correct horse ', 'Correct horse', '', 'x'.repeat(100_000)]) {
      assert.equal(refusalOf(verifier, { 'x-webhook-secret': wrong })?.status, 401, wrong.slice(0, 20));
    }
    assert.equal(refusalOf(verifier, {})?.message, 'the secret is missing');
  });

  it('takes a bearer token, with the name of the scheme or without it', () => {
    const isTaken = (secret: string, header: string) =>
      refusalOf(new SecretHeader('Authorization', secret), { authorization: header }) === undefined;
    assert.ok(isTaken('token', 'Bearer token') && isTaken('token', 'bearer  token'));
    assert.ok(isTaken('Bearer token', 'Bearer token') && isTaken('token', 'token'));
    assert.ok(!isTaken('token', 'Bearer other') && !isTaken('token', 'Bearer Bearer token'));
    const elsewhere = new SecretHeader('X-Token', 'token');
    assert.equal(refusalOf(elsewhere, { 'x-token': 'Bearer token' })?.status, 401);
  });

  it('takes any secret that a header can carry, and no other', () => {
    const secrets = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((s) => s.trim() !== '' && s.isWellFormed());
    fc.assert(
      fc.property(secrets, secrets, (secret, other) => {
        const verifier = new SecretHeader('s', secret);
        assert.equal(refusalOf(verifier, { s: onTheWire(secret.trim()) }), undefined);
        if (other.trim() !== secret.trim()) {
          assert.equal(refusalOf(verifier, { s: onTheWire(other.trim()) })?.code, 'UNAUTHORIZED');
        }
      }),
    );
  });

  it('refuses everything with an empty secret, an empty header too', () => {
    for (const secret of ['', '   ', '\n']) {
      const verifier = new SecretHeader('X-Secret', secret);
      assert.match(verifier.problem!.message, /no secret is set/);
      for (const headers of [{}, { 'x-secret': '' }, { 'x-secret': secret }, { 'x-secret': 'anything' }]) {
        const refusal = refusalOf(verifier, headers as Record<string, string>);
        assert.equal(refusal?.code, 'CONFIG');
        assert.equal(refusal?.status, 500);
      }
    }
  });

  it('refuses everything without a header name', () => {
    const verifier = new SecretHeader(' ', 'secret');
    assert.match(verifier.problem!.message, /no header is set/);
    assert.equal(refusalOf(verifier, { '': 'secret' })?.code, 'CONFIG');
  });

  it('reads headers that were sent, not what every object has', () => {
    for (const name of ['constructor', '__proto__', 'tostring']) {
      assert.equal(refusalOf(new SecretHeader(name, 'x'), {})?.message, 'the secret is missing');
    }
  });
});

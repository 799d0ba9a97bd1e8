import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseChallenges, quote } from '../../../src/connection/auth/challenge';

describe('connection/auth/challenge', () => {
  const read = (header: string) =>
    parseChallenges(header).map(({ scheme, params, token68 }) => ({
      scheme,
      ...(token68 === undefined ? {} : { token68 }),
      ...Object.fromEntries(params),
    }));

  it('parts several challenges in one header (RFC 9110 section 11.6.1)', () => {
    assert.deepEqual(
      read('Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\", please"'),
      [
        { scheme: 'basic', realm: 'simple' },
        { scheme: 'newauth', realm: 'apps', type: '1', title: 'Login to "apps", please' },
      ],
    );
  });

  it('reads schemes without parameters and with a token', () => {
    assert.deepEqual(read('Negotiate, NTLM TlRMTVNTUAACAAAA=, Basic realm="x"'), [
      { scheme: 'negotiate' },
      { scheme: 'ntlm', token68: 'TlRMTVNTUAACAAAA=' },
      { scheme: 'basic', realm: 'x' },
    ]);
  });

  it('takes names in any case, blanks around "=", and empty elements', () => {
    assert.deepEqual(read(' , DIGEST Realm = "r" ,, NONCE="n",\tstale=TRUE,'), [
      { scheme: 'digest', realm: 'r', nonce: 'n', stale: 'TRUE' },
    ]);
  });

  it('takes values without quotes that only the grammar forbids, and a bare nonce that ends in "="', () => {
    assert.deepEqual(read('Digest realm="r", nonce=ab/c+==, domain=/a:b'), [
      { scheme: 'digest', realm: 'r', nonce: 'ab/c+==', domain: '/a:b' },
    ]);
  });

  it('keeps the first of a name that stands there twice, and no name of an object', () => {
    const [challenge] = parseChallenges('Digest realm="a", realm="b", __proto__="x"');
    assert.equal(challenge!.params.get('realm'), 'a');
    assert.equal(challenge!.params.get('__proto__'), 'x');
    assert.equal(challenge!.params.get('constructor'), undefined);
  });

  it('leaves out what follows an error, and never throws', () => {
    assert.deepEqual(
      read('Digest realm="r", nonce="open'),
      [{ scheme: 'digest', realm: 'r', nonce: '"open' }].map(({ scheme, realm }) => ({ scheme, realm })),
    );
    fc.assert(fc.property(fc.string(), (text) => Array.isArray(parseChallenges(text))));
  });

  it('reads back every quoted value', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [challenge] = parseChallenges(`Digest realm=${quote(a)}, nonce=${quote(b)}`);
        assert.equal(challenge!.params.get('realm'), a);
        assert.equal(challenge!.params.get('nonce'), b);
      }),
    );
  });

  it('reads a hostile header in linear time', () => {
    const hostile = [
      '"'.repeat(100_000),
      `Digest a="${'\\'.repeat(100_000)}`,
      ' ,'.repeat(100_000),
      'a '.repeat(50_000),
    ];
    const started = performance.now();
    for (const text of hostile) parseChallenges(text);
    assert.ok(performance.now() - started < 1000);
  });
});

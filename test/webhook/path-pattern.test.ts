import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Failure } from '../../src/exchange/failure';
import { PathPattern } from '../../src/webhook/path-pattern';
import { Refusal } from '../../src/webhook/refusal';

describe('webhook/path-pattern', () => {
  it('takes its own path, in any letter case and with a slash at the end', () => {
    const pattern = new PathPattern('/hooks//New-Order/');
    for (const path of ['/hooks/new-order', '/HOOKS/New-Order', '/hooks/new-order/'])
      assert(pattern.takes(path), path);
    for (const path of [
      '/hooks',
      '/hooks/new-order/x',
      '/hooks/new-orders',
      '/x/hooks/new-order',
      '//hooks/new-order',
    ]) {
      assert(!pattern.takes(path), path);
    }
  });

  it('takes one segment for a parameter and decodes it', () => {
    const pattern = new PathPattern('shop/:shop/orders/:id');
    assert(pattern.takes('/shop/a%2Fb/orders/%C3%BC'));
    assert.deepEqual(pattern.parameters('/shop/a%2Fb/orders/%C3%BC/'), { shop: 'a/b', id: 'ü' });
    assert(!pattern.takes('/shop//orders/1'));
    assert(!pattern.takes('/shop/a/b/orders/1'));
  });

  it('refuses a parameter that is not valid percent-encoding', () => {
    const pattern = new PathPattern(':id');
    for (const path of ['/%zz', '/%', '/%C3%28', '/%ff']) {
      assert(pattern.takes(path));
      assert.throws(
        () => pattern.parameters(path),
        (error) => error instanceof Refusal && error.status === 400,
      );
    }
  });

  it('names a parameter __proto__ without harm', () => {
    const parameters = new PathPattern(':__proto__').parameters('/x');
    assert.equal(Object.getOwnPropertyDescriptor(parameters, '__proto__')?.value, 'x');
  });

  it('takes a literal as typed or percent-encoded, and means its special characters literally', () => {
    for (const [literal, path] of [
      ['bestell ung/ü', '/bestell%20ung/%C3%BC'],
      ['a+b(c)*', '/a+b(c)*'],
      ['a+b', '/a%2Bb'],
      ['x:y', '/x:y'],
      ['[a-z]', '/%5Ba-z%5D'],
      ['100%', '/100%25'],
    ] as const) {
      assert(new PathPattern(literal).takes(path), literal);
    }
    assert(!new PathPattern('a.c').takes('/abc'));
    assert(!new PathPattern('a*').takes('/aaa'));
  });

  it('takes what encodeURIComponent makes of any literal segment', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (text) => {
        const literal = text.toWellFormed();
        fc.pre(/^[^/?#\\:\p{Cc}][^/?#\\\p{Cc}]*$/u.test(literal));
        fc.pre(literal.trim() === literal && literal !== '.' && literal !== '..');
        assert(new PathPattern(literal).takes(`/${encodeURIComponent(literal)}`));
      }),
    );
  });

  it('has equal keys exactly for patterns that take the same paths', () => {
    const key = (text: string) => new PathPattern(text).key;
    assert.equal(key('/a/:id'), key('A/:name/'));
    assert.notEqual(key('/a/:id'), key('/a/id'));
    assert.notEqual(key('/a'), key('/a/:id'));
  });

  it('says what is wrong with a path', () => {
    for (const [path, reason] of [
      ['', /empty/],
      [' / ', /empty/],
      ['a/../b', /"\.\."/],
      ['a?b=1', /character/],
      ['a#b', /character/],
      ['a\nb', /character/],
      ['a/:', /":" is not a path parameter/],
      ['a/:id?', /character/],
      ['a/:id(\\d+)', /character/],
      [':a/:a', /twice/],
    ] as const) {
      assert.throws(
        () => new PathPattern(path),
        (error) => error instanceof Failure && error.code === 'CONFIG' && reason.test(error.message),
        path,
      );
    }
  });
});

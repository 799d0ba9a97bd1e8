import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pathOf, queryOf, readCookieHeader, readFields, summarise } from '../../src/webhook/delivery';

describe('webhook/delivery', () => {
  it('reads fields; a repeated name becomes a list in its order', () => {
    assert.deepEqual(readFields('a=1&b=2&a=3&a=&c'), { a: ['1', '3', ''], b: '2', c: '' });
  });

  it('decodes fields as forms do: plus, percent, and what is not valid percent-encoding stays', () => {
    assert.deepEqual(readFields('a=x+y&b=%C3%BC&c=%zz&d=100%'), { a: 'x y', b: 'ü', c: '%zz', d: '100%' });
  });

  it('makes own properties of hostile names', () => {
    const fields = readFields('__proto__=x&constructor=y&__proto__=z');
    assert.deepEqual(Object.getOwnPropertyDescriptor(fields, '__proto__')?.value, ['x', 'z']);
    assert.equal(Object.getPrototypeOf(fields), Object.prototype);
    assert.equal(({} as Record<string, unknown>).x, undefined);
  });

  it('keeps every field whatever the names and values are', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }))),
        (pairs) => {
          const wellFormed = pairs.map(
            ([name, value]) => [name.toWellFormed(), value.toWellFormed()] as const,
          );
          const fields = readFields(new URLSearchParams(wellFormed.map(([n, v]) => [n, v])).toString());
          for (const [name] of wellFormed) {
            const values = wellFormed.filter(([other]) => other === name).map(([, value]) => value);
            assert.deepEqual([Object.getOwnPropertyDescriptor(fields, name)?.value].flat(), values);
          }
        },
      ),
    );
  });

  it('reads cookies: quotes go, percent-encoding is undone where it is valid, the first of a name counts', () => {
    assert.deepEqual(readCookieHeader('a=1; b="two"; c=%C3%BC; d=%zz; a=2; =x; e; f=x=y'), {
      a: '1',
      b: 'two',
      c: 'ü',
      d: '%zz',
      f: 'x=y',
    });
  });

  it('takes path and query from a request target in each of its forms', () => {
    assert.equal(pathOf('/a/b?x=1#f'), '/a/b');
    assert.equal(pathOf('http://user@host:1880/a?x'), '/a');
    assert.equal(pathOf('http://host?x'), '/');
    assert.equal(pathOf('//host/a'), '//host/a');
    assert.equal(pathOf('*'), '/*');
    assert.equal(queryOf('/a?x=1?y#f'), 'x=1?y');
    assert.equal(queryOf('/a'), '');
  });

  it('leaves the header with the secret off the message', () => {
    const summary = summarise(
      {
        method: 'POST',
        url: '/hooks/7?a=1&a=2',
        params: { id: '7' },
        headers: { 'x-secret': 'hush', 'content-type': 'text/plain', cookie: 'c=d' },
        ip: '127.0.0.1',
        body: Buffer.from(''),
      },
      ['x-secret'],
    );
    assert.deepEqual(summary, {
      method: 'POST',
      url: '/hooks/7?a=1&a=2',
      path: '/hooks/7',
      params: { id: '7' },
      query: { a: ['1', '2'] },
      headers: { 'content-type': 'text/plain', cookie: 'c=d' },
      cookies: { c: 'd' },
      ip: '127.0.0.1',
    });
  });
});

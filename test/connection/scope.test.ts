import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Scope } from '../../src/connection/scope';

const refused = (code: string) => (error: { code: string }) => error.code === code;

describe('connection/scope', () => {
  const scope = new Scope('https://api.example.com/v1');

  for (const [url, expected] of [
    ['orders', 'https://api.example.com/v1/orders'],
    ['/orders', 'https://api.example.com/v1/orders'],
    ['orders?x=1', 'https://api.example.com/v1/orders?x=1'],
    ['?x=1', 'https://api.example.com/v1?x=1'],
    ['', 'https://api.example.com/v1'],
    ['https://api.example.com/v1/orders', 'https://api.example.com/v1/orders'],
    ['https://api.example.com:443/v1', 'https://api.example.com/v1'],
    ['//evil.example/x', 'https://api.example.com/v1/evil.example/x'],
    ['a%20b', 'https://api.example.com/v1/a%20b'],
  ] as const) {
    it(`joins "${url}" below the base URL`, () => assert.equal(scope.resolve(url).href, expected));
  }

  for (const url of [
    'https://api.example.com/v10/orders',
    'https://api.example.com/',
    'https://api.example.com/v2',
    'https://api.example.com.evil.example/v1',
    'http://api.example.com/v1',
    'https://api.example.com:8443/v1',
    '../admin',
    'orders/../../admin',
    '%2e%2e/admin',
    '..%2fadmin',
    'x/..%2f..%2fadmin',
    '..%5cadmin',
    'x%2f..%2f..%2fadmin',
  ]) {
    it(`refuses ${url}`, () => assert.throws(() => scope.resolve(url), refused('HOST_NOT_ALLOWED')));
  }

  it('refuses credentials in a URL, other schemes and what is no URL', () => {
    for (const url of ['https://u:p@api.example.com/v1', 'ftp://api.example.com/v1', 'https://']) {
      assert.throws(() => scope.resolve(url), refused('INVALID_REQUEST'));
    }
  });

  it('refuses a base URL that is no plain http(s) URL', () => {
    for (const base of ['api.example.com', 'ftp://x', 'https://u:p@x', 'https://x/?a=1', 'https://x/#a']) {
      assert.throws(() => new Scope(base), refused('CONFIG'));
    }
  });

  it('allows any URL without a base URL and a list, and says when a relative one has nothing to join', () => {
    const open = new Scope('');
    assert.equal(open.bounded, false);
    assert.equal(open.resolve('http://x.example/a').href, 'http://x.example/a');
    assert.throws(() => open.resolve('orders'), /no base URL/);
  });

  it('goes by the list of hosts without a base URL', () => {
    const listed = new Scope('', ['api.example.com', '*.shop.example', 'local.example:8080']);
    for (const url of [
      'https://api.example.com/x',
      'https://eu.shop.example/x',
      'http://local.example:8080/x',
      'https://API.example.com/',
    ]) {
      assert.ok(listed.resolve(url));
    }
    for (const url of [
      'https://shop.example/x',
      'https://xshop.example/',
      'http://local.example/x',
      'https://api.example.com:444/',
      'https://eu.shop.example.evil.example/',
    ]) {
      assert.throws(() => listed.resolve(url), refused('HOST_NOT_ALLOWED'), url);
    }
  });

  it('never leaves origin and prefix, whatever the URL', () => {
    const pieces = fc.constantFrom(
      '..',
      '.',
      '/',
      '\\',
      '%2e',
      '%2F',
      '%5c',
      'a',
      '?',
      '#',
      '@',
      ':',
      '//',
      'http:',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 4 })), { maxLength: 12 }), (parts) => {
        let url: URL;
        try {
          url = scope.resolve(parts.join(''));
        } catch {
          return;
        }
        assert.equal(url.origin, 'https://api.example.com');
        assert.match(url.pathname, /^\/v1(\/|$)/);
      }),
    );
  });
});

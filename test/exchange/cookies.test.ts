import assert from 'node:assert/strict';
import { readCookies } from '../../src/exchange/cookies';

describe('exchange/cookies', () => {
  it('reads a value and its attributes', () => {
    assert.deepEqual(
      readCookies([
        'SID=31d4d96e407aad42; Path=/; Secure; HttpOnly; SameSite=Lax',
        'lang=en-US; Expires=Wed, 09 Jun 2031 10:18:14 GMT; Max-Age=60; Domain=example.com',
      ]),
      {
        SID: { value: '31d4d96e407aad42', path: '/', secure: true, httponly: true, samesite: 'Lax' },
        lang: {
          value: 'en-US',
          expires: 'Wed, 09 Jun 2031 10:18:14 GMT',
          'max-age': '60',
          domain: 'example.com',
        },
      },
    );
  });

  it('keeps = in a value, takes the last of a name, forgives blanks and semicolons', () => {
    assert.deepEqual(readCookies(['a=1', ' t = x==; ; ', 'a=2;', 'empty=']), {
      a: { value: '2' },
      t: { value: 'x==' },
      empty: { value: '' },
    });
  });

  it('leaves out what has no name', () => {
    assert.deepEqual(readCookies(['', '=x', ' =x', 'nothing', '; Path=/']), {});
  });

  it('is not led astray by names that objects have', () => {
    const cookies = readCookies(['__proto__=1; value=evil; __proto__=2', 'constructor=3']);
    assert.equal(Object.getPrototypeOf(cookies), Object.prototype);
    assert.deepEqual(Object.entries(cookies), [
      ['__proto__', { ['__proto__']: '2', value: '1' }],
      ['constructor', { value: '3' }],
    ]);
  });
});

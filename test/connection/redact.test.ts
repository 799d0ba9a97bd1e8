import assert from 'node:assert/strict';
import fc from 'fast-check';
import { redactor } from '../../src/connection/redact';

/** The forms in which a secret turns up in texts. */
const forms: Record<string, (secret: string) => string> = {
  'as it is': (secret) => secret,
  'percent-encoded': encodeURIComponent,
  'form-encoded': (secret) => new URLSearchParams({ k: secret }).toString().slice(2),
  'in JSON': (secret) => JSON.stringify(secret).slice(1, -1),
  base64: (secret) => Buffer.from(secret).toString('base64'),
  'base64 without padding': (secret) => Buffer.from(secret).toString('base64').replace(/=+$/, ''),
  base64url: (secret) => Buffer.from(secret).toString('base64url'),
};

describe('connection/redact', () => {
  const secrets = ['pä ss/w+rd&"1\\', 'tok~en%41', 'ключ-🔑', 'aaaa', 'a?>b?>c?>'];

  for (const [name, form] of Object.entries(forms)) {
    it(`masks a secret ${name}, each time`, () => {
      for (const secret of secrets) {
        const text = `before ${form(secret)} between ${form(secret)} after`;
        const shown = redactor([secret])(text);
        assert.ok(!shown.includes(form(secret)), `${secret}: ${shown}`);
        assert.match(shown, /^before •••=* between •••=* after$/);
      }
    });
  }

  it('masks any secret of four characters or more, in every form', () => {
    const word = fc.string({ unit: 'grapheme-ascii', minLength: 4, maxLength: 40 });
    fc.assert(
      fc.property(word, fc.constantFrom(...Object.values(forms)), (secret, form) => {
        const shown = redactor([secret])(`<${form(secret)}>`);
        assert.ok(!shown.includes(form(secret)), shown);
      }),
    );
  });

  it('masks the longer of two where one is part of the other', () => {
    assert.equal(redactor(['abcd', 'abcdefgh'])('x abcdefgh abcd y'), 'x ••• ••• y');
  });

  it('leaves short ones and other text alone', () => {
    const text = 'the id is 42 at https://h/a?b=c';
    assert.equal(redactor(['42', 'id', '', 'abc'])(text), text);
    assert.equal(redactor([])(text), text);
    assert.equal(redactor(['secret'])(text), text);
  });

  it('takes a secret for a text, not for a pattern', () => {
    assert.equal(redactor(['a.*b$&'])('a.*b$& axxb a'), '••• axxb a');
  });
});

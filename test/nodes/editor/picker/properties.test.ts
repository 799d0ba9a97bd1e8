import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Unseen } from '../../../../nodes/editor/picker/known-message';
import { longestSample, propertiesOf, type Property } from '../../../../nodes/editor/picker/properties';

function flat(list: readonly Property[]): Property[] {
  return list.flatMap((property) => [property, ...flat(property.children)]);
}

/** `path: type sample (size)` of everything. */
function lines(message: Record<string, unknown>): string[] {
  return flat(propertiesOf(message)).map(({ path, type, sample, size }) =>
    [`${path.join('/')}:`, type, sample, size === undefined ? '' : `(${size})`].filter(Boolean).join(' '),
  );
}

describe('nodes/editor/picker/properties', () => {
  it('lists every path with its type and a sample value', () => {
    const payload = {
      id: 7,
      name: 'Ada\n Lovelace',
      open: true,
      none: null,
      tags: ['a', 'b'],
      bytes: { type: 'Buffer', data: [1] },
    };
    assert.deepEqual(lines({ _msgid: 'x', payload, topic: new Unseen('string'), what: new Unseen() }), [
      'payload: object (6)',
      'payload/id: number 7',
      'payload/name: string Ada Lovelace',
      'payload/open: boolean true',
      'payload/none: null null',
      'payload/tags: array (2)',
      'payload/tags/0: string a',
      'payload/bytes: buffer',
      'topic: string',
      'what: any',
    ]);
  });

  it('cuts what is long, deep or much, and says how much it left out', () => {
    const [text] = propertiesOf({ text: '😀'.repeat(500) });
    assert.equal([...text!.sample].length, longestSample + 1);
    assert.equal(text!.sample.isWellFormed(), true);
    const deep = Array.from({ length: 50 }).reduce<unknown>((below) => ({ below }), 1);
    assert.ok(flat(propertiesOf({ deep })).length < 10);
    const wide = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`n${index}`, { a: 1, b: { c: 1 } }]),
    );
    const all = propertiesOf({ wide });
    assert.ok(flat(all).length <= 1000);
    assert.equal(all[0]!.children.length + all[0]!.hidden, 5000);
  });

  it('never shows a secret, whatever lies below or around it', () => {
    const secret = 's3cr3t-value';
    const message = {
      payload: {
        password: secret,
        apiKey: secret,
        nested: { access_token: secret, list: [{ client_secret: secret }] },
      },
      headers: {
        Authorization: `Basic ${secret}`,
        'set-cookie': [secret],
        'x-api-key': secret,
        'X-Signature': secret,
      },
      cookies: { session: { value: secret } },
      text: `Bearer ${secret}`,
      url: `https://user:${secret}@example.com/`,
      jwt: `eyJhbGciOiJub25lIn0.${secret}.x`,
      tokens: 12,
      empty: { password: '' },
    };
    const shown = flat(propertiesOf(message));
    assert.doesNotMatch(JSON.stringify(shown), /s3cr3t/);
    const password = shown.find(({ path }) => path.join('.') === 'payload.password');
    assert.deepEqual([password?.type, password?.sample], ['secret', '']);
    assert.equal(shown.find(({ path }) => path[0] === 'tokens')?.sample, '12');
    assert.equal(shown.find(({ path }) => path.join('.') === 'empty.password')?.sample, '');
  });

  it('stays small for any message', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 12 })), (message) => {
        const all = flat(propertiesOf(message));
        assert.ok(all.length <= 1000);
        for (const { sample } of all) assert.ok([...sample].length <= longestSample + 1);
      }),
    );
  });
});

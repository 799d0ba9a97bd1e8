import assert from 'node:assert/strict';
import { basic } from '../../../src/connection/auth/basic';
import { fields, type SecretField } from '../../../src/connection/auth/fields';
import { Failure } from '../../../src/exchange/failure';
import { authorized, hop } from '../../support/hop';

const header = (name: string, value: string): SecretField => ({ in: 'header', name, value });
const query = (name: string, value: string): SecretField => ({ in: 'query', name, value });
const body = (name: string, value: string): SecretField => ({ in: 'body', name, value });

const config = (says: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'CONFIG' && says.test(error.message);

describe('connection/auth/fields', () => {
  it('headers: in the case as typed, in place of one that is there', async () => {
    const { headers } = await authorized(
      fields([header('X-API-Key', 'k1'), header('x-Tenant', 't')]),
      hop({ headers: { 'x-api-key': 'mine', Accept: '*/*' } }),
    );
    assert.deepEqual(headers, { Accept: '*/*', 'X-API-Key': 'k1', 'x-Tenant': 't' });
  });

  it('query: added without touching how the rest is encoded', async () => {
    const cases: [string, string][] = [
      ['http://h/p', '?api%20key=a%26b%2Bc%2F%C3%BC'],
      ['http://h/p?x=1', '?x=1&api%20key=a%26b%2Bc%2F%C3%BC'],
      ['http://h/p?x=%7e+~%20', '?x=%7e+~%20&api%20key=a%26b%2Bc%2F%C3%BC'],
    ];
    for (const [url, search] of cases) {
      const authenticator = fields([query('api key', 'a&b+c/ü')]);
      assert.equal((await authorized(authenticator, hop({ url }))).url.search, search);
    }
  });

  it('query: a parameter of the same name gives way', async () => {
    const { url } = await authorized(
      fields([query('key', 'real')]),
      hop({ url: 'http://h/?key=mine&b=2&key=x' }),
    );
    assert.deepEqual(url.searchParams.getAll('key'), ['real']);
    assert.equal(url.searchParams.get('b'), '2');
  });

  it('body: into a JSON object or a form, in place of a field that is there', async () => {
    const authenticator = fields([body('key', 'a&ü"')]);
    for (const type of ['application/json', 'application/vnd.api+json; charset=utf-8']) {
      const sent = hop({ method: 'POST', headers: { 'content-type': type }, body: '{"key":"mine","n":[1]}' });
      assert.deepEqual(JSON.parse(String((await authorized(authenticator, sent)).body as Buffer)), {
        key: 'a&ü"',
        n: [1],
      });
    }
    const form = hop({
      method: 'POST',
      headers: { 'Content-Type': 'Application/X-WWW-Form-Urlencoded' },
      body: 'key=mine&n=1&n=2',
    });
    const fieldsSent = new URLSearchParams(
      ((await authorized(authenticator, form)).body as Buffer).toString(),
    );
    assert.deepEqual(fieldsSent.getAll('n'), ['1', '2']);
    assert.deepEqual(fieldsSent.getAll('key'), ['a&ü"']);
  });

  it('body: a request without one goes without', async () => {
    assert.equal((await authorized(fields([body('key', 'v')]))).body, undefined);
  });

  it('body: anything else is a mistake in the settings', async () => {
    const authenticator = fields([body('key', 'v')]);
    for (const [type, text] of [
      ['text/plain', 'x'],
      ['application/json', '[1]'],
      ['application/json', '1'],
      ['application/json', 'null'],
      ['', '{}'],
    ] as const) {
      const sent = hop({ method: 'POST', headers: { 'Content-Type': type }, body: text });
      await assert.rejects(authorized(authenticator, sent), config(/JSON object or a form/));
    }
  });

  it('a mix: another scheme first, the fields after it', async () => {
    const authenticator = fields([header('X-Key', 'k'), query('q', 'v'), body('b', 'w')], basic('u', 'pass'));
    const sent = hop({ method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' });
    await authorized(authenticator, sent);
    assert.equal(sent.headers.Authorization, `Basic ${Buffer.from('u:pass').toString('base64')}`);
    assert.equal(sent.headers['X-Key'], 'k');
    assert.equal(sent.url.search, '?q=v');
    assert.equal(String(sent.body as Buffer), '{"b":"w"}');
    assert.deepEqual([...authenticator.secrets()].sort(), ['dTpwYXNz', 'k', 'pass', 'v', 'w']);
    assert.equal(authenticator.secrets(), authenticator.secrets());
  });

  it('a field without a name or a value is a mistake in the settings, said by name and never by value', () => {
    assert.throws(
      () => fields([header('', 'hidden')]),
      (error) => config(/no name/)(error) && !/hidden/.test(String(error)),
    );
    assert.throws(() => fields([query('key', '')]), config(/"key" has no value/));
  });
});

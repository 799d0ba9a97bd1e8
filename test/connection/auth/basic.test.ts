import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { basic } from '../../../src/connection/auth/basic';
import { Failure } from '../../../src/exchange/failure';
import { authorized, hop } from '../../support/hop';

interface Case {
  name: string;
  username: string;
  password: string;
  header: string;
}

const file = join(__dirname, '..', '..', 'fixtures', 'basic-auth.json');
const { cases } = JSON.parse(readFileSync(file, 'utf8')) as { cases: Case[] };

describe('connection/auth/basic', () => {
  for (const { name, username, password, header } of cases) {
    it(name, async () => {
      assert.deepEqual((await authorized(basic(username, password))).headers, { Authorization: header });
    });
  }

  it('takes the place of a header that is there, in whatever case', async () => {
    const { headers } = await authorized(
      basic('a', 'b'),
      hop({ headers: { aUTHORIZATION: 'other', 'X-A': '1' } }),
    );
    assert.deepEqual(headers, { 'X-A': '1', Authorization: 'Basic YTpi' });
  });

  it('refuses a user name with a colon, which would move the border to the password', () => {
    assert.throws(
      () => basic('a:b', 'c'),
      (error: unknown) =>
        error instanceof Failure && error.code === 'CONFIG' && error.message.includes('colon'),
    );
  });

  it('names password and header as its secrets, the same list each time', () => {
    const authenticator = basic('Aladdin', 'open sesame');
    assert.deepEqual(authenticator.secrets(), ['open sesame', 'QWxhZGRpbjpvcGVuIHNlc2FtZQ==']);
    assert.equal(authenticator.secrets(), authenticator.secrets());
  });
});

import assert from 'node:assert/strict';
import { bearer } from '../../../src/connection/auth/bearer';
import { Failure } from '../../../src/exchange/failure';
import { authorized, hop } from '../../support/hop';

describe('connection/auth/bearer', () => {
  it('puts the token in the header (RFC 6750 section 2.1)', async () => {
    const { headers } = await authorized(
      bearer('mF_9.B5f-4.1JqM'),
      hop({ headers: { authorization: 'old' } }),
    );
    assert.deepEqual(headers, { Authorization: 'Bearer mF_9.B5f-4.1JqM' });
  });

  it('refuses to go without a token', () => {
    assert.throws(
      () => bearer(''),
      (error: unknown) => error instanceof Failure && error.code === 'CONFIG',
    );
  });

  it('names the token as its secret, the same list each time', () => {
    const authenticator = bearer('token');
    assert.deepEqual(authenticator.secrets(), ['token']);
    assert.equal(authenticator.secrets(), authenticator.secrets());
  });
});

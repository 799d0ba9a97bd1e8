import assert from 'node:assert/strict';
import { credentialTexts } from '../../../nodes/runtime/credential-texts';

describe('nodes/runtime/credential-texts', () => {
  it('makes texts of what variables of a flow may be, and leaves out what is not there', () => {
    const given = { user: 'me', pin: 1234, on: true, key: { kid: 'a' }, none: undefined, nothing: null };
    assert.deepEqual(credentialTexts(given), { user: 'me', pin: '1234', on: 'true', key: '{"kid":"a"}' });
    assert.deepEqual(credentialTexts(undefined), {});
  });
});

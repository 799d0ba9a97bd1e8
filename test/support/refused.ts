import assert from 'node:assert/strict';
import { Failure } from '../../src/exchange/failure';

/** For `assert.throws` and `assert.rejects`: a failure with this code, whose sentence says this. */
export const refused =
  (code: string, says: RegExp) =>
  (error: unknown): boolean => {
    assert.ok(error instanceof Failure, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, says);
    return true;
  };

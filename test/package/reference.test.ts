import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { nodeTypes, pageOf, referenceOf } from '../../scripts/reference';

describe('package/the reference pages', () => {
  for (const type of nodeTypes) {
    it(`${type}: says what the help says; otherwise run npm run reference`, async () => {
      assert.equal(readFileSync(pageOf(type), 'utf8'), await referenceOf(type));
    });
  }
});

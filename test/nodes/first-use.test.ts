import assert from 'node:assert/strict';
import { onFirstUse } from '../../nodes/runtime/first-use';

describe('nodes/first use', () => {
  it('loads once, and again only after it failed', () => {
    let loads = 0;
    const use = onFirstUse(() => {
      loads++;
      if (loads === 1) throw new Error('the disk is busy');
      return { loads };
    });
    assert.equal(loads, 0);
    assert.throws(use, /busy/);
    const loaded = use();
    assert.deepEqual(loaded, { loads: 2 });
    assert.equal(use(), loaded);
  });

  it('keeps what is loaded when that is nothing', () => {
    let loads = 0;
    const use = onFirstUse(() => void loads++);
    use();
    use();
    assert.equal(loads, 1);
  });
});

import assert from 'node:assert/strict';
import { showMessage } from '../../../nodes/admin/webhook-show';

describe('nodes/admin/webhook-show', () => {
  it('shows the beginning of a Buffer, wherever it stands, however large', () => {
    const large = Buffer.alloc(140 * 1024 * 1024, 200);
    const began = performance.now();
    const { payload, parts, ...rest } = showMessage({
      payload: large,
      parts: [{ body: Buffer.from('ab') }, null, undefined],
      time: new Date(0),
      none: undefined,
      text: 'x',
    }) as Record<string, unknown>;
    assert.ok(performance.now() - began < 1000);
    assert.deepEqual(payload, { type: 'Buffer', data: Array(1000).fill(200), length: large.length });
    assert.deepEqual(parts, [{ body: { type: 'Buffer', data: [97, 98], length: 2 } }, null, null]);
    assert.deepEqual(rest, { time: '1970-01-01T00:00:00.000Z', text: 'x' });
  });
});

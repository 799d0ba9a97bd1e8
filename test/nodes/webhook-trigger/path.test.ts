import assert from 'node:assert/strict';
import { randomFillSync } from 'node:crypto';
import { generatedToken, newPath, renamed, slug } from '../../../nodes/webhook-trigger/path';

const random = (bytes: Uint8Array<ArrayBuffer>) => void randomFillSync(bytes);

describe('nodes/webhook-trigger/path', () => {
  it('makes a name fit for a URL of what an event is called', () => {
    assert.equal(slug('New order'), 'new-order');
    assert.equal(slug('  Über-Größe: L!  '), 'uber-gro-e-l');
    assert.equal(slug('新しい注文'), '');
    assert.equal(slug('x'.repeat(200)).length, 60);
  });

  it('makes paths that do not repeat and need no encoding', () => {
    const paths = Array.from({ length: 1000 }, () => newPath('New order', random));
    assert.equal(new Set(paths).size, 1000);
    for (const path of paths) assert.match(path, /^[\w-]{22}\/new-order$/);
    assert.match(newPath('', random), /^[\w-]{22}$/);
  });

  it('follows the name of the event until the path is edited', () => {
    const path = newPath('New order', random);
    const [token] = path.split('/');
    assert.equal(generatedToken(path, 'New order'), token);
    assert.equal(renamed(path, 'New order', 'New lead'), `${token}/new-lead`);
    assert.equal(renamed(path, 'New order', ''), token);
    assert.equal(renamed(`${token}/mine`, 'New order', 'New lead'), `${token}/mine`);
    assert.equal(renamed('hooks/new-order', 'New order', 'New lead'), 'hooks/new-order');
  });
});

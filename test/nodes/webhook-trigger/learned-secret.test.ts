import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../../src/state/sqlite';
import { Listening } from './listening';

const secret = 'brought-by-the-service-7f3a';
const stateKey = randomBytes(32).toString('base64');
const fields = {
  verification: 'secret-header',
  secretHeader: 'X-Key',
  handshake: 'learn-header',
  handshakeFields: { name: 'X-Hook-Secret' },
};

describe('nodes/webhook-trigger: a secret that a handshake brings', () => {
  const handshake = (hook: Listening, value = secret) => hook.json({}, { 'X-Hook-Secret': value });
  const deliver = async (hook: Listening) => (await hook.json({ a: 1 }, { 'X-Key': secret })).status;
  const folder = (hook: Listening) => join(hook.userDir, 'http-connector');

  async function stored(hook: Listening): Promise<unknown> {
    const [file] = readdirSync(folder(hook)).filter((name) => name.endsWith('.sqlite'));
    const store = await openSqlite({ file: join(folder(hook), file!), now: Date.now, warn: assert.fail });
    try {
      return (await store.get('webhook/hook', 'learned-secret'))?.value;
    } finally {
      await store.close();
    }
  }

  it('is encrypted in the state, and known after a restart', async () => {
    await using hook = await new Listening().open(fields, { stateKey });
    assert.equal(await deliver(hook), 500, 'nothing is known yet');
    const answer = await handshake(hook);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-hook-secret'), secret);
    assert.equal(await deliver(hook), 200);
    await hook.close();
    for (const name of readdirSync(folder(hook)))
      assert(!readFileSync(join(folder(hook), name)).includes(secret), name);
    await hook.open(fields, { stateKey });
    assert.equal(await deliver(hook), 200);
    assert.equal((await handshake(hook, 'of-somebody-else')).status, 403);
  });

  it('is never taken for none without its key: whoever knows the URL could bring another', async () => {
    await using hook = await new Listening().open(fields, { stateKey });
    await handshake(hook);
    await hook.close();
    for (const credentials of [{}, { stateKey: randomBytes(32).toString('base64') }, { stateKey: 'short' }]) {
      await hook.open(fields, credentials);
      assert.equal(await deliver(hook), 500);
      assert.equal((await handshake(hook, 'of-somebody-else')).status, 500);
      assert.match(hook.flow.everything(), /brought in its handshake cannot be used, because .*key/);
      await hook.close();
    }
    await hook.open(fields, { stateKey });
    assert.equal(await deliver(hook), 200);
  });

  it('that an earlier release stored plain is read, and encrypted once there is a key', async () => {
    await using hook = await new Listening().open(fields);
    await handshake(hook);
    assert.equal(await deliver(hook), 200);
    await hook.close();
    assert.equal(await stored(hook), secret);
    await hook.open(fields, { stateKey });
    assert.equal(await deliver(hook), 200);
    await hook.close();
    assert.equal(typeof (await stored(hook)), 'object');
    await hook.open(fields, { stateKey });
    assert.equal(await deliver(hook), 200);
  });

  it('gives way to one that is entered', async () => {
    await using hook = await new Listening().open(fields, { stateKey });
    await handshake(hook);
    await hook.close();
    await hook.open(fields, { secret: 'entered', stateKey });
    assert.equal(await deliver(hook), 401);
    assert.equal((await hook.json({}, { 'X-Key': 'entered' })).status, 200);
  });
});

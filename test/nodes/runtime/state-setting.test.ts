import assert from 'node:assert/strict';
import { stateSetting } from '../../../nodes/runtime/state-setting';
import { Failure } from '../../../src/exchange/failure';

describe('nodes/runtime/state-setting', () => {
  const of = (state: unknown, environment: Record<string, string> = {}) =>
    stateSetting({ httpConnector: { state } }, environment);

  it('is SQLite unless something else is said', () => {
    for (const settings of [{}, { httpConnector: undefined }, { httpConnector: {} }]) {
      assert.deepEqual(stateSetting(settings, { HTTP_CONNECTOR_STATE: '' }), { type: 'sqlite' });
    }
    assert.deepEqual(of('sqlite'), { type: 'sqlite' });
    assert.deepEqual(of({ type: 'sqlite' }), { type: 'sqlite' });
  });

  it('takes a Redis as an address or with a prefix', () => {
    const url = 'rediss://user:p%40ss@redis.example:6380/2';
    assert.deepEqual(of(url), { type: 'redis', url, prefix: 'nrhc:' });
    assert.deepEqual(of({ type: 'redis', url }), { type: 'redis', url, prefix: 'nrhc:' });
    assert.deepEqual(of({ type: 'redis', url, prefix: 'a:' }), { type: 'redis', url, prefix: 'a:' });
  });

  it('prefers the environment', () => {
    const environment = { HTTP_CONNECTOR_STATE: 'redis://there' };
    assert.deepEqual(of('redis://here', environment), {
      type: 'redis',
      url: 'redis://there',
      prefix: 'nrhc:',
    });
    assert.deepEqual(of(42, environment).type, 'redis');
    assert.deepEqual(of('redis://here', { HTTP_CONNECTOR_STATE: 'sqlite' }), { type: 'sqlite' });
  });

  it('refuses what is wrong by its name, and never repeats it', () => {
    const wrong: [unknown, RegExp][] = [
      [42, /^httpConnector\.state in settings\.js must be "sqlite"/],
      [null, /^httpConnector\.state in settings\.js must be/],
      ['redis', /^httpConnector\.state in settings\.js is wrong: .*redis:\/\/user/],
      ['http://user:secret@host', /^httpConnector\.state in settings\.js is wrong/],
      [
        { url: 'redis://secret@host' },
        /^httpConnector\.state\.type in settings\.js must be "sqlite" or "redis"/,
      ],
      [{ type: 'redis' }, /^httpConnector\.state\.url in settings\.js/],
      [{ type: 'redis', url: 'secret@host' }, /^httpConnector\.state\.url in settings\.js is wrong/],
      [{ type: 'redis', url: 'redis://h', prefix: '' }, /^httpConnector\.state\.prefix in settings\.js/],
      [{ type: 'redis', url: 'redis://h', prefix: 7 }, /^httpConnector\.state\.prefix in settings\.js/],
    ];
    const refused = (pattern: RegExp) => (error: unknown) =>
      error instanceof Failure &&
      error.code === 'CONFIG' &&
      !error.retryable &&
      pattern.test(error.message) &&
      !error.message.includes('secret');
    for (const [state, pattern] of wrong) assert.throws(() => of(state), refused(pattern), `${pattern}`);
    assert.throws(
      () => of('sqlite', { HTTP_CONNECTOR_STATE: 'secret' }),
      refused(/^HTTP_CONNECTOR_STATE in the env/),
    );
    assert.throws(
      () => stateSetting({ httpConnector: 'redis://h' }, {}),
      refused(/^httpConnector in settings\.js must/),
    );
  });
});

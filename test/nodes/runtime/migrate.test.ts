import assert from 'node:assert/strict';
import { defaults as connection } from '../../../nodes/http-connection/config';
import { defaults as polling } from '../../../nodes/polling-trigger/config';
import { migrate, NewerConfigError, type ConfigBase, type Migration } from '../../../nodes/runtime/migrate';
import { defaults as request, type SendRequestConfig } from '../../../nodes/send-request/config';
import { defaults as webhook } from '../../../nodes/webhook-trigger/config';
import { Failure } from '../../../src/exchange/failure';

interface Config extends ConfigBase {
  url: string;
  rows: { name: string }[];
}

const defaults: Omit<Config, 'id' | 'type' | 'z'> = {
  configVersion: 3,
  name: '',
  url: '/',
  rows: [{ name: 'x' }],
};

/** `address` became `uri`, which became `url`; the third step is missing, as where nothing had to change. */
const migrations: Migration[] = [
  { from: 0, migrate: ({ address, ...rest }) => ({ ...rest, uri: address }) },
  { from: 1, migrate: ({ uri, ...rest }) => ({ ...rest, url: uri }) },
];

const migrated = (saved: object) => migrate<Config>(saved, 3, defaults, migrations);

describe('nodes/runtime/migrate', () => {
  it('takes a flow written by hand, which has no version, through every step', () => {
    assert.deepEqual(migrated({ id: 'n', type: 't', z: 'tab', address: 'http://h' }), {
      id: 'n',
      type: 't',
      z: 'tab',
      configVersion: 3,
      name: '',
      url: 'http://h',
      rows: [{ name: 'x' }],
    });
  });

  it('begins at the version that was saved', () => {
    assert.equal(migrated({ configVersion: 1, uri: 'one' }).url, 'one');
    assert.equal(migrated({ configVersion: 2, url: 'two' }).url, 'two');
    assert.equal(migrated({ configVersion: 3, url: 'three', uri: 'not looked at' }).url, 'three');
  });

  it('keeps what is set, also when it is empty, and what it does not know', () => {
    const config = migrated({ configVersion: 3, url: '', rows: [], wires: [['a']], extra: null });
    assert.deepEqual(
      [
        config.url,
        config.rows,
        (config as unknown as { wires: unknown }).wires,
        (config as unknown as { extra: unknown }).extra,
      ],
      ['', [], [['a']], null],
    );
  });

  it('fills in what is undefined, with defaults that no node shares with another', () => {
    const one = migrated({ configVersion: 3, url: undefined });
    const two = migrated({});
    assert.equal(one.url, '/');
    one.rows[0]!.name = 'changed';
    assert.equal(two.rows[0]!.name, 'x');
    assert.equal(defaults.rows[0]!.name, 'x');
  });

  it('fills in what is missing in a group of fields', () => {
    const { paging, query } = migrate<SendRequestConfig>(
      { paging: { kind: 'offset', start: 5 }, query: {} },
      request.configVersion,
      request,
      [],
    );
    assert.deepEqual(paging, { ...request.paging, kind: 'offset', start: 5 });
    // a list is no group
    assert.deepEqual(query, {});
  });

  it('does not touch what it was given', () => {
    const saved = Object.freeze({ id: 'n', address: 'a' });
    assert.equal(migrated(saved).url, 'a');
    assert.deepEqual(saved, { id: 'n', address: 'a' });
  });

  it('refuses a newer release, and says what to do', () => {
    assert.throws(
      () => migrated({ configVersion: 4 }),
      (error: unknown) => {
        assert.ok(error instanceof NewerConfigError && error instanceof Failure);
        assert.equal(error.code, 'CONFIG');
        assert.match(error.message, /newer release \(configuration 4, this release knows 3\): update/);
        return true;
      },
    );
  });

  const released = {
    'http-connection': connection,
    'send-request': request,
    'webhook-trigger': webhook,
    'polling-trigger': polling,
  };
  for (const [type, current] of Object.entries(released)) {
    it(`${type}: its defaults are whole, and survive being saved`, () => {
      assert.ok(current.configVersion >= 1);
      assert.equal(current.name, '');
      assert.deepEqual(JSON.parse(JSON.stringify(current)), current);
      const config = migrate<ConfigBase>({ id: 'n', type }, current.configVersion, current, []);
      assert.deepEqual(config, { ...current, id: 'n', type });
    });
  }
});

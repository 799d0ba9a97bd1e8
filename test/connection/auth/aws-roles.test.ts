import assert from 'node:assert/strict';
import {
  awsRole,
  TemporaryCredentials,
  type AwsRole,
  type AwsSdk,
} from '../../../src/connection/auth/aws-roles';
import type { Hop } from '../../../src/connection/transport';
import { Failure } from '../../../src/exchange/failure';

const minute = 60_000;
const signal = new AbortController().signal;
const target = { region: 'eu-west-1', service: 'execute-api' };
const hop = (): Hop => ({ method: 'GET', url: new URL('https://api.test/'), headers: {} });

/** Stands in for the SDK and keeps what it was called with; the real one is in test/peers/aws.test.ts. */
function fakeSdk(): { sdk: AwsSdk; calls: [string, unknown][] } {
  const calls: [string, unknown][] = [];
  const provider = (name: string) => (options?: unknown) => {
    calls.push([name, options]);
    return () =>
      Promise.resolve({ accessKeyId: 'ASIA', secretAccessKey: `secret of ${name}`, sessionToken: 'token' });
  };
  const names = [
    'fromTemporaryCredentials',
    'fromTokenFile',
    'fromHttp',
    'fromInstanceMetadata',
    'fromNodeProviderChain',
  ];
  return { sdk: Object.fromEntries(names.map((name) => [name, provider(name)])) as unknown as AwsSdk, calls };
}

describe('connection/auth/aws-roles', () => {
  const key = { accessKeyId: 'AKID', secretAccessKey: 'long-term' };
  const roleArn = 'arn:aws:iam::123456789012:role/x';
  const kinds: [AwsRole, string, unknown][] = [
    [
      { kind: 'assume-role', roleArn, externalId: 'ext', sessionName: 'mine', key },
      'fromTemporaryCredentials',
      {
        params: { RoleArn: roleArn, RoleSessionName: 'mine', ExternalId: 'ext' },
        masterCredentials: key,
        clientConfig: { region: 'eu-west-1' },
      },
    ],
    [
      { kind: 'assume-role', roleArn, externalId: '', sessionName: '' },
      'fromTemporaryCredentials',
      { params: { RoleArn: roleArn, RoleSessionName: 'node-red' }, clientConfig: { region: 'eu-west-1' } },
    ],
    [
      { kind: 'web-identity', roleArn, tokenFile: '/token' },
      'fromTokenFile',
      {
        roleArn,
        roleSessionName: 'node-red',
        webIdentityTokenFile: '/token',
        clientConfig: { region: 'eu-west-1' },
      },
    ],
    [{ kind: 'container' }, 'fromHttp', undefined],
    [{ kind: 'instance' }, 'fromInstanceMetadata', undefined],
    [{ kind: 'default' }, 'fromNodeProviderChain', undefined],
  ];
  for (const [role, name, options] of kinds) {
    it(`${role.kind}${role.key ? ' from an access key' : ''}`, async () => {
      const { sdk, calls } = fakeSdk();
      const authenticator = awsRole(role, target, { load: () => Promise.resolve(sdk) });
      const [one, two] = [hop(), hop()];
      await authenticator.authorize(one, signal);
      await authenticator.authorize(two, signal);
      assert.deepEqual(calls, [[name, options]]);
      assert.match(one.headers['Authorization'] as string, /Credential=ASIA\/\d+\/eu-west-1\/execute-api/);
      assert.equal(two.headers['X-Amz-Security-Token'], 'token');
      const own = role.key ? ['long-term'] : [];
      assert.deepEqual(authenticator.secrets(), [...own, `secret of ${name}`, 'token']);
    });
  }

  it('needs a role to assume', () => {
    assert.throws(() => awsRole({ kind: 'assume-role' }, target), { code: 'CONFIG' });
  });

  it('names the package that is missing, and how to install it', async () => {
    const authenticator = awsRole({ kind: 'instance' }, target);
    await assert.rejects(
      async () => authenticator.authorize(hop(), signal),
      (error: Failure) => {
        assert.equal(error.code, 'CONFIG');
        assert.match(error.message, /npm install @aws-sdk\/credential-providers/);
        return true;
      },
    );
  });

  describe('credentials', () => {
    const setup = (lifetime: number | undefined) => {
      const state = { now: 1_000_000, fetched: 0, error: undefined as Error | undefined };
      const fetch = () => {
        state.fetched++;
        if (state.error) return Promise.reject(state.error);
        return Promise.resolve({
          accessKeyId: `id${state.fetched}`,
          secretAccessKey: `secret${state.fetched}`,
          ...(lifetime === undefined ? {} : { expiration: new Date(state.now + lifetime) }),
        });
      };
      const source = new TemporaryCredentials(fetch, () => state.now, ['own']);
      return { state, source, id: async () => (await source.get(signal)).accessKeyId };
    };

    it('are kept until five minutes before they expire', async () => {
      const { state, id } = setup(60 * minute);
      assert.equal(await id(), 'id1');
      state.now += 55 * minute - 1;
      assert.equal(await id(), 'id1');
      state.now += 1;
      assert.equal(await id(), 'id2');
    });

    it('that live for less are kept for half their time', async () => {
      const { state, id } = setup(4 * minute);
      assert.equal(await id(), 'id1');
      state.now += 2 * minute - 1;
      assert.equal(await id(), 'id1');
      state.now += 1;
      assert.equal(await id(), 'id2');
    });

    it('without an end are kept', async () => {
      const { state, id } = setup(undefined);
      await id();
      state.now += 1e12;
      assert.equal(await id(), 'id1');
    });

    it('are fetched once however many requests wait', async () => {
      const { state, id } = setup(60 * minute);
      assert.deepEqual(new Set(await Promise.all(Array.from({ length: 50 }, id))), new Set(['id1']));
      assert.equal(state.fetched, 1);
    });

    it('that are still good are used when others cannot be had', async () => {
      const { state, id } = setup(60 * minute);
      await id();
      state.now += 56 * minute;
      state.error = new Error('no network');
      assert.equal(await id(), 'id1');
      state.now += 4 * minute;
      await assert.rejects(id(), { code: 'AUTHENTICATION' });
      state.error = undefined;
      assert.equal(await id(), 'id4');
    });

    it('that were refused are asked for again with the next request', async () => {
      const { state, id } = setup(60 * minute);
      state.error = Object.assign(new Error('not allowed to assume'), { $fault: 'client' });
      await assert.rejects(id(), (error: Failure) => {
        assert.equal(error.retryable, false);
        return error.message === 'no credentials from AWS: not allowed to assume';
      });
      state.error = new Error('timeout');
      await assert.rejects(id(), { retryable: true });
      state.error = undefined;
      assert.equal(await id(), 'id3');
    });

    it('that the server calls expired are fetched anew, and those that are newer are kept', async () => {
      const { state, source } = setup(60 * minute);
      const first = await source.get(signal);
      assert.equal(source.expire(first), true);
      const second = await source.get(signal);
      assert.equal(second.accessKeyId, 'id2');
      assert.equal(source.expire(first), true);
      assert.equal(await source.get(signal), second);
      assert.equal(state.fetched, 2);
    });

    it('are redacted together with the ones before, which requests under way still carry', async () => {
      const { state, source } = setup(60 * minute);
      assert.deepEqual(source.secrets(), ['own']);
      for (let i = 0; i < 3; i++) {
        await source.get(signal);
        state.now += 56 * minute;
      }
      assert.deepEqual(source.secrets(), ['own', 'secret3', 'secret2']);
      assert.equal(source.secrets(), source.secrets());
    });

    it('do not hold a request that is aborted', async () => {
      const controller = new AbortController();
      const source = new TemporaryCredentials(() => new Promise(() => undefined), Date.now, []);
      const waiting = source.get(controller.signal);
      controller.abort(new Failure('ABORTED', 'closed'));
      await assert.rejects(waiting, { code: 'ABORTED' });
      await assert.rejects(source.get(controller.signal), { code: 'ABORTED' });
    });
  });
});

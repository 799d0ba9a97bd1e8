import assert from 'node:assert/strict';
import { Failure } from '../../../src/exchange/failure';
import {
  subscriptionDefaults,
  type SubscriptionFields,
} from '../../../nodes/webhook-trigger/subscription-config';
import { callbackOf, planOf } from '../../../nodes/webhook-trigger/subscription-plan';

const fields = (own: Partial<SubscriptionFields>): SubscriptionFields => ({
  ...subscriptionDefaults.subscription,
  url: '/hooks',
  ...own,
});
const isConfig = (reason: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'CONFIG' && reason.test(error.message);

describe('nodes/webhook-trigger/subscription-plan', () => {
  it('has only the requests that are set up, each with the headers', () => {
    const headers = [
      { name: 'X-Version', value: '2' },
      { name: '', value: '' },
    ];
    const plan = planOf(fields({ headers, listUrl: '/hooks ', renewal: 'never', renewUrl: '/left' }));
    assert.deepEqual([plan.renew, plan.unsubscribe], [undefined, undefined]);
    assert.deepEqual(plan.list, {
      method: 'GET',
      url: '/hooks',
      headers: [['X-Version', '2']],
      body: { kind: 'none' },
    });
    assert.deepEqual(plan.subscribe.headers, plan.list.headers);
    const form = [{ name: 'hub.callback', value: '{{callback}}' }];
    const { subscribe, renew, lifetime } = planOf(
      fields({ bodyKind: 'form', form, renewal: 'again', lifetime: '1.5' }),
    );
    assert.deepEqual(subscribe.body, { kind: 'form', fields: [['hub.callback', '{{callback}}']] });
    assert.deepEqual([renew, lifetime], ['again', 5_400_000]);
  });

  it('says what is missing', () => {
    assert.throws(() => planOf(fields({ url: ' ' })), isConfig(/subscribe request is empty/));
    assert.throws(() => planOf(fields({ renewal: 'request' })), isConfig(/renew request is empty/));
    assert.throws(() => planOf(fields({ lifetime: 'long' })), isConfig(/that a subscription lasts/));
  });

  it('tells the URL that the service can call', () => {
    assert.equal(callbackOf('https://example.com', '/red/', 'a b/c'), 'https://example.com/red/a%20b/c');
    assert.equal(callbackOf('https://example.com/', '/', '/a'), 'https://example.com/a');
    assert.equal(callbackOf('https://example.com/in?x=1', '/', ':id'), 'https://example.com/in?x=1');
    assert.throws(() => callbackOf('', '/', 'a'), isConfig(/set the public URL/));
    assert.throws(() => callbackOf('https://example.com', '/', 'a/:id'), isConfig(/parameters/));
  });
});

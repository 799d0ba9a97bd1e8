/** The Subscription tab of webhook-trigger: its fields, what is wrong, and what is saved. */
import assert from 'node:assert/strict';
import { subscriptionDefaults } from '../../nodes/webhook-trigger/subscription-config';
import { connection, ids, webhook } from './flow';
import { inEachEditor } from './session';

inEachEditor('the subscription of a webhook', (session) => {
  // Node-RED 4.1 has nothing of its own here
  if (session.line !== '5') return;

  it('shows what a connection is sent, says what is wrong, and saves it', async () => {
    await session.importFlow(connection({ name: 'Shop' }), webhook({ publicUrl: '' }));
    const dialog = await session.editor.edit(ids.webhook);
    const field = (name: string) =>
      dialog.locator(`[id="node-input-${name}"], [id="nrhc-subscription-${name}"]`);
    const shown = (name: string) => field(name).isVisible();
    await dialog.getByRole('tab', { name: 'Subscription', exact: true }).click();
    assert.equal(await shown('url'), false, 'without a connection there is nothing to ask');
    await field('connection').selectOption({ label: 'Shop' });
    assert.deepEqual(
      await Promise.all(['url', 'body', 'form', 'renewUrl', 'lifetime', 'endUrl', 'endBody'].map(shown)),
      [true, true, false, false, false, true, false],
    );
    assert.equal(await dialog.locator('.nrhc-callback-needed').isVisible(), true);

    await field('url').fill('/hooks');
    await field('body').fill('{"url":{{callback}},"secret":{{secret}');
    await field('endUrl').fill('/hooks/{{id}}?by={{secret}}');
    await field('listUrl').focus();
    const said = async (name: string) =>
      (await dialog.locator(`[data-nrhc-row="subscription.${name}"]`).innerText()).replace(/\s+/g, ' ');
    await session.editor.expectText('[data-nrhc-row="subscription.body"]', /does not parse/);
    await session.editor.expectText('[data-nrhc-row="subscription.endUrl"]', /secret cannot stand here/);
    assert.doesNotMatch(await said('url'), /Enter where/);
    await field('url').scrollIntoViewIfNeeded();
    await session.shoot('webhook-subscription');
    await field('body').fill('{"url":{{callback}},"secret":{{secret}}}');
    await field('endUrl').fill('/hooks/{{id}}');
    await field('renewal').selectOption('request');
    assert.deepEqual(await Promise.all(['expiryPath', 'lifetime', 'renewUrl'].map(shown)), [
      true,
      true,
      true,
    ]);
    await field('renewUrl').fill('/hooks/{{id}}');
    await field('renewBody').fill('{"expires":{{expires}}}');
    await field('lifetime').fill('48');
    await session.shoot('webhook-subscription-end');

    await dialog.getByRole('tab', { name: 'URL & methods', exact: true }).click();
    await field('publicUrl').fill('https://example.com');
    await session.editor.done();
    const {
      subscription,
      connection: chosen,
      valid,
      validationErrors,
    } = await session.editor.node(ids.webhook);
    assert.deepEqual([valid, validationErrors], [true, []]);
    assert.equal(chosen, ids.connection);
    assert.deepEqual(subscription, {
      ...subscriptionDefaults.subscription,
      url: '/hooks',
      body: '{"url":{{callback}},"secret":{{secret}}}',
      renewal: 'request',
      renewUrl: '/hooks/{{id}}',
      renewBody: '{"expires":{{expires}}}',
      lifetime: 48,
      endUrl: '/hooks/{{id}}',
    });
  });
});

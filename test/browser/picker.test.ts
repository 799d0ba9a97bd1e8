/** The data picker: what the nodes before put out, put into a field by the mouse and by keys alone. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { connection, ids, request, webhook } from './flow';
import { inEachEditor } from './session';

const sample = {
  payload: {
    id: 'A-17',
    customer: { name: 'Ada', 'e mail': 'ada@example.com' },
    items: [{ sku: 'x1' }, { sku: 'x2' }],
  },
  event: { id: 'e1', type: 'webhook' },
  request: { method: 'POST', headers: { authorization: 'Bearer s3cr3t-token' } },
};

/** More nodes than `ids` has, named after the flow. */
const named = (name: string) => `${ids.tab.slice(0, -2)}${name}`;

function plain(name: string, type: string, to: string[], rest: object = {}): object {
  return { id: named(name), type, z: ids.tab, x: 100, y: 60, wires: [to], ...rest };
}

inEachEditor('the data picker', (session) => {
  const popup = () => session.editor.page.locator('.nrhc-picker');
  const row = (name: string | RegExp) => popup().getByRole('treeitem', { name });
  const press = (...keys: string[]) =>
    keys.reduce(
      (before, key) => before.then(() => session.editor.page.keyboard.press(key)),
      Promise.resolve(),
    );

  /** Names of the rows, as they are indented. */
  const rows = () =>
    popup()
      .getByRole('treeitem')
      .evaluateAll((items) =>
        items.map((item) => {
          const indent = '-'.repeat(Number(item.getAttribute('aria-level')) - 1);
          return indent + item.querySelector('.nrhc-picker-name')!.textContent;
        }),
      );

  const only5 = (title: string, test: () => Promise<void>) => session.line === '5' && it(title, test);

  only5('lists what comes through inject and change, picked by the mouse', async () => {
    const rules = [{ t: 'set', p: 'customer', pt: 'msg', to: '{"no":7}', tot: 'json' }];
    await session.importFlow(
      connection(),
      plain('i', 'inject', [named('c')], {
        props: [{ p: 'payload' }, { p: 'topic', vt: 'str' }],
        payload: '{"order":{"id":12,"a.b":1}}',
        payloadType: 'json',
        topic: 'orders',
      }),
      plain('c', 'change', [ids.request], { name: 'Add customer', rules }),
      request({ bodyKind: 'json', body: '{"a": }' }),
    );
    const dialog = await session.editor.edit(ids.request);
    const url = dialog.locator('#node-input-url');
    await url.fill('orders/');
    await dialog.getByRole('button', { name: 'Insert data (Ctrl+Space)' }).first().click();
    assert.deepEqual(await rows(), ['Add customer', '-customer', 'inject', '-payload', '--order', '-topic']);
    await session.shoot('light-picker-url');
    await row(/^order object/)
      .locator('.nrhc-picker-fold')
      .click();
    await row('id 12').click();
    assert.equal(await popup().count(), 0);
    assert.equal(await url.inputValue(), 'orders/{{payload.order.id}}');
    assert.equal(await url.evaluate((input) => input === document.activeElement), true);

    // any name can be written
    await url.press('End');
    await press('Control+Space');
    await session.editor.page.keyboard.type('a.b');
    await press('Enter');
    assert.equal(await url.inputValue(), 'orders/{{payload.order.id}}{{payload.order["a.b"]}}');

    // an empty value of a table becomes a path of the message
    await dialog.getByRole('button', { name: 'add' }).first().click();
    const cells = dialog.locator('#nrhc-send-request-query-rows .nrhc-cells');
    await cells.locator('.nrhc-name').fill('odd');
    await cells.getByRole('button', { name: /Insert data/ }).click();
    await row(/^order object/)
      .locator('.nrhc-picker-fold')
      .click();
    await row(/^a\.b/).click();

    await dialog.getByRole('tab', { name: 'Body' }).click();
    const code = dialog.locator('#nrhc-send-request-body-editor');
    await code.locator('.view-lines').click();
    await press('End', 'ArrowLeft');
    await dialog.locator('.nrhc-pick-bar:visible button').click();
    await row(/^customer object/).click();
    await session.editor.done();
    const node = await session.editor.node(ids.request);
    assert.deepEqual(node.query, [{ name: 'odd', value: 'payload.order["a.b"]', type: 'msg' }]);
    assert.equal(node.body, '{"a": {{customer}}}');
  });

  it('lists a kept sample through links and a subflow, picked by keys alone', async () => {
    const sub = named('s');
    await session.importFlow(
      connection(),
      webhook({ wires: [[named('o')]], outputSample: JSON.stringify(sample) }),
      plain('o', 'link out', [], { mode: 'link', links: [named('l')] }),
      plain('l', 'link in', [named('u')], { links: [named('o')] }),
      {
        id: sub,
        type: 'subflow',
        name: 'Mark',
        in: [{ x: 40, y: 40, wires: [{ id: named('m') }] }],
        out: [{ x: 300, y: 40, wires: [{ id: named('m'), port: 0 }] }],
      },
      {
        ...plain('m', 'change', [], { rules: [{ t: 'set', p: 'mark', pt: 'msg', to: 'yes', tot: 'str' }] }),
        z: sub,
        wires: [[]],
      },
      plain('u', `subflow:${sub}`, [ids.request]),
      request({ bodyKind: 'jsonata', body: '{"to": }' }),
    );
    const dialog: Locator = await session.editor.edit(ids.request);
    const url = dialog.locator('#node-input-url');
    await url.focus();
    await press('End', 'Control+Space');
    // down the tree with the arrows: the mark, the event node, its payload, the payload's id
    await press('ArrowUp', 'ArrowLeft', 'ArrowDown', 'ArrowDown', 'ArrowDown', 'Enter');
    assert.equal(await url.inputValue(), 'orders{{payload.id}}');

    await press('Control+Space');
    await session.editor.page.keyboard.type('sku');
    assert.deepEqual(await rows(), ['New order', '-payload.items[0].sku']);
    await press('Escape');
    assert.equal(await popup().count(), 0);
    assert.equal(await url.evaluate((input) => input === document.activeElement), true);
    assert.equal(await dialog.isVisible(), true);

    await press('Control+Space');
    await session.editor.page.keyboard.type('authorization');
    assert.match(await popup().innerText(), /request\.headers\.authorization\s+not shown/);
    assert.doesNotMatch(await session.editor.page.content(), /s3cr3t-token/);
    await press('Escape');

    await dialog.getByRole('tab', { name: 'Body' }).click();
    await dialog.locator('#nrhc-send-request-body-editor .view-lines').click();
    await press('End', 'ArrowLeft', 'Control+Shift+Space');
    await session.editor.page.keyboard.type('e mail');
    await press('Enter');
    await session.editor.done();
    assert.equal((await session.editor.node(ids.request)).body, '{"to": payload.customer.`e mail`}');
  });
});

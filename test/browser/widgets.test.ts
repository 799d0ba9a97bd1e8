/** Each shared widget on its own page (test/widgets): what it shows, what it gives back, and that it may be empty. */
import assert from 'node:assert/strict';
import type { Locator } from 'playwright-core';
import { inEachEditor, type Session } from './session';
import { bundleWidgets, widgets } from './widget-pages';

interface WidgetWindow {
  nrhcWidgets: { show(name: string): void };
}

/** A page that is shown. */
class Shown {
  constructor(
    readonly name: string,
    readonly session: Session,
  ) {}

  get page() {
    return this.session.editor.page;
  }

  state(index: number): Locator {
    return this.page.locator(`#${this.name}-${index}`);
  }

  /** By the state's own button. */
  async read(index: number): Promise<unknown> {
    await this.state(index).locator('> .nrhc-read').click();
    const text = await this.state(index).locator('> output').innerText();
    return text === 'undefined' ? undefined : JSON.parse(text);
  }

  problem(index: number, text?: RegExp): Promise<void> {
    const place = this.state(index).locator('.nrhc-problem:visible', { hasText: text });
    return place.first().waitFor({ state: text ? 'visible' : 'detached', timeout: 5000 });
  }

  async press(...keys: string[]): Promise<void> {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** What was typed goes where the focus is. */
  type(text: string): Promise<void> {
    return this.page.keyboard.type(text);
  }

  focused(locator: Locator): Promise<boolean> {
    return locator.evaluate((element) => element === document.activeElement);
  }
}

const checks: Record<string, (shown: Shown) => Promise<void>> = {
  'check-group': async (shown) => {
    assert.deepEqual(await shown.read(0), []);
    await shown.state(0).getByLabel('POST').focus();
    await shown.press('Space');
    assert.deepEqual(await shown.read(0), ['POST']);
    await shown.state(2).getByLabel('GET').check();
    assert.deepEqual(await shown.read(2), ['GET', 'PURGE']);
  },

  'code-field': async (shown) => {
    assert.equal(await shown.read(0), '');
    await shown.problem(0);
    await shown.problem(2, /Unclosed tag/);
    // the editor closes brackets by itself
    await shown.session.editor.type('#code-field-0', 'Hello {{#name}}');
    await shown.problem(0, /Unclosed section/);
    await shown.page.keyboard.insertText('{{/name}}');
    await shown.problem(0);
    assert.equal(await shown.read(0), 'Hello {{#name}}{{/name}}');
    await shown.session.editor.type('#code-field-1', '{"id": }');
    await shown.problem(1, /JSON/);
  },

  copy: async (shown) => {
    const button = (index: number) => shown.state(index).getByRole('button', { name: /copy/i });
    await button(0).focus();
    await shown.press('Enter');
    await shown.state(1).getByRole('textbox').focus();
    await shown.press('ControlOrMeta+v');
    assert.equal(await shown.read(1), 'https://nodes.example/hooks/orders');
    await shown.state(1).getByRole('textbox').fill('');
    await button(1).click();
    assert.equal(await shown.read(1), '');
  },

  'curl-import': async (shown) => {
    const open = shown.state(0).locator('.nrhc-curl-open');
    const panel = shown.state(0).getByRole('group');
    assert.equal(await shown.read(0), undefined);
    await open.press('Enter');
    assert.equal(await shown.focused(panel.getByRole('textbox')), true);
    await shown.press('Control+Enter');
    await shown.problem(0, /\w/);
    await shown.type(`curl -H 'X-Id: 7' https://api.example/orders`);
    await shown.press('Escape');
    assert.equal(await panel.isVisible(), false);
    assert.equal(await shown.focused(open), true);
    await shown.press('Enter');
    assert.equal(await panel.getByRole('textbox').inputValue(), '', 'a command is not kept');
    await shown.type(`curl -H 'X-Id: 7' https://api.example/orders`);
    await shown.press('Control+Enter');
    assert.match(
      JSON.stringify(await shown.read(0)),
      /"baseUrl":"https:\/\/api\.example".*"url":"\/orders".*X-Id/,
    );
    assert.equal(await open.getAttribute('aria-expanded'), 'false');
  },

  'field-group': async (shown) => {
    const empty = { kind: 'none', url: '', wait: 5, body: '', headers: [] };
    assert.deepEqual(await shown.read(0), empty);
    await shown.problem(1, /from 0 to 60/);
    await shown.problem(2);
    const wait = shown.state(0).getByLabel('Longest');
    assert.equal(await wait.isVisible(), false);
    await shown.state(0).getByLabel('Next page').selectOption('cursor');
    await wait.fill('7');
    await shown.state(0).getByLabel('URL').focus();
    await shown.press('Tab');
    await shown.problem(0, /\w/);
    await shown.state(0).getByLabel('URL').fill(' orders ');
    await shown.problem(0);
    assert.deepEqual(await shown.read(0), { ...empty, kind: 'cursor', url: 'orders', wait: 7 });
  },

  'kept-sample': async (shown) => {
    const [row, keep] = [shown.state(0).locator('.nrhc-sample'), shown.state(0).getByRole('button').first()];
    assert.equal(await row.isVisible(), false);
    assert.equal(await shown.read(0), 0);
    await keep.click();
    assert.match(await row.innerText(), /\b\d+ kB/);
    const kept = Number(await shown.read(0));
    assert.ok(kept > 0 && kept <= 100_000, `${kept} characters`);
    await row.getByRole('button').press('Enter');
    assert.equal(await row.isVisible(), false);
    assert.equal(await shown.focused(keep), true);
    assert.deepEqual([await shown.read(0), await shown.read(1)], [0, 20]);
  },

  'number-check': async (shown) => {
    await shown.problem(0);
    await shown.problem(1, /whole number from 1 to 10/);
    await shown.problem(2, /number from 0 to 10/);
    await shown.problem(3);
    await shown.state(2).getByRole('textbox').focus();
    await shown.type('5');
    await shown.problem(2);
    await shown.type('0');
    await shown.problem(2, /number from 0 to 10/);
    assert.equal(await shown.read(2), '50');
  },

  'paging-fields': async (shown) => {
    assert.equal(await shown.state(0).getByRole('textbox').count(), 0);
    await shown.problem(2, /./);
    await shown.state(0).getByLabel('Next page').selectOption('cursor');
    const next = shown.state(0).getByPlaceholder('meta.next_cursor');
    await next.focus();
    await shown.press('Tab');
    await shown.problem(0, /\w/);
    await next.fill('next');
    await shown.problem(0);
    const { kind, next: path } = (await shown.read(0)) as Record<string, unknown>;
    assert.deepEqual([kind, path], ['cursor', 'next']);
  },

  picker: async (shown) => {
    const popup = shown.page.getByRole('dialog');
    const pick = async (index: number, words: string, open = 'Control+Space') => {
      await shown.state(index).getByRole('textbox').first().focus();
      await shown.press(open);
      await shown.type(words);
    };
    await pick(0, 'dotted');
    await shown.press('Enter');
    assert.equal(await shown.read(0), '{{payload["a.b"]}}');
    await pick(1, 'dotted');
    assert.equal(await popup.getByRole('treeitem', { name: 'dotted' }).getAttribute('aria-disabled'), 'true');
    assert.doesNotMatch(await popup.innerText(), /hidden/);
    await shown.press('Escape');
    await pick(1, 'sku');
    await shown.press('Enter');
    assert.equal(await shown.read(1), 'payload.items[0].sku');
    await pick(2, '');
    assert.match(await popup.getByRole('status').innerText(), /No data is known/);
    await shown.press('Escape');
    assert.equal(await shown.focused(shown.state(2).getByRole('textbox')), true);
    await pick(3, 'topic');
    await shown.press('Enter');
    assert.deepEqual(await shown.read(3), { value: 'topic', type: 'msg' });
    await shown.state(4).locator('.view-lines').click();
    await pick(4, 'topic', 'Control+Shift+Space');
    await shown.press('Enter');
    assert.match(String(await shown.read(4)), /\{\{topic\}\}/);
  },

  rows: async (shown) => {
    const add = shown.state(0).getByRole('button', { name: 'add' });
    assert.deepEqual(await shown.read(0), { rows: [], removed: [] });
    for (const text of ['one', 'two']) {
      await add.press('Enter');
      await shown.type(text);
    }
    assert.equal(await add.isDisabled(), true);
    assert.equal(await shown.state(0).locator('.nrhc-empty').isVisible(), false);
    assert.deepEqual(await shown.read(0), { rows: ['one', 'two'], removed: [] });
    await shown.state(1).getByRole('button', { name: 'Remove this row' }).nth(1).click();
    assert.deepEqual(await shown.read(1), { rows: ['one', 'three'], removed: ['two'] });
  },

  'rules-table': async (shown) => {
    assert.deepEqual(await shown.read(0), []);
    await shown.problem(2, /names with dots/);
    await shown.problem(2, /number, or a date/);
    await shown.state(0).getByRole('button', { name: 'add' }).press('Enter');
    await shown.type('payload.id');
    await shown.press('Tab', 'Tab');
    await shown.type('7');
    assert.deepEqual(await shown.read(0), [{ property: 'payload.id', operator: 'equals', value: '7' }]);
    await shown.state(0).locator('.nrhc-operator').selectOption('exists');
    assert.equal(await shown.state(0).locator('.nrhc-value').isVisible(), false);
    assert.deepEqual(await shown.read(0), [{ property: 'payload.id', operator: 'exists', value: '' }]);
  },

  'search-select': async (shown) => {
    const box = (index: number) => shown.state(index).getByRole('combobox');
    const texts = await Promise.all([0, 1, 2, 3].map((index) => box(index).inputValue()));
    assert.deepEqual(texts, ['', 'GitLab', 'acme', '']);
    await box(0).focus();
    await shown.type('git');
    await shown.press('ArrowDown', 'Enter');
    assert.equal(await box(0).inputValue(), 'GitLab');
    assert.equal(await shown.read(0), 'gitlab');
    await box(2).click();
    await shown.type('no such');
    assert.match(await shown.state(2).getByRole('listbox').innerText(), /No service of that name/);
    await shown.press('Escape');
    assert.equal(await shown.read(2), 'acme');
    await box(3).press('ArrowDown');
    await shown.press('Enter');
    assert.equal(await shown.read(3), '');
  },

  'secret-table': async (shown) => {
    const secret = (index: number) => shown.state(0).getByPlaceholder('Secret').nth(index);
    const result = async () =>
      (await shown.read(0)) as { fields: { in: string; name: string }[]; secrets: string[] };
    await shown.problem(0, /secret is missing/);
    await secret(1).focus();
    await shown.type('typed');
    await shown.problem(0);
    assert.deepEqual((await result()).secrets.slice(0, 3), ['__PWRD__', '', 'typed']);
    await shown.state(0).getByLabel('Scheme').selectOption('headers');
    assert.deepEqual(new Set((await result()).fields.map((field) => field.in)), new Set(['header']));
    await shown.state(0).getByRole('button', { name: 'Remove this row' }).first().click();
    const { fields, secrets } = await result();
    assert.deepEqual([fields.map(({ name }) => name), secrets.slice(0, 3)], [['token'], ['', '', 'typed']]);
  },

  'secret-text': async (shown) => {
    const box = (index: number) => shown.state(index).getByRole('textbox');
    assert.equal(await box(1).inputValue(), '');
    await box(1).focus();
    await shown.type('a\nb');
    assert.equal(await shown.read(1), 'a\nb');
    await box(1).fill('');
    assert.equal(await shown.read(1), '__PWRD__');
    await box(0).fill('x');
    await box(0).fill('');
    assert.equal(await shown.read(0), '');
    assert.equal(await shown.read(2), 'line 1\nline 2');
  },

  tabs: async (shown) => {
    const tabNow = async (index: number) => ((await shown.read(index)) as { tab: string }).tab;
    const tab = (name: string) => shown.state(1).getByRole('tab', { name });
    await tab('Query').focus();
    await shown.press('ArrowRight', 'ArrowRight');
    assert.equal(await shown.focused(tab('Body')), true);
    assert.equal(await tabNow(1), 'body');
    await tab('Body').press('End');
    assert.equal(await shown.state(1).getByRole('tabpanel', { name: 'Try it' }).isVisible(), true);
    await shown.press('ArrowRight');
    assert.equal(await tabNow(1), 'query');
    await shown.state(2).getByRole('tab').press('ArrowLeft');
    assert.equal(await tabNow(2), 'body');
  },

  'text-table': async (shown) => {
    await shown.problem(2, /cannot be the name of a header/);
    await shown.state(0).getByRole('button', { name: 'add' }).press('Enter');
    assert.deepEqual(await shown.read(0), [], 'an empty row is none');
    await shown.state(0).getByLabel('Name').focus();
    await shown.type('X-Id');
    await shown.press('Tab');
    await shown.type(' 7 ');
    assert.deepEqual(await shown.read(0), [{ name: 'X-Id', value: ' 7 ' }]);
  },

  'try-view': async (shown) => {
    const [good, bad] = [shown.state(0), shown.state(1)];
    assert.match(await good.locator('[role=status]').innerText(), /Works\s*201 Created\s+42 ms/);
    assert.match(await good.innerText(), /<b>not markup<\/b>/);
    assert.match(await bad.innerText(), /HTTP_500 · the service failed[^]*2\.9 MiB[^]*<h1>Oops<\/h1>/);
    assert.equal(await shown.page.locator('#nrhc-widget-page :is(b, h1)').count(), 0);
    assert.match(await shown.state(2).locator('[role=status]').innerText(), /Sending/);
    assert.equal(await shown.state(3).locator('[role=status]').innerText(), '');
    await good.getByRole('button', { name: 'Use as output sample' }).press('Enter');
    assert.deepEqual(await shown.read(0), [
      { payload: { id: 7, text: '<b>not markup</b>' }, statusCode: 201 },
    ]);
  },

  'typed-table': async (shown) => {
    await shown.problem(2, /cannot be the name of a header/);
    await shown.problem(2, /Unclosed tag/);
    await shown.state(0).getByRole('button', { name: 'add' }).press('Enter');
    assert.deepEqual(await shown.read(0), [], 'an empty row is none');
    await shown.state(0).locator('.nrhc-name').focus();
    await shown.type('X-Id');
    await shown.state(0).locator('.red-ui-typedInput-input').fill('payload.id');
    assert.deepEqual(await shown.read(0), [{ name: 'X-Id', value: 'payload.id', type: 'str' }]);
    await shown.state(0).getByRole('button', { name: 'Type of the value' }).press('Enter');
    await shown.page.locator('.red-ui-typedInput-options:visible').getByText('msg.').click();
    assert.deepEqual(await shown.read(0), [{ name: 'X-Id', value: 'payload.id', type: 'msg' }]);
  },

  'typed-value': async (shown) => {
    assert.deepEqual(await shown.read(0), { value: '', type: 'str' });
    await shown.state(0).locator('.red-ui-typedInput-input').focus();
    await shown.type('{{id}}');
    assert.deepEqual(await shown.read(0), { value: '{{id}}', type: 'str' });
    assert.deepEqual(await shown.read(3), { value: 'payload.id', type: 'msg' });
    assert.equal(await shown.state(2).locator('.red-ui-typedInput-container.input-error').count(), 1);
  },
};

inEachEditor('the shared widgets', (session) => {
  let script: string;

  before(async () => {
    script = await bundleWidgets();
  });

  async function show(name: string, picture: string): Promise<Shown> {
    const { page } = session.editor;
    if (await page.evaluate(() => !('nrhcWidgets' in window))) await page.addScriptTag({ content: script });
    await page.evaluate((wanted) => (window as unknown as WidgetWindow).nrhcWidgets.show(wanted), name);
    await session.shoot(`widget-${picture}-${name}`);
    return new Shown(name, session);
  }

  it('have a page each, and each page a check', () => {
    assert.deepEqual(widgets, Object.keys(checks));
  });

  /** What differs between the lines is how Node-RED's own widgets are built. */
  const here = session.line === '5' ? widgets : ['picker', 'typed-table'];

  for (const name of here) {
    it(name, async () => {
      const shown = await show(name, 'light');
      const texts = await session.editor.page.locator('#nrhc-widget-page').innerText();
      assert.doesNotMatch(
        texts,
        /\b(?:label|table|error|hint|empty|tab|picker|try)\.[a-z]+\b/i,
        'a text is missing',
      );
      await checks[name]!(shown);
    });
  }

  if (session.line !== '5') return;

  it('have their pictures in the dark', async () => {
    await session.editor.theme('dark');
    for (const name of here) await show(name, 'dark');
  });
});

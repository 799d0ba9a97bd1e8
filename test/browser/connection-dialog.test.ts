/** The dialog of http-connection: the fields of each scheme, what is saved, Test, Connect. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { Locator, Page } from 'playwright-core';
import { authSchemes, defaults, type AuthScheme } from '../../nodes/http-connection/config';
import { startAuthorizationServer } from '../support/authorization-server';
import { sendJson, startServer } from '../support/server';
import { connection, ids, request } from './flow';
import { inEachEditor } from './session';

/** The labels that a person sees for each scheme, in order. */
const token = ['Sent in', 'Named', 'Prefix', 'Expired on', 'Expired when'];
const client = ['Client ID', 'Client proves itself', 'Client secret', 'Scope'];
const fields: Record<AuthScheme, string[]> = {
  none: [],
  basic: ['User name', 'Password'],
  bearer: ['Token'],
  headers: [],
  query: [],
  custom: ['User name', 'Password'],
  digest: ['User name', 'Password'],
  ntlm: ['User name', 'Password'],
  'oauth-code': ['Endpoints from', 'Issuer', ...client, 'More for the login', 'More for the token'].concat(
    'Callback URL',
    'Account',
    token,
  ),
  'oauth-client': ['Endpoints from', 'Issuer', ...client, 'More for the token', ...token],
  jwt: ['Token URL', 'Issuer', 'Subject', 'Audience', 'Scope', 'Private key', 'Algorithm', 'Key ID'].concat(
    'Lifetime',
    token,
  ),
  login: ['Method', 'URL', 'User name', 'Password', 'Headers', 'Body', 'Template', 'Token is in'].concat(
    'Named',
    'Lifetime',
    token,
  ),
  aws: ['Access key ID', 'Secret access key', 'Session token', 'Region', 'Service'],
  'aws-role': ['Credentials', 'Role ARN', 'External ID', 'Session name', 'Access key ID'].concat(
    'Secret access key',
    'Session token',
    'Region',
    'Service',
  ),
  'standard-webhooks': ['Secret'],
  signing: [
    'Secret',
    'Secret is',
    'Signed text',
    'Algorithm',
    'Encoding',
    'Signature header',
    'Value',
  ].concat('Timestamp header', 'Timestamp is', 'ID header'),
};

inEachEditor('the connection’s dialog', (session) => {
  /** Node-RED 5 for everything, 4.1 for what may differ there. */
  const only5 = (title: string, test: () => Promise<void>) => session.line === '5' && it(title, test);
  let dialog: Locator;

  async function open(properties: object = {}, ...others: object[]): Promise<void> {
    await session.importFlow(connection(properties as Record<string, unknown>), request(), ...others);
    await reopen();
  }

  async function reopen(): Promise<void> {
    await session.editor.edit(ids.request);
    dialog = await session.editor.editConfig('connection');
  }

  async function close(): Promise<void> {
    await session.editor.doneConfig();
    await session.editor.cancel();
  }

  const tab = (name: string) => dialog.getByRole('tab', { name }).click();
  const field = (name: string) => dialog.locator(`[id="node-config-input-${name}"], [id="nrhc-${name}"]`);

  async function choose(scheme: string): Promise<void> {
    await tab('Authentication');
    await field('auth').selectOption(scheme);
  }

  async function labels(): Promise<string[]> {
    const texts = await dialog
      .locator('#nrhc-http-connection-authentication .form-row:visible > :is(label, .nrhc-label)')
      .allInnerTexts();
    return texts.map((text) => text.trim()).filter((text) => text !== 'Authentication');
  }

  /** Everything in the shape of config.ts, and nothing else. */
  async function saved(): Promise<object> {
    const beside = ['id', 'type', 'valid', 'validationErrors'];
    const entries = Object.entries(await session.editor.node(ids.connection));
    return Object.fromEntries(entries.filter(([name]) => !beside.includes(name)));
  }

  /** Secrets are neither in the page nor in the flow that is deployed. */
  async function hides(...secrets: string[]): Promise<void> {
    const flow = await (await session.nodeRed.admin('flows')).text();
    const page = await session.editor.page.content();
    for (const secret of secrets) {
      assert.ok(!page.includes(secret), 'a secret is in the page');
      assert.ok(!flow.includes(secret), 'a secret is in the flow');
    }
  }

  async function testResult(): Promise<string> {
    await dialog.getByRole('button', { name: 'Test', exact: true }).click();
    await dialog.locator('.nrhc-result-ok, .nrhc-result-failed').waitFor();
    return dialog.locator('.nrhc-result').innerText();
  }

  only5('shows the fields of the chosen scheme only', async () => {
    await open();
    for (const scheme of authSchemes) {
      await choose(scheme);
      assert.deepEqual(await labels(), fields[scheme], scheme);
      const table = await dialog
        .locator('.form-row:has(> .red-ui-editableList #nrhc-http-connection-secrets)')
        .isVisible();
      assert.equal(table, ['headers', 'query', 'custom'].includes(scheme), scheme);
    }
    await choose('oauth-code');
    await field('oauth-endpoints').selectOption('manual');
    for (const label of ['Authorization URL', 'Token URL', 'Issuer'])
      assert.ok((await labels()).includes(label));
    await field('oauth-endpoints').selectOption('azure');
    for (const label of ['Tenant', 'Cloud']) assert.ok((await labels()).includes(label), label);
    assert.ok(!(await labels()).includes('Issuer'));
    await field('oauth-clientAuthentication').selectOption('private-key');
    for (const label of ['Private key', 'Algorithm', 'Key ID', 'Thumbprint']) {
      assert.ok((await labels()).includes(label), label);
    }
    assert.ok(!(await labels()).includes('Client secret'));
    await field('oauth-clientAuthentication').selectOption('certificate');
    assert.ok(!(await labels()).some((label) => /key|secret/i.test(label)));
    await choose('aws-role');
    await field('aws-role').selectOption('web-identity');
    assert.deepEqual(await labels(), [
      'Credentials',
      'Role ARN',
      'Session name',
      'Token file',
      'Region',
      'Service',
    ]);
    await field('aws-role').selectOption('instance');
    assert.deepEqual(await labels(), ['Credentials', 'Region', 'Service']);
    await close();
  });

  it('saves exactly what config.ts holds, also when nothing was entered', async () => {
    await session.importFlow(
      { id: ids.connection, type: 'http-connection', baseUrl: 'https://api.example.com' },
      request(),
    );
    await reopen();
    await field('name').fill('Plain');
    await close();
    assert.deepEqual(await saved(), { ...defaults, name: 'Plain', baseUrl: 'https://api.example.com' });
  });

  only5('keeps nested fields, tables and numbers over a round trip', async () => {
    await open({ baseUrl: 'https://api.example.com' });
    await tab('Limits');
    for (const [name, value] of [
      ['rateRequests', '10'],
      ['rateInterval', '0.5'],
      ['concurrency', '${AT_ONCE}'],
      ['retryAttempts', '5'],
      ['retryStatuses', '5xx'],
    ] as const) {
      await field(name).fill(value);
    }
    await field('idempotencyKeys').check();
    await tab('Transport');
    await field('maxRedirects').fill('0');
    await field('cookies').check();
    await field('guard').check();
    await field('guardExceptions').fill('10.1.0.0/16');
    for (const [index, name] of ['X-Tenant', 'lang'].entries()) {
      const table = dialog.locator('.nrhc-tab:visible .nrhc-table').nth(index);
      await table.getByRole('button', { name: 'add' }).click();
      await table.locator('.nrhc-name').fill(name);
      await table.locator('.nrhc-value').fill('${VALUE}');
    }
    await choose('oauth-code');
    await field('oauth-endpoints').selectOption('manual');
    await field('oauth-authorizationEndpoint').fill('https://login.example.com/authorize');
    await field('oauth-tokenEndpoint').fill('https://login.example.com/token');
    await field('oauth-clientId').fill('app');
    await field('oauth-clientAuthentication').selectOption('basic-raw');
    await field('oauth-scope').fill('read');
    const more = dialog.locator('[data-nrhc-row="oauth.authorizationParameters"]');
    await more.getByRole('button', { name: 'add' }).click();
    await more.locator('.nrhc-name').fill('prompt');
    await more.locator('.nrhc-value').fill('consent');
    await field('tokenUse-prefix').fill('Token ');
    await field('tokenUse-expiredCondition').fill('body.error = "expired"');
    await choose('login');
    await field('login-lifetime').fill('900');
    await choose('oauth-code');
    const expected = {
      ...defaults,
      name: 'Shop',
      baseUrl: 'https://api.example.com',
      auth: 'oauth-code',
      rateRequests: 10,
      rateInterval: 0.5,
      concurrency: '${AT_ONCE}',
      retryAttempts: 5,
      retryStatuses: '5xx',
      idempotencyKeys: true,
      maxRedirects: 0,
      cookies: true,
      guard: true,
      guardExceptions: '10.1.0.0/16',
      headers: [{ name: 'X-Tenant', value: '${VALUE}' }],
      query: [{ name: 'lang', value: '${VALUE}' }],
      oauth: {
        ...defaults.oauth,
        authorizationEndpoint: 'https://login.example.com/authorize',
        tokenEndpoint: 'https://login.example.com/token',
        clientId: 'app',
        clientAuthentication: 'basic-raw',
        scope: 'read',
        authorizationParameters: [{ name: 'prompt', value: 'consent' }],
      },
      login: { ...defaults.login, lifetime: 900 },
      tokenUse: { ...defaults.tokenUse, prefix: 'Token ', expiredCondition: 'body.error = "expired"' },
    };
    await close();
    assert.deepEqual(await saved(), expected);
    await reopen();
    await tab('Authentication');
    assert.equal(await field('oauth-endpoints').inputValue(), 'manual');
    assert.equal(await more.locator('.nrhc-value').inputValue(), 'consent');
    await close();
    assert.deepEqual(await saved(), expected);
    assert.equal((await session.editor.node(ids.connection)).valid, true);
  });

  only5('says what is missing or wrong', async () => {
    await open({ baseUrl: 'https://api.example.com' });
    await choose('oauth-client');
    await field('oauth-clientId').focus();
    await field('oauth-scope').focus();
    await session.editor.expectProblem('#nrhc-oauth-clientId', /client ID is missing/);
    await field('oauth-issuer').fill('login.example.com');
    await session.editor.expectProblem('#nrhc-oauth-issuer', /not a complete URL/);
    await field('oauth-issuer').fill('${ISSUER}');
    await session.editor.expectNoProblem('#nrhc-oauth-issuer');
    await field('tokenUse-expiredCondition').fill('body.(');
    await session.editor.expectProblem('#nrhc-tokenUse-expiredCondition', /Not valid JSONata/);
    await choose('signing');
    await field('signing-text').fill('{date}.{body}');
    await session.editor.expectProblem('#nrhc-signing-text', /\{date\} cannot be signed/);
    await field('signing-text').fill('{timestamp}.{body}');
    await field('signing-timestampHeader').fill('');
    await field('signing-header').focus();
    await session.editor.expectProblem('#nrhc-signing-timestampHeader', /receiver must be told/);
    await choose('aws-role');
    await field('aws-roleArn').fill('admin');
    await session.editor.expectProblem('#nrhc-aws-roleArn', /starts with arn:/);
    await tab('Transport');
    await field('guard').check();
    await field('guardExceptions').fill('10.0.0.0/33');
    await session.editor.expectProblem('#node-config-input-guardExceptions', /not an address/);
    await close();
    const { valid, validationErrors } = await session.editor.node(ids.connection);
    assert.equal(valid, false);
    assert.match(String(validationErrors), /Role ARN: An ARN starts with arn:/);
    assert.doesNotMatch(String(validationErrors), /signed|JSONata/);
  });

  only5('keeps the line breaks of a private key, and the key when it is not touched', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const server = await startAuthorizationServer();
    try {
      await open({ baseUrl: server.url });
      await choose('jwt');
      await field('jwt-tokenEndpoint').fill(`${server.url}/token`);
      await field('jwt-issuer').fill('robot');
      await field('jwt-algorithm').selectOption('ES256');
      await dialog.locator('#nrhc-http-connection-key').fill(pem);
      await dialog.getByLabel('Test with path').fill('api');
      assert.match(await testResult(), /Works\s*200/);
      await session.editor.doneConfig();
      await session.editor.done();
      await session.deploy();
      await reopen();
      await tab('Authentication');
      const key = dialog.locator('#nrhc-http-connection-key');
      assert.equal(await key.inputValue(), '');
      assert.match((await key.getAttribute('placeholder'))!, /Stored/);
      await field('jwt-subject').fill('someone');
      await close();
      await session.deploy();
      await reopen();
      await dialog.getByLabel('Test with path').fill('api');
      assert.match(await testResult(), /Works\s*200/);
      await hides(pem.split('\n')[1]!);
      await session.editor.page.click('#node-config-dialog-cancel');
      await session.editor.cancel();
    } finally {
      await server.close();
    }
  });

  only5('tests with unsaved values, and with the stored secret where it was not touched', async () => {
    const server = await startServer(({ headers }, response) => {
      if (headers.authorization === 'Bearer s3cr3t-t0k3n') return sendJson(response, { fine: true });
      response.setHeader('WWW-Authenticate', 'Bearer realm="<b>shop</b>"');
      sendJson(response, {}, 401);
    });
    try {
      await open({ baseUrl: `${server.url}/v1` });
      const refused = await testResult();
      assert.match(refused, /Failed\s*401/);
      assert.match(refused, /asks for: Bearer realm="<b>shop<\/b>"/);
      await choose('bearer');
      await field('token').fill('s3cr3t-t0k3n');
      await dialog.getByLabel('Test with path').fill('orders');
      const fine = await testResult();
      assert.match(fine, /Works\s*200 OK/);
      assert.match(fine, /\/v1\/orders · \d+ ms/);
      await session.shoot('connection-test');
      await session.editor.doneConfig();
      await session.editor.done();
      await session.deploy();
      await reopen();
      await tab('Authentication');
      assert.equal(await field('token').inputValue(), '__PWRD__');
      assert.match(await testResult(), /Works\s*200 OK/);
      await hides('s3cr3t-t0k3n');
      await tab('Service');
      await field('baseUrl').fill('http://127.0.0.1:9/');
      assert.match(await testResult(), /Failed[^]*Check the port, and that the service runs/);
      await session.editor.page.click('#node-config-dialog-cancel');
      await session.editor.cancel();
    } finally {
      await server.close();
    }
  });

  it('connects and disconnects a login', async () => {
    const server = await startAuthorizationServer();
    const inject = ids.second;
    /** Presses Connect and waits until the window has done what it does, and is gone. */
    const connect = async (): Promise<void> => {
      const opened = session.editor.page.waitForEvent('popup');
      await dialog.getByRole('button', { name: /^Connect/ }).click();
      const popup: Page = await opened;
      if (!popup.isClosed()) await popup.waitForEvent('close');
    };
    const dirty = () =>
      session.editor.page.evaluate(() => {
        const { RED } = window as unknown as { RED: { nodes: { dirty(): boolean } } };
        return RED.nodes.dirty();
      });
    try {
      await session.importFlow(
        connection({ baseUrl: server.url, auth: 'oauth-code' }),
        request({ url: 'api', headers: [] }),
        { id: inject, type: 'inject', z: ids.tab, x: 100, y: 60, wires: [[ids.request]], props: [] },
      );
      await reopen();
      await tab('Authentication');
      await session.editor.expectText('.nrhc-login-state', /Not connected/);
      assert.equal(await dialog.getByRole('button', { name: 'Disconnect' }).isVisible(), false);
      const callback = `${session.nodeRed.adminUrl}/http-connection/oauth/callback`;
      assert.equal(await dialog.locator('.nrhc-callback output').innerText(), callback);
      await field('oauth-endpoints').selectOption('manual');
      await field('oauth-authorizationEndpoint').fill(`${server.url}/authorize`);
      await field('oauth-tokenEndpoint').fill(`${server.url}/token`);
      await field('oauth-clientId').fill('app');
      await field('clientSecret').fill('cl13nt-s3cr3t');
      await connect();
      await session.editor.expectText('.nrhc-login-state', /Connected; the token renews itself/);
      await session.shoot('connection-connected');
      await session.editor.doneConfig();
      await session.editor.cancel();
      await session.deploy();
      await session.editor.press(inject);
      await session.editor.until(() => Promise.resolve(server.api.accepted === 1));

      await reopen();
      await tab('Authentication');
      await session.editor.expectText('.nrhc-login-state', /Connected/);
      assert.equal(await dirty(), false);
      await connect();
      await session.editor.until(dirty);
      await hides('cl13nt-s3cr3t', ...server.valid);
      await dialog.getByRole('button', { name: 'Disconnect' }).click();
      await session.editor.expectText('.nrhc-login-state', /Not connected/);

      // the provider refuses: the editor says why, and no window is left
      await field('oauth-tokenEndpoint').fill('nowhere');
      await connect();
      await session.editor.expectText('.nrhc-login-failed', /URL/);
      const refused = session.editor.troubles.splice(0);
      assert.ok(refused.length > 0 && refused.every(({ text }) => text.includes('400')));
      await session.editor.page.click('#node-config-dialog-cancel');
      await session.editor.cancel();
    } finally {
      await server.close();
    }
  });
});

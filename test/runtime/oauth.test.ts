/** A login outlives its process: renewed under load, killed, and used again by the next one. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { authDefaults } from '../../nodes/http-connection/auth-config';
import { startAuthorizationServer, type AuthorizationServerDouble } from '../support/authorization-server';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

const count = 200;

function flows(provider: string): FlowNode[] {
  return [
    { id: 'tab1', type: 'tab', label: 'test' },
    {
      id: 'api1',
      type: 'http-connection',
      baseUrl: provider,
      auth: 'oauth-code',
      retryAttempts: 1,
      oauth: {
        ...authDefaults.oauth,
        authorizationEndpoint: `${provider}/authorize`,
        tokenEndpoint: `${provider}/token`,
        clientId: 'editor',
        clientAuthentication: 'none',
      },
    },
    {
      id: 'start1',
      type: 'inject',
      z: 'tab1',
      props: [],
      once: false,
      wires: [['many1']],
    },
    {
      id: 'many1',
      type: 'function',
      z: 'tab1',
      func: `return [Array.from({ length: ${count} }, (_, topic) => ({ topic }))];`,
      outputs: 1,
      wires: [['ask1']],
    },
    { id: 'ask1', type: 'send-request', z: 'tab1', connection: 'api1', url: 'api', wires: [['got1']] },
    {
      id: 'got1',
      type: 'debug',
      z: 'tab1',
      active: true,
      tosidebar: true,
      complete: 'statusCode',
      wires: [],
    },
  ];
}

describe('runtime/oauth: a login over a kill', function () {
  this.timeout(60_000);
  let provider: AuthorizationServerDouble;
  let userDir: string;
  let nodeRed: NodeRed | undefined;

  before(async () => {
    provider = await startAuthorizationServer();
    userDir = mkdtempSync(join(tmpdir(), 'oauth-runtime-'));
  });
  after(async () => {
    await nodeRed?.kill();
    await provider?.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  /** As *Connect* in the dialog does it. */
  async function connect({ adminUrl }: NodeRed): Promise<void> {
    const callbackUrl = `${adminUrl}/http-connection/oauth/callback`;
    const config = flows(provider.url).find(({ id }) => id === 'api1');
    const begun = await fetch(`${adminUrl}/http-connection/oauth/api1/start`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ config, credentials: {}, callbackUrl }),
    });
    assert.equal(begun.status, 200, await begun.clone().text());
    const { url } = (await begun.json()) as { url: string };
    const cookie = begun.headers.getSetCookie()[0]!.split(';')[0]!;
    const back = (await fetch(url, { redirect: 'manual' })).headers.get('location')!;
    const page = await fetch(back, { headers: { cookie } });
    assert.equal(page.status, 200, await page.text());
  }

  const inject = (on: NodeRed) => on.admin('inject/start1', { method: 'POST' });
  const renewals = () =>
    provider.tokenRequests.filter(({ form }) => form.get('grant_type') === 'refresh_token').length;

  it(`renews once for ${count} requests, and once more in all after kill -9 in their middle`, async () => {
    const line = lines[0]!;
    nodeRed = await startNodeRed({ line, flows: flows(provider.url), userDir });
    await connect(nodeRed);
    // as in the editor: what Connect began is kept with the next deploy
    await nodeRed.deploy(flows(provider.url));
    provider.expire();
    await inject(nodeRed);
    const first = nodeRed;
    await first.until('some requests were answered', () => first.debug.length >= count / 4);
    await first.kill();
    assert.equal(renewals(), 1);

    nodeRed = await startNodeRed({ line, userDir });
    const second = nodeRed;
    await inject(second);
    await second.until('all requests were answered', () => second.debug.length === count);
    assert.ok(second.debug.every(({ value }) => value === 200));
    assert.equal(renewals(), 1, 'the renewed token was on the disk before it was used');

    provider.expire();
    await inject(second);
    await second.until('all requests were answered', () => second.debug.length === 2 * count);
    assert.ok(second.debug.every(({ value }) => value === 200));
    assert.equal(renewals(), 2);
    assert.deepEqual(provider.reused, []);
  });
});

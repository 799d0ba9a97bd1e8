/** A webhook that subscribes by itself, in a real Node-RED: while its node is there, and no longer. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Service } from '../webhook/subscription/service';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

const secret = 'correct horse battery staple';
const tab: FlowNode = { id: 'tab1', type: 'tab', label: 'test' };

describe('runtime/webhook subscription', function () {
  this.timeout(60_000);
  let service: Service;
  let nodeRed: NodeRed;
  let userDir: string;

  before(async () => {
    service = await new Service('keys', Date.now).open();
    // as some services do: a delivery before the answer, which must be taken
    service.accepts = async ({ callback, secret: told }) =>
      (await fetch(callback, { method: 'POST', headers: { 'x-webhook-secret': told } })).ok;
    userDir = await mkdtemp(join(tmpdir(), 'node-red-'));
    nodeRed = await startNodeRed({ line: '5', flows: [], userDir });
  });
  after(async () => {
    await nodeRed?.stop();
    await service?.close();
    rmSync(userDir, { recursive: true, force: true });
  });

  const connection = (): FlowNode => ({
    id: 'connection1',
    type: 'http-connection',
    baseUrl: service.server.url,
  });
  // one of its own for each deploy, whose status is not an older one's
  let last = 0;
  const webhook = (fields: object = {}): FlowNode => ({
    id: `webhook${last}`,
    type: 'webhook-trigger',
    z: 'tab1',
    x: 10,
    y: 10,
    path: 'orders',
    publicUrl: `http://127.0.0.1:${nodeRed.port}`,
    verification: 'secret-header',
    connection: 'connection1',
    subscription: {
      url: '/hooks',
      body: '{"url":{{callback}},"secret":{{secret}}}',
      renewal: 'request',
      expiryPath: 'expires',
      renewUrl: '/hooks/{{id}}',
      renewBody: '{"until":{{expires}}}',
      endUrl: '/hooks/{{id}}',
    },
    credentials: { secret },
    wires: [[]],
    ...fields,
  });
  const all = () => [tab, connection(), webhook()];
  const deployNew = async () => {
    last++;
    await nodeRed.deploy(all());
    await subscribed();
  };
  const asked = (method: string) => service.asked.filter((line) => line.startsWith(method));
  const subscribed = () =>
    nodeRed.waitForStatus(`webhook${last}`, ({ text }) => /subscribed until/.test(text ?? ''));
  const nobody = () => service.until(() => service.hooks.size === 0);

  it('subscribes once deliveries can arrive, and renews', async () => {
    service.lifetime = 2000;
    await deployNew();
    assert.deepEqual(
      service.live.map((hook) => [hook.callback, hook.secret]),
      [[`${nodeRed.url}/orders`, secret]],
    );
    service.lifetime = 3_600_000;
    await service.until(() => asked('PATCH').length === 1);
    assert(service.live[0]!.expires > Date.now() + 3_000_000);
  });

  it('keeps it over a redeploy and a restart, and changes it with its settings', async () => {
    await nodeRed.deploy(all());
    await subscribed();
    await nodeRed.stop();
    nodeRed = await startNodeRed({ line: '5', userDir, port: nodeRed.port });
    await subscribed();
    assert.equal(asked('POST').length, 1);
    await nodeRed.deploy([tab, connection(), webhook({ path: 'orders2' })], 'nodes');
    await service.until(() => service.live.some(({ callback }) => callback.endsWith('/orders2')));
    assert.deepEqual([...service.hooks.keys()], ['hook2']);
    assert.doesNotMatch(nodeRed.log(), new RegExp(secret));
  });

  it('ends it when the node goes, also together with its connection', async () => {
    await nodeRed.deploy([tab]);
    assert.equal(service.hooks.size, 0, 'when the deploy is over, it is');
    await deployNew();
    // disabled
    await nodeRed.deploy([tab, connection(), webhook({ d: true })], 'nodes');
    await nobody();
  });

  it('ends it later when the service did not answer, and when the node went while Node-RED was off', async () => {
    await deployNew();
    service.faults = ['fail'];
    await nodeRed.deploy([tab, connection()], 'nodes');
    await nobody();
    await deployNew();
    await nodeRed.stop();
    nodeRed = await startNodeRed({ line: '5', userDir, port: nodeRed.port, flows: [tab, connection()] });
    await nobody();
  });

  it('says why there is none, and that the webhook works all the same', async () => {
    service.faults = ['refuse'];
    last++;
    await nodeRed.deploy(all());
    const { fill } = await nodeRed.waitForStatus(
      `webhook${last}`,
      ({ text }) => text === 'not subscribed: HTTP_403',
    );
    assert.equal(fill, 'yellow');
    const sent = await fetch(`${nodeRed.url}/orders`, {
      method: 'POST',
      headers: { 'x-webhook-secret': secret },
    });
    assert.equal(sent.status, 200);
  });
});

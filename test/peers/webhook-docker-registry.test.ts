import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { basic } from '../../src/connection/auth/basic';
import type { Connection } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Hooks, poll } from './webhook-hooks';

/** An entry of the list "events" in its notifications. */
interface RegistryEvent {
  id: string;
  action: string;
  target: { repository: string; tag?: string; digest: string };
}

const manifestType = 'application/vnd.docker.distribution.manifest.v2+json';
const at = { z: 'tab1', x: 100, y: 100 };
/** What is killed within this time has the event, and has not answered. */
const later = [
  {
    id: 'later1',
    type: 'delay',
    ...at,
    pauseType: 'delay',
    timeout: '50',
    timeoutUnits: 'milliseconds',
    wires: [['out1']],
  },
  { id: 'out1', type: 'http response', ...at, statusCode: '', headers: {}, wires: [] },
];

describe('notifications of a docker registry', () => {
  let registry: Peer;
  let connection: Connection;
  let hooks: Hooks;

  before(async () => {
    hooks = await Hooks.start(
      {
        registry: {
          verification: 'secret-header',
          secretHeader: 'Authorization',
          secret: 'Bearer another',
          split: true,
          splitPath: 'events',
          condition: `payload.action = 'push'`,
          repeatBy: 'path',
          repeatName: 'events.0.id',
        },
      },
      later,
    );
    registry = await startPeer('docker-registry', '/v2/', 2, hooks.url('registry'));
    connection = connect({ baseUrl: `${registry.url}/v2/`, authenticator: basic('reg', 'regpass') });
    await prepare('team/app');
  });
  after(async () => {
    await connection?.close();
    await registry?.stop();
    await hooks?.end();
  });

  async function call(expected: number, method: string, url: string, type?: string, body?: Buffer) {
    const headers: Record<string, string> = type ? { 'Content-Type': type, Accept: type } : {};
    const answer = await connection.send({ method, url, headers, ...(body ? { body } : {}) });
    assert.equal(answer.statusCode, expected, answer.body.toString());
    return answer;
  }

  /** What all images here consist of. */
  const config = Buffer.from('{"architecture":"amd64","os":"linux"}');
  const digest = `sha256:${createHash('sha256').update(config).digest('hex')}`;
  async function prepare(name: string): Promise<void> {
    const { headers } = await call(202, 'POST', `${name}/blobs/uploads/`);
    const upload = `${String(headers.location)}&digest=${digest}`;
    await call(201, 'PUT', upload, 'application/octet-stream', config);
  }
  async function push(name: string, tag: string): Promise<string> {
    const about = {
      mediaType: 'application/vnd.docker.container.image.v1+json',
      size: config.length,
      digest,
    };
    const manifest = {
      schemaVersion: 2,
      mediaType: manifestType,
      config: about,
      layers: [],
      annotations: { tag },
    };
    const body = Buffer.from(JSON.stringify(manifest));
    const put = await call(201, 'PUT', `${name}/manifests/${tag}`, manifestType, body);
    return String(put.headers['docker-content-digest']);
  }

  interface Metrics {
    Pending: number;
    Errors: number;
    Statuses: Record<string, number>;
  }
  /** How its notifications went, as it counts them. */
  async function metrics(): Promise<Metrics> {
    const answer = await fetch(`http://127.0.0.1:${registry.ports[1]}/debug/vars`);
    const { registry: counts } = (await answer.json()) as {
      registry: { notifications: { endpoints: { Metrics: Metrics }[] } };
    };
    return counts.notifications.endpoints[0]!.Metrics;
  }
  const delivered = () =>
    poll('nothing is left to send', async () => (await metrics()).Pending === 0, 30_000);

  it('a push: refused while the token is another, and once it is right it comes, once', async () => {
    const image = await push('team/app', 'v1');
    await hooks.refusal('registry', '401 UNAUTHORIZED: the header "authorization" holds another secret');
    // it does not give up
    await poll('it tries again', async () => ((await metrics()).Statuses['401 Unauthorized'] ?? 0) > 2);
    assert.deepEqual(hooks.seen('registry'), []);
    await hooks.change('registry', { secret: 'Bearer registry-hook-token' });
    await call(200, 'GET', 'team/app/manifests/v1', manifestType);
    await push('team/app', 'v2');
    await delivered();
    const seen = await hooks.seenUntil<RegistryEvent>('registry', 2);
    assert.deepEqual(
      seen.map(({ payload: { action, target } }) => [action, target.repository, target.tag]),
      // the pull in between was left out
      [
        ['push', 'team/app', 'v1'],
        ['push', 'team/app', 'v2'],
      ],
    );
    const [{ payload, event, request, parts }] = seen;
    assert.deepEqual([payload.target.digest, event.id], [image, `${payload.id}-0`]);
    assert.deepEqual([parts!.index, parts!.count], [0, 1]);
    assert.equal(request.headers['content-type'], 'application/vnd.docker.distribution.events.v1+json');
    assert.equal(request.headers.authorization, undefined);
  });

  it('kill -9 while it delivers: all pushes come, in their order, each under its own id', async () => {
    const slow = { answer: 'flow', wires: [['registry-seen', 'later1']] };
    await hooks.change('registry', { secret: 'Bearer registry-hook-token', ...slow });
    const before = hooks.seen('registry').length;
    const tags = Array.from({ length: 40 }, (_, n) => `killed${n}`);
    const errors = (await metrics()).Errors;
    const pushing = (async () => {
      for (const tag of tags) await push('team/app', tag);
    })();
    for (const some of [5, 20]) {
      await hooks.seenUntil('registry', before + some);
      await hooks.kill();
      await hooks.restart();
    }
    await pushing;
    await delivered();
    assert.ok((await metrics()).Errors > errors, 'it was killed while nothing was delivered');
    const own = () => hooks.seen<RegistryEvent>('registry').slice(before);
    const isComplete = () => new Set(own().map(({ payload }) => payload.id)).size === tags.length;
    await poll('all pushes', isComplete);
    const first = new Map<string, string>();
    for (const { payload, event } of own()) {
      assert.equal(event.id, `${payload.id}-0`);
      // what came again after a kill says so
      if (first.has(event.id)) assert.ok(event.attempt > 1, event.id);
      else first.set(event.id, payload.target.tag!);
    }
    assert.deepEqual([...first.values()], tags);
  });
});

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { Agent, fetch as fetchBy, type RequestInfo, type RequestInit as InitBy } from 'undici';
import { startPeer, type Peer } from './peer';
import { untilOk } from './polling-watch';
import { Hooks, poll, type Seen } from './webhook-hooks';

/** What Alertmanager sends, version 4. */
interface Notification {
  version: string;
  status: 'firing' | 'resolved';
  receiver: string;
  groupKey: string;
  alerts: { status: string; labels: Record<string, string>; annotations: Record<string, string> }[];
}

const at = { z: 'tab1', x: 100, y: 100 };
const flow = [
  // keeps its messages until somebody posts to /open
  {
    id: 'gate1',
    type: 'function',
    ...at,
    func: `const pass = () => { if (!flow.get('open')) return setTimeout(pass, 20); node.send(msg); node.done(); };
      pass();`,
    outputs: 1,
    wires: [['full-seen']],
  },
  { id: 'open1', type: 'http in', ...at, url: '/open', method: 'post', wires: [['open2']] },
  {
    id: 'open2',
    type: 'function',
    ...at,
    func: `flow.set('open', true); return msg;`,
    outputs: 1,
    wires: [['open3']],
  },
  { id: 'open3', type: 'http response', ...at, statusCode: '', headers: {}, wires: [] },
  // what is killed within this time has the event, and has not answered
  {
    id: 'later1',
    type: 'delay',
    ...at,
    pauseType: 'delay',
    timeout: '1000',
    timeoutUnits: 'milliseconds',
    wires: [['open3']],
  },
];

describe('webhooks of Alertmanager', () => {
  let alertmanager: Peer;
  let nginx: Peer;
  let hooks: Hooks;
  /** A Node-RED whose own server wants a client certificate. */
  let tls: Hooks;
  let agent: Agent;

  before(async () => {
    hooks = await Hooks.start(
      {
        plain: {},
        bearer: { verification: 'secret-header', secretHeader: 'Authorization', secret: 'Bearer another' },
        basic: { verification: 'basic', user: 'prom', secret: 'pä:ss' },
        mtls: {
          verification: 'secret-header',
          secretHeader: 'X-Proxy-Secret',
          secret: 'proxy-hook-secret',
          trustedProxies: '127.0.0.1',
        },
        full: { acknowledge: 'done', inboxCount: 1, wires: [['gate1']] },
        // Alertmanager gives its deliveries no id: they are the same byte by byte when they come again
        killed: { repeatBy: 'hash', answer: 'flow', wires: [['killed-seen', 'later1']] },
      },
      flow,
    );
    nginx = await startPeer('nginx-client-certificate', '/', 1, hooks.url());
    tls = await startWithTls();
    alertmanager = await startPeer('alertmanager', '/-/ready');
    await untilOk(`${alertmanager.url}/-/ready`);
    await configure();
  });
  after(async () => {
    await alertmanager?.stop();
    await nginx?.stop();
    await hooks?.end();
    await tls?.end();
    await agent?.close();
  });

  const pki = (name: string) => path.join(nginx.folder, 'pki', name);
  async function startWithTls(): Promise<Hooks> {
    const pem = (name: string) => readFile(pki(name), 'utf8');
    const ca = await pem('ca.crt');
    const https = { key: await pem('server.key'), cert: await pem('server.crt'), ca, requestCert: true };
    agent = new Agent({ connect: { ca, cert: await pem('client.crt'), key: await pem('client.key') } });
    const settings = { https: { ...https, rejectUnauthorized: true }, requireHttps: true };
    // the editor wants the certificate too
    const ask = (url: unknown, init: unknown) =>
      fetchBy(url as RequestInfo, { ...(init as InitBy), dispatcher: agent });
    return Hooks.start({ own: {} }, [], { settings, fetch: ask as unknown as typeof fetch });
  }

  /** A receiver for each way, to which the label "to" leads. */
  async function configure(withCertificate = false): Promise<void> {
    const own = withCertificate ? { cert_file: pki('client.crt'), key_file: pki('client.key') } : {};
    const tls_config = { ca_file: pki('ca.crt'), ...own };
    const ways: Record<string, { url?: string; http_config?: object }> = {
      plain: {},
      bearer: { http_config: { authorization: { credentials: 'alert-token' } } },
      basic: { http_config: { basic_auth: { username: 'prom', password: 'pä:ss' } } },
      mtls: { url: `https://127.0.0.1:${nginx.port}/mtls`, http_config: { tls_config } },
      own: { url: tls.url('own'), http_config: { tls_config } },
      full: {},
      killed: {},
    };
    const names = Object.keys(ways);
    const config = {
      route: {
        receiver: 'plain',
        group_by: ['alertname'],
        group_wait: '10ms',
        group_interval: '1s',
        repeat_interval: '1h',
        routes: names.map((name) => ({ matchers: [`to="${name}"`], receiver: name })),
      },
      receivers: names.map((name) => ({ name, webhook_configs: [{ url: hooks.url(name), ...ways[name] }] })),
    };
    // JSON is YAML
    await writeFile(path.join(alertmanager.folder, 'alertmanager.yml'), JSON.stringify(config));
    const answer = await fetch(`${alertmanager.url}/-/reload`, { method: 'POST' });
    assert.equal(answer.status, 200, await answer.text());
  }

  async function fire(to: string, alertname: string, more: object = {}): Promise<void> {
    const alert = {
      labels: { alertname, to, severity: 'page' },
      annotations: { summary: 'Zoë ☃ "down"' },
      ...more,
    };
    const answer = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([alert]),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  /** Of all its webhooks: how often it sent one, and how often that failed. */
  async function counted(what: 'requests' | 'requests_failed'): Promise<number> {
    const text = await (await fetch(`${alertmanager.url}/metrics`)).text();
    const line = new RegExp(`^alertmanager_notification_${what}_total\\{integration="webhook"\\} (.*)$`, 'm');
    return Number(line.exec(text)![1]);
  }
  /** When one more delivery than `before` has failed, or come to its end. */
  const more = (what: 'requests' | 'requests_failed', before: number) =>
    poll(`more ${what}`, async () => (await counted(what)) > before);

  const namesOf = (seen: Seen<Notification>[]) =>
    seen.map(({ payload }) => payload.alerts[0]!.labels.alertname!);

  it('an alert that begins and ends', async () => {
    await fire('plain', 'Begins');
    const [{ payload, topic, request, event }] = await hooks.seenUntil<Notification>('plain', 1);
    assert.deepEqual([payload.version, payload.status, payload.receiver], ['4', 'firing', 'plain']);
    assert.match(payload.groupKey, /Begins/);
    assert.equal(payload.alerts[0]!.annotations.summary, 'Zoë ☃ "down"');
    assert.deepEqual([topic, event.name, event.attempt, request.method], ['plain', 'plain', 1, 'POST']);
    assert.match(request.headers['user-agent']!, /^Alertmanager\//);
    await fire('plain', 'Begins', { endsAt: new Date().toISOString() });
    const [, second] = await hooks.seenUntil<Notification>('plain', 2);
    assert.deepEqual([second!.payload.status, second!.payload.alerts[0]!.status], ['resolved', 'resolved']);
    assert.notEqual(second!.event.id, event.id);
  });

  it('a bearer token: refused while it is another, and once it is right the alert comes, once', async () => {
    const before = await counted('requests_failed');
    await fire('bearer', 'Token');
    await hooks.refusal('bearer', '401 UNAUTHORIZED: the header "authorization" holds another secret');
    // 401 ends the try; the alert stays, and is sent again when its group is looked at the next time
    await more('requests_failed', before);
    assert.deepEqual(hooks.seen('bearer'), []);
    await hooks.change('bearer', { secret: 'Bearer alert-token' });
    await hooks.seenUntil('bearer', 1);
    const requests = await counted('requests');
    await fire('bearer', 'Second');
    await more('requests', requests);
    const seen = await hooks.seenUntil<Notification>('bearer', 2);
    assert.deepEqual(namesOf(seen), ['Token', 'Second']);
    assert.equal(seen[0].request.headers.authorization, undefined);
  });

  it('a user and a password, refused while it is another', async () => {
    await fire('basic', 'Login');
    assert.deepEqual(namesOf(await hooks.seenUntil('basic', 1)), ['Login']);
    await hooks.change('basic', { secret: 'another' });
    await fire('basic', 'Refused');
    await hooks.refusal('basic', '401 UNAUTHORIZED: the user or the password is another');
    await hooks.change('basic', { secret: 'pä:ss' });
    assert.deepEqual(namesOf(await hooks.seenUntil('basic', 2)), ['Login', 'Refused']);
  });

  it('a client certificate, at nginx in front and at Node-RED itself; nobody comes past it', async () => {
    for (const to of ['mtls', 'own']) {
      const before = await counted('requests_failed');
      await fire(to, 'Certificate');
      await more('requests_failed', before);
    }
    const past = await fetch(hooks.url('mtls'), {
      method: 'POST',
      headers: { 'x-client-subject': 'CN=test client', 'x-proxy-secret': 'guessed' },
    });
    assert.equal(past.status, 401);
    assert.deepEqual([hooks.seen('mtls'), tls.seen('own')], [[], []]);
    await configure(true);
    const seen = await hooks.seenUntil<Notification>('mtls', 1);
    assert.deepEqual(namesOf(seen), ['Certificate']);
    const { headers } = seen[0].request;
    assert.deepEqual([headers['x-client-subject'], headers['x-proxy-secret']], ['CN=test client', undefined]);
    assert.deepEqual(namesOf(await tls.seenUntil('own', 1)), ['Certificate']);
  });

  it('503 while too many wait: it tries again until there is room, and each comes once', async () => {
    const sent = await counted('requests');
    await fire('full', 'First');
    await more('requests', sent);
    const before = await counted('requests_failed');
    await fire('full', 'Second');
    await hooks.refusal('full', '503 INBOX_FULL');
    await more('requests_failed', before);
    assert.deepEqual(hooks.seen('full'), []);
    await fetch(hooks.url('open'), { method: 'POST' });
    assert.deepEqual(namesOf(await hooks.seenUntil('full', 2)), ['First', 'Second']);
  });

  it('kill -9 while it delivers: nothing is lost, and each alert is one event', async () => {
    const names: string[] = [];
    for (let round = 0; round < 3; round++) {
      const own = Array.from({ length: 50 }, (_, n) => `Alert ${round}/${n}`);
      const before = await counted('requests_failed');
      const firing = (async () => {
        for (const name of own) await fire('killed', name);
      })();
      await poll('an alert of this round is in the flow', () =>
        namesOf(hooks.seen('killed')).some((name) => own.includes(name)),
      );
      await hooks.kill();
      // it is one of those that had no answer yet
      await more('requests_failed', before);
      await firing;
      await hooks.restart();
      names.push(...own);
    }
    const isComplete = () => new Set(namesOf(hooks.seen('killed'))).size === names.length;
    await poll('all alerts', isComplete, 30_000);
    const events = new Map<string, string[]>();
    for (const { payload, event } of hooks.seen<Notification>('killed')) {
      const name = payload.alerts[0]!.labels.alertname!;
      events.set(name, [...(events.get(name) ?? []), event.id]);
    }
    for (const [name, ids] of events) assert.equal(new Set(ids).size, 1, `${name} became several events`);
    assert.deepEqual([...events.keys()].sort(), [...names].sort());
    // groups have been looked at several times since the other alerts came
    for (const to of ['plain', 'bearer', 'basic', 'mtls', 'full']) {
      const all = hooks.seen<Notification>(to).map(({ payload }) => `${payload.status} ${payload.groupKey}`);
      assert.equal(new Set(all).size, all.length, `${to}: ${all.join()}`);
    }
    assert.ok(tls.seen('own').length <= 1);
  });
});

import assert from 'node:assert/strict';
import { connect } from '../support/connect';
import type { Connection } from '../../src/connection/connection';
import { startPeer, type Peer } from './peer';
import { untilOk } from './polling-watch';
import { Hooks, poll } from './webhook-hooks';

interface Published {
  post: { current: { id: string; title: string; html: string; status: string } };
}
interface GhostWebhook {
  target_url: string;
  last_triggered_status: string | null;
}

const ghostSignature = { verification: 'preset', preset: 'ghost' };

describe('webhooks of Ghost', function () {
  this.timeout(600_000);
  const password = 'Blue-Tapir-7731-Lamp';
  const email = 'owner@example.com';
  const secret = 'ghost-hook-secret';
  let ghost: Peer;
  let connection: Connection;
  let hooks: Hooks;
  let cookie = '';

  before(async () => {
    ghost = await startPeer('ghost', '/ghost/api/admin/site/');
    await untilOk(`${ghost.url}/ghost/api/admin/site/`);
    connection = connect({ baseUrl: ghost.url });
    const owner = { name: 'Owner', email, password, blogTitle: 'Blog' };
    await admin('POST', 'authentication/setup/', { setup: [owner] });
    const login = await admin('POST', 'session/', { username: email, password });
    cookie = String([login.headers['set-cookie']].flat()[0]).split(';')[0]!;
    hooks = await Hooks.start({
      signed: { ...ghostSignature, secret, rawBody: true },
      rotated: { ...ghostSignature, secret: 'another' },
      unsigned: { ...ghostSignature, secret },
    });
    const { integrations } = await read<{ integrations: { id: string }[] }>('POST', 'integrations/', {
      integrations: [{ name: 'hooks' }],
    });
    const { id } = integrations[0]!;
    await subscribe(id, 'post.published', 'signed', secret);
    await subscribe(id, 'post.published', 'rotated', secret);
    await subscribe(id, 'tag.added', 'unsigned');
  });
  after(async () => {
    await connection?.close();
    await ghost?.stop();
    await hooks?.end();
  });

  async function admin(method: string, url: string, value?: unknown) {
    const headers = { 'Content-Type': 'application/json', Origin: ghost.url, Cookie: cookie };
    const body = value === undefined ? {} : { body: Buffer.from(JSON.stringify(value)) };
    const answer = await connection.send({ method, url: `/ghost/api/admin/${url}`, headers, ...body });
    assert.ok(answer.statusCode < 300, answer.body.toString());
    return answer;
  }
  async function read<T>(method: string, url: string, value?: unknown): Promise<T> {
    return JSON.parse((await admin(method, url, value)).body.toString()) as T;
  }
  const subscribe = (integration_id: string, event: string, path: string, own?: string) =>
    admin('POST', 'webhooks/', {
      webhooks: [
        { name: path, event, target_url: hooks.url(path), integration_id, ...(own ? { secret: own } : {}) },
      ],
    });
  const publish = (title: string) => {
    const text = {
      type: 'text',
      version: 1,
      detail: 0,
      format: 0,
      mode: 'normal',
      style: '',
      text: `${title} “ünï” ☃ 😀`,
    };
    const block = { version: 1, direction: 'ltr', format: '', indent: 0 };
    const paragraph = { type: 'paragraph', ...block, children: [text] };
    const lexical = JSON.stringify({ root: { type: 'root', ...block, children: [paragraph] } });
    return admin('POST', 'posts/', { posts: [{ title, lexical, status: 'published' }] });
  };
  /** What Ghost saw at its last delivery there. */
  const statusUntil = (path: string, wanted: string) =>
    poll(`${path} was answered with ${wanted}`, async () => {
      const { integrations } = await read<{ integrations: { webhooks: GhostWebhook[] }[] }>(
        'GET',
        'integrations/?include=webhooks',
      );
      const all = integrations.flatMap(({ webhooks }) => webhooks ?? []);
      const found = all.find(({ target_url }) => target_url === hooks.url(path));
      return found && String(found.last_triggered_status) === wanted;
    });

  it('signed posts come; with another secret they are refused, and do not come again', async () => {
    await publish('Zoë’s first');
    const [{ payload, event, request }] = await hooks.seenUntil<Published>('signed', 1);
    const { current } = payload.post;
    assert.deepEqual([current.title, current.status], ['Zoë’s first', 'published']);
    assert.match(current.html, /“ünï” ☃ 😀/);
    assert.deepEqual(
      [event.name, event.attempt, request.headers['user-agent']!.split('/')[0]],
      ['signed', 1, 'Ghost'],
    );
    await hooks.refusal(
      'rotated',
      '401 UNAUTHORIZED: the signature does not match: the secret is another, or',
    );
    await statusUntil('rotated', '401');
    await statusUntil('signed', '200');
    // Ghost tries a delivery once
    await hooks.change('rotated', { secret });
    await publish('The second');
    const titles = (path: string) =>
      hooks.seen<Published>(path).map(({ payload: { post } }) => post.current.title);
    await hooks.seenUntil('rotated', 1);
    await statusUntil('rotated', '200');
    assert.deepEqual(titles('rotated'), ['The second']);
    await hooks.seenUntil('signed', 2);
    assert.deepEqual(titles('signed'), ['Zoë’s first', 'The second']);
  });

  it('what is not signed is refused', async () => {
    await admin('POST', 'tags/', { tags: [{ name: 'unsigned' }] });
    await hooks.refusal('unsigned', '401 UNAUTHORIZED: the signature header "x-ghost-signature" is missing');
    await statusUntil('unsigned', '401');
    assert.deepEqual(hooks.seen('unsigned'), []);
  });
});

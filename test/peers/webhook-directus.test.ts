import assert from 'node:assert/strict';
import { bearer } from '../../src/connection/auth/bearer';
import type { Connection } from '../../src/connection/connection';
import { connect } from '../support/connect';
import { startPeer, type Peer } from './peer';
import { Hooks, poll } from './webhook-hooks';

/** `{{$trigger}}` of a flow that an event of items starts. */
interface Triggered {
  event: string;
  collection: string;
  key?: number;
  keys?: string[];
  payload: { title: string };
}

describe('webhooks of Directus flows', () => {
  const token = 'directus-hook-token';
  let directus: Peer;
  let connection: Connection;
  let hooks: Hooks;
  let flow = '';

  before(async () => {
    hooks = await Hooks.start({
      notes: { verification: 'secret-header', secretHeader: 'X-Directus-Token', secret: 'another' },
    });
    directus = await startPeer('directus', '/server/ping');
    connection = connect({ baseUrl: directus.url, authenticator: bearer('directus-admin-token') });
    await send('POST', '/collections', {
      collection: 'notes',
      schema: {},
      meta: {},
      fields: [
        { field: 'id', type: 'integer', schema: { is_primary_key: true, has_auto_increment: true } },
        { field: 'title', type: 'string', schema: {} },
      ],
    });
    ({ id: flow } = await send<{ id: string }>('POST', '/flows', {
      name: 'tell Node-RED',
      status: 'active',
      trigger: 'event',
      accountability: 'all',
      options: { type: 'action', scope: ['items.create', 'items.update'], collections: ['notes'] },
    }));
    const { id: operation } = await send<{ id: string }>('POST', '/operations', {
      name: 'send',
      key: 'send',
      type: 'request',
      position_x: 19,
      position_y: 1,
      flow,
      options: {
        method: 'POST',
        url: hooks.url('notes'),
        headers: [{ header: 'X-Directus-Token', value: token }],
        body: '{{$trigger}}',
      },
    });
    await send('PATCH', `/flows/${flow}`, { operation });
  });
  after(async () => {
    await connection?.close();
    await directus?.stop();
    await hooks?.end();
  });

  async function send<T = unknown>(method: string, url: string, value?: unknown): Promise<T> {
    const body = value === undefined ? {} : { body: Buffer.from(JSON.stringify(value)) };
    const headers = { 'Content-Type': 'application/json' };
    const answer = await connection.send({ method, url, headers, ...body });
    assert.ok(answer.statusCode < 300, answer.body.toString());
    return (JSON.parse(answer.body.toString()) as { data: T }).data;
  }
  const create = (title: string) => send<{ id: number }>('POST', '/items/notes', { title });

  /** The log of its flow: what each run of "send" came to. */
  async function runs(): Promise<{ status: string; result: string }[]> {
    const query = `filter[collection][_eq]=directus_flows&filter[item][_eq]=${flow}&sort=id`;
    const revisions = await send<{ data: { steps?: { key: string; status: string }[]; data?: object } }[]>(
      'GET',
      `/revisions?${query}`,
    );
    return revisions
      .filter(({ data }) => data.steps)
      .map(({ data: { steps, data } }) => ({ status: steps![0]!.status, result: JSON.stringify(data) }));
  }

  it('refused while the secret is another: its log says so, and it does not try again', async () => {
    await create('refused');
    await hooks.refusal('notes', '401 UNAUTHORIZED: the header "x-directus-token" holds another secret');
    const [run] = await poll('the flow has run', async () => {
      const all = await runs();
      return all.length > 0 && all;
    });
    assert.equal(run!.status, 'reject');
    assert.match(run!.result, /401/);
    assert.deepEqual(hooks.seen('notes'), []);
    await hooks.change('notes', { secret: token });
  });

  it('items that are created and changed', async () => {
    const { id } = await create('Zoë ☃ "quoted"');
    await hooks.seenUntil('notes', 1);
    await send('PATCH', `/items/notes/${id}`, { title: 'changed' });
    const seen = await hooks.seenUntil<Triggered>('notes', 2);
    assert.deepEqual(
      seen.map(({ payload: { event, key, keys, payload } }) => [
        event,
        Number(key ?? keys?.[0]),
        payload.title,
      ]),
      [
        ['notes.items.create', id, 'Zoë ☃ "quoted"'],
        ['notes.items.update', id, 'changed'],
      ],
    );
    const [{ event, request }] = seen;
    assert.deepEqual(
      [event.name, event.attempt, request.headers['x-directus-token']],
      ['notes', 1, undefined],
    );
    await poll('both are in its log', async () => {
      const all = await runs();
      return all.length === 3 && all.slice(1).every(({ status }) => status === 'resolve');
    });
  });
});

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Order } from '../../scripts/demo/orders';
import { createShop, type News, type Shop, type ShopOptions } from '../../scripts/demo/shop';

const token = 'a-token';
const client = { id: 'a client', secret: 'its:secret' };
const signingSecret = `whsec_${Buffer.from('a key for signing in tests').toString('base64')}`;

const authorized = { authorization: `Bearer ${token}` };
const ids = (body: unknown) => (body as { orders: Order[] }).orders.map(({ id }) => id);

describe('demo/shop', () => {
  let shop: Shop;
  const open = async (options: Partial<ShopOptions> = {}) => {
    shop = await createShop({ token, client, ...options });
    return shop;
  };
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(shop.url + path, { headers: { ...authorized, ...headers } });
  const post = (body: string, type = 'application/json') =>
    fetch(`${shop.url}/orders`, { method: 'POST', headers: { ...authorized, 'content-type': type }, body });
  const grant = (form: Record<string, string>, headers: Record<string, string> = {}) =>
    fetch(`${shop.url}/oauth/token`, { method: 'POST', headers, body: new URLSearchParams(form) });

  afterEach(() => shop.close());

  it('leads through the pages of its orders, newest first', async () => {
    await open({ orders: 5 });
    const seen: number[] = [];
    let next: string | undefined = `${shop.url}/orders?per_page=2`;
    let pages = 0;
    while (next) {
      const answer: Response = await fetch(next, { headers: authorized });
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('x-total-count'), '5');
      seen.push(...ids(await answer.json()));
      next = /<([^>]+)>; rel="next"/.exec(answer.headers.get('link')!)?.[1];
      pages++;
    }
    assert.equal(pages, 3);
    assert.deepEqual(seen, [1005, 1004, 1003, 1002, 1001]);
    for (const wrong of ['page=0', 'per_page=101', 'per_page=x', 'updated_since=yesterday']) {
      assert.equal((await get(`/orders?${wrong}`)).status, 400, wrong);
    }
  });

  it('gives what changed since a time', async () => {
    await open({ orders: 3 });
    const before = Date.now();
    while (Date.now() === before);
    const since = new Date().toISOString();
    shop.orders.change(1002, 'pending');
    assert.deepEqual(ids(await (await get(`/orders?updated_since=${since}`)).json()), [1002]);
  });

  it('answers 304 until something changes', async () => {
    await open({ orders: 1 });
    const tag = (await get('/orders')).headers.get('etag')!;
    const same = await get('/orders', { 'if-none-match': tag });
    assert.equal(same.status, 304);
    assert.equal(await same.text(), '');
    shop.place();
    const changed = await get('/orders', { 'if-none-match': `"other", ${tag}` });
    assert.equal(changed.status, 200);
    assert.notEqual(changed.headers.get('etag'), tag);
  });

  it('takes an order, and says what is wrong with one', async () => {
    await open();
    const placed = await post('{"customer":"Ada","total":12.5}');
    assert.equal(placed.status, 201);
    const order = (await placed.json()) as Order;
    assert.equal(placed.headers.get('location'), `/orders/${order.id}`);
    assert.deepEqual(await (await get(`/orders/${order.id}`)).json(), order);
    assert.equal(order.status, 'pending');

    const wrong = await post('{"total":-1}');
    assert.equal(wrong.status, 422);
    const { details } = (await wrong.json()) as { details: { field: string }[] };
    assert.deepEqual(
      details.map(({ field }) => field),
      ['customer', 'total'],
    );
    assert.equal((await post('{"total":')).status, 400);
    assert.equal((await post('total=1', 'text/plain')).status, 415);
    assert.equal((await post(`"${'x'.repeat(70_000)}"`)).status, 413);
    assert.equal((await get('/orders/1')).status, 404);
    assert.equal((await get('/nothing')).status, 404);
    const wrongMethod = await fetch(`${shop.url}/orders`, { method: 'DELETE', headers: authorized });
    assert.equal(wrongMethod.status, 405);
    assert.equal(wrongMethod.headers.get('allow'), 'GET, HEAD, POST');
  });

  it('refuses without a good token, except its health', async () => {
    await open();
    const none = await fetch(`${shop.url}/orders`);
    assert.equal(none.status, 401);
    assert.equal(none.headers.get('www-authenticate'), 'Bearer realm="shop"');
    const wrong = await get('/orders', { authorization: 'Bearer wrong' });
    assert.equal(wrong.status, 401);
    assert.match(wrong.headers.get('www-authenticate')!, /error="invalid_token"/);
    assert.equal((await fetch(`${shop.url}/health`)).status, 200);
  });

  it('gives out tokens for client credentials, in the header or in the form', async () => {
    await open({ tokenLifetime: 100 });
    const basic = Buffer.from(`a+client:${encodeURIComponent(client.secret)}`).toString('base64');
    const form = { grant_type: 'client_credentials' };
    for (const answer of [
      await grant(form, { authorization: `Basic ${basic}` }),
      await grant({ ...form, client_id: client.id, client_secret: client.secret }),
    ]) {
      assert.equal(answer.status, 200);
      assert.equal(answer.headers.get('cache-control'), 'no-store');
      const given = (await answer.json()) as { access_token: string; token_type: string; expires_in: number };
      assert.equal(given.token_type, 'Bearer');
      assert.equal(given.expires_in, 100);
      assert.equal((await get('/orders', { authorization: `Bearer ${given.access_token}` })).status, 200);
    }
    const stranger = await grant({ ...form, client_id: client.id, client_secret: 'wrong' });
    assert.equal(stranger.status, 401);
    assert.equal(((await stranger.json()) as { error: string }).error, 'invalid_client');
    const other = await grant({ grant_type: 'password', client_id: client.id, client_secret: client.secret });
    assert.equal(((await other.json()) as { error: string }).error, 'unsupported_grant_type');
  });

  it('does not take a token that has expired', async () => {
    await open({ tokenLifetime: 0 });
    const answer = await grant({
      grant_type: 'client_credentials',
      client_id: client.id,
      client_secret: client.secret,
    });
    const { access_token } = (await answer.json()) as { access_token: string };
    const refused = await get('/orders', { authorization: `Bearer ${access_token}` });
    assert.equal(refused.status, 401);
    assert.match(refused.headers.get('www-authenticate')!, /expired/);
  });

  it('sends signed webhooks of what is paid, until they are taken', async () => {
    const statuses = [503, 200];
    const deliveries: { headers: IncomingMessage['headers']; body: string }[] = [];
    const receiver = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (text: string) => (body += text));
      request.on('end', () => {
        deliveries.push({ headers: request.headers, body });
        response.writeHead(statuses.shift() ?? 500).end();
      });
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    try {
      const news: News[] = [];
      let done: () => void;
      const delivered = new Promise<void>((resolve) => (done = resolve));
      await open({
        webhook: {
          url: `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`,
          events: ['order.paid'],
          signingSecret,
          sharedSecret: 'shared',
          firstDelay: 1,
        },
        report: (one) => {
          news.push(one);
          if (one.kind === 'webhook' && one.delivery.delivered) done();
        },
      });
      const order = shop.place();
      shop.advance();
      await delivered;

      assert.equal(deliveries.length, 2, 'the order was placed silently, refused once, then taken');
      const [refused, taken] = deliveries as [(typeof deliveries)[0], (typeof deliveries)[0]];
      assert.equal(refused.headers['webhook-id'], taken.headers['webhook-id']);
      const { type, data } = JSON.parse(taken.body) as { type: string; data: Order };
      assert.equal(type, 'order.paid');
      assert.deepEqual(data, shop.orders.get(order.id));
      assert.equal(data.status, 'paid');
      assert.equal(taken.headers['x-webhook-secret'], 'shared');
      const signed = `${String(taken.headers['webhook-id'])}.${String(taken.headers['webhook-timestamp'])}.${taken.body}`;
      const signature = createHmac('sha256', 'a key for signing in tests').update(signed).digest('base64');
      assert.equal(taken.headers['webhook-signature'], `v1,${signature}`);
      const attempts = news.flatMap((one) => (one.kind === 'webhook' ? [one.delivery.status] : []));
      assert.deepEqual(attempts, [503, 200]);
    } finally {
      receiver.closeAllConnections();
      await new Promise((closed) => receiver.close(closed));
    }
  });

  it('goes on by itself at its pace, and stops when it is closed', async () => {
    let three: () => void;
    const busy = new Promise<void>((resolve) => (three = resolve));
    let placed = 0;
    await open({ pace: 2, report: () => ++placed === 3 && three() });
    await busy;
    assert.deepEqual(
      shop.orders.list().map(({ status }) => status),
      ['pending', 'paid', 'shipped'],
    );
    await shop.close();
    await assert.rejects(fetch(`${shop.url}/health`));
  });
});

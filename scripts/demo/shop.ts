/**
 * A small shop with an orders API, for the demo and for tests: real HTTP on the loopback address, pages with `Link`,
 * ETag, bearer tokens, OAuth 2 client credentials, and signed webhooks.
 */
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Guard, type Client } from './guard';
import { complaints, OrderBook, type Order } from './orders';
import { WebhookSender, type Delivery, type WebhookOptions } from './webhooks';

export interface ShopOptions {
  /** 0, the default, for any free port. */
  port?: number;
  /** A bearer token that is always good. */
  token: string;
  client: Client;
  /** Of the tokens from `/oauth/token`, in seconds. */
  tokenLifetime?: number;
  /** Milliseconds between two steps of the shop's day (a new order, the last one paid); 0 for none. */
  pace?: number;
  /** How many orders there are at the start, all of them shipped. */
  orders?: number;
  /** Number of the last order before the first. */
  lastOrder?: number;
  /** Which events are sent where. */
  webhook?: WebhookOptions & { events: readonly ShopEvent[] };
  /** Told what happens, for a person or a test. */
  report?: (news: News) => void;
}

export type ShopEvent = 'order.created' | 'order.paid';

export type News =
  | { kind: 'placed'; order: Order }
  | { kind: 'webhook'; delivery: Delivery<Order> }
  | { kind: 'answered'; method: string; url: string; status: number };

export interface Shop {
  url: string;
  port: number;
  orders: OrderBook;
  /** Places an order as a customer would, webhook included. */
  place(): Order;
  /** What is placed is paid, what is paid is shipped, webhooks included. */
  advance(): Order[];
  /** Ends every connection, timer and retry, and frees the port. */
  close(): Promise<void>;
}

interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** An answer that ends the handling of a request early. */
class Refusal extends Error {
  constructor(readonly answer: Answer) {
    super(`answered ${answer.status}`);
  }
}

const refuse = (status: number, error: string, headers?: Record<string, string>): Refusal =>
  new Refusal({ status, headers, body: { error } });

const longestBody = 64 * 1024;

export async function createShop(options: ShopOptions): Promise<Shop> {
  const { webhook, pace = 0, report = () => undefined } = options;
  const orders = new OrderBook(options.lastOrder);
  const guard = new Guard(options.token, options.client, options.tokenLifetime ?? 3600);
  const sender =
    webhook && new WebhookSender<Order>(webhook, (delivery) => report({ kind: 'webhook', delivery }));
  const tell = (event: ShopEvent, order: Order) => {
    if (webhook?.events.includes(event)) sender?.send(event, order);
  };
  for (let n = 0; n < (options.orders ?? 0); n++) orders.change(orders.place().id, 'shipped');

  const placed = (order: Order): Order => {
    report({ kind: 'placed', order });
    tell('order.created', order);
    return order;
  };
  const advance = (): Order[] => {
    const changed = orders.advance();
    for (const order of changed) if (order.status === 'paid') tell('order.paid', order);
    return changed;
  };

  const handle = async (request: IncomingMessage): Promise<Answer> => {
    const url = new URL(request.url ?? '/', 'http://shop');
    const [, first = '', second, ...more] = url.pathname.split('/');
    const route = more.length > 0 ? '' : second === undefined ? first : `${first}/:id`;
    if (route === 'health') {
      allow(request, 'GET', 'HEAD');
      return { status: 200, body: { status: 'ok', orders: orders.size } };
    }
    if (url.pathname === '/oauth/token') {
      allow(request, 'POST');
      return token(guard, request);
    }
    if (route !== 'orders' && route !== 'orders/:id') throw refuse(404, 'there is nothing here');
    const refusal = guard.refusal(request);
    if (refusal) throw refuse(401, 'a bearer token is needed', { 'www-authenticate': refusal });
    if (route === 'orders/:id') {
      allow(request, 'GET', 'HEAD');
      const order = /^\d+$/.test(second!) ? orders.get(Number(second)) : undefined;
      if (!order) throw refuse(404, 'there is no such order');
      return { status: 200, body: order };
    }
    allow(request, 'GET', 'HEAD', 'POST');
    if (request.method !== 'POST') return page(orders, url, request.headers.host!);
    const wanted = await orderIn(request);
    const order = placed(orders.place(wanted));
    return { status: 201, headers: { location: `/orders/${order.id}` }, body: order };
  };

  const server = createServer((request, response) => {
    handle(request)
      .catch((error: unknown): Answer => {
        if (error instanceof Refusal) return error.answer;
        return { status: 500, body: { error: String(error) } };
      })
      .then((answer) => {
        const status = write(request, response, answer);
        report({ kind: 'answered', method: request.method!, url: request.url!, status });
      })
      .catch(() => response.destroy());
  });
  await new Promise<void>((done, fail) => {
    server.once('error', fail);
    server.listen(options.port ?? 0, '127.0.0.1', done);
  });
  const { port } = server.address() as AddressInfo;
  const clock =
    pace > 0
      ? setInterval(() => {
          advance();
          placed(orders.place());
        }, pace)
      : undefined;

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    orders,
    place: () => placed(orders.place()),
    advance,
    async close() {
      clearInterval(clock);
      sender?.close();
      await new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    },
  };
}

function allow(request: IncomingMessage, ...methods: string[]): void {
  if (!methods.includes(request.method!)) {
    throw refuse(405, `${request.method} is not possible here`, { allow: methods.join(', ') });
  }
}

/** `GET /orders`: newest first, in pages that `Link` leads through (RFC 8288). */
function page(orders: OrderBook, url: URL, host: string): Answer {
  const number = positive(url, 'page', 1, Number.MAX_SAFE_INTEGER);
  const size = positive(url, 'per_page', 20, 100);
  const since = url.searchParams.get('updated_since');
  if (since !== null && Number.isNaN(Date.parse(since)))
    throw refuse(400, 'updated_since is not a date and time');
  const all = orders.list(since === null ? undefined : new Date(since));
  const last = Math.max(1, Math.ceil(all.length / size));
  const link = (to: number, rel: string) => {
    const target = new URL(url.pathname + url.search, `http://${host}`);
    target.searchParams.set('page', String(to));
    return `<${target.href}>; rel="${rel}"`;
  };
  const links = [link(1, 'first'), link(last, 'last')];
  if (number > 1) links.unshift(link(Math.min(number - 1, last), 'prev'));
  if (number < last) links.unshift(link(number + 1, 'next'));
  return {
    status: 200,
    headers: { link: links.join(', '), 'x-total-count': String(all.length) },
    body: { orders: all.slice((number - 1) * size, number * size) },
  };
}

function positive(url: URL, name: string, otherwise: number, most: number): number {
  const text = url.searchParams.get(name);
  if (text === null) return otherwise;
  const value = /^\d+$/.test(text) ? Number(text) : 0;
  if (value < 1 || value > most) throw refuse(400, `${name} is a whole number from 1 to ${most}`);
  return value;
}

async function orderIn(request: IncomingMessage): Promise<{ customer: string; total: number }> {
  if (!/^application\/json\s*(;|$)/i.test(request.headers['content-type'] ?? '')) {
    throw refuse(415, 'an order is application/json');
  }
  const text = await bodyOf(request);
  let wanted: unknown;
  try {
    wanted = JSON.parse(text);
  } catch (error) {
    throw refuse(400, `the body is not JSON: ${(error as Error).message}`);
  }
  const details = complaints(wanted);
  if (details.length > 0)
    throw new Refusal({ status: 422, body: { error: 'the order cannot be placed', details } });
  return wanted as { customer: string; total: number };
}

async function token(guard: Guard, request: IncomingMessage): Promise<Answer> {
  const answer = guard.grant(request, new URLSearchParams(await bodyOf(request)));
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'no-store' } };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > longestBody)
      throw refuse(413, `a body has at most ${longestBody} bytes`, { connection: 'close' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

/** Writes the answer, or a 304 when the client has it already. Returns the status that went out. */
function write(request: IncomingMessage, response: ServerResponse, answer: Answer): number {
  const body = Buffer.from(JSON.stringify(answer.body));
  const headers: Record<string, string | number> = { ...answer.headers };
  if (answer.status === 200 && request.method !== 'POST') {
    const tag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    headers['etag'] = tag;
    const known = (request.headers['if-none-match'] ?? '')
      .split(',')
      .map((one) => one.trim().replace(/^W\//, ''));
    if (known.includes(tag) || known.includes('*')) {
      response.writeHead(304, headers).end();
      return 304;
    }
  }
  headers['content-type'] = 'application/json; charset=utf-8';
  headers['content-length'] = body.length;
  response.writeHead(answer.status, headers).end(body);
  return answer.status;
}

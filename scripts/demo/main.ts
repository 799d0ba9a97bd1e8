/**
 * The demo's shop as a process of its own: `npx tsx scripts/demo/main.ts`.
 *
 * SHOP_PORT is the port to try first, SHOP_WEBHOOK_URL where paid orders are announced, SHOP_LAST_ORDER the last order of a
 * shop that this one takes over from. What happens goes to the
 * terminal, and as messages to the process that started this one, with which it ends.
 */
import credentials from './flows_cred.json';
import { createShop, type News, type Shop, type ShopOptions } from './shop';

/** Sent once, before any news. */
export interface Opened {
  kind: 'open';
  url: string;
}

const say = (news: News | Opened) => {
  process.send?.(news);
  if (news.kind === 'open') console.log(`the shop is open at ${news.url}`);
  else if (news.kind === 'placed') console.log(`order ${news.order.id} placed by ${news.order.customer}`);
  else if (news.kind === 'answered') console.log(`${news.method} ${news.url} → ${news.status}`);
  else {
    const { type, data, attempt, status, problem } = news.delivery;
    console.log(`webhook ${type} of order ${data.id}, attempt ${attempt} → ${status ?? problem}`);
  }
};

const lastOrder = Number(process.env.SHOP_LAST_ORDER) || undefined;

const options: ShopOptions = {
  token: credentials.demo_connection.token,
  client: { id: 'demo-client', secret: 'demo-client-secret' },
  pace: 3000,
  orders: lastOrder ? 0 : 25,
  lastOrder,
  report: say,
};
if (process.env.SHOP_WEBHOOK_URL) {
  options.webhook = {
    url: process.env.SHOP_WEBHOOK_URL,
    events: ['order.paid'],
    signingSecret: 'whsec_ZGVtbyBzaWduaW5nIHNlY3JldCBvZiB0aGUgc2hvcA==',
    sharedSecret: credentials.demo_webhook.secret,
  };
}

/** The usual port when it is free, so that the address stays the same from one day to the next. */
async function open(): Promise<Shop> {
  try {
    return await createShop({ ...options, port: Number(process.env.SHOP_PORT ?? 1881) });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return createShop({ ...options, port: 0 });
  }
}

void open().then((shop) => {
  say({ kind: 'open', url: shop.url });
  const end = () => {
    void shop.close().then(() => {
      if (process.connected) process.disconnect();
    });
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.once('disconnect', end);
});

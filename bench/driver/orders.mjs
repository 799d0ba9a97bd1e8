/**
 * Lists of orders for the polling bench, on a free port that it prints. `/orders?list=NAME&count=N&fresh=M`: N orders of
 * about 500 bytes, the newest first; at each request of a list M of them are new, with `still=1` none. With `etag=1` it
 * answers 304 to who has them.
 */
import { createServer } from 'node:http';

const lists = new Map();

function order(id) {
  const lines = Array.from({ length: 4 }, (_, n) => ({
    sku: `SKU-${(id * 7 + n) % 9973}`,
    quantity: ((id + n) % 9) + 1,
    price: ((id * 13 + n) % 10000) / 100,
  }));
  return {
    id,
    number: `ORD-${String(id).padStart(9, '0')}`,
    status: ['open', 'paid', 'sent'][id % 3],
    updatedAt: new Date(1.76e12 + id * 1000).toISOString(),
    customer: { id: id % 5003, name: `Customer ${id % 5003}`, email: `customer${id % 5003}@example.org` },
    note: 'Leave it at the door, please, and ring twice.',
    lines,
  };
}

createServer((request, response) => {
  const { searchParams } = new URL(request.url, 'http://localhost');
  const name = searchParams.get('list');
  const list = lists.get(name) ?? { top: Number(searchParams.get('count')), texts: [] };
  if (!lists.has(name)) {
    for (let id = 0; id < list.top; id++) list.texts.push(JSON.stringify(order(id)));
    lists.set(name, list);
  } else if (!searchParams.has('still')) {
    for (let n = Number(searchParams.get('fresh')); n > 0; n--) {
      list.texts.shift();
      list.texts.push(JSON.stringify(order(list.top++)));
    }
    list.body = undefined;
  }
  const etag = `W/"${list.top}"`;
  if (searchParams.has('etag') && request.headers['if-none-match'] === etag) {
    response.writeHead(304, { etag });
    return response.end();
  }
  list.body ??= Buffer.from(`{"orders":[${list.texts.toReversed().join()}]}`);
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': list.body.length,
    ...(searchParams.has('etag') ? { etag } : {}),
  });
  response.end(list.body);
}).listen(0, '127.0.0.1', function () {
  console.log(this.address().port);
});

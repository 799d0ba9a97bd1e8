import assert from 'node:assert/strict';
import { parseXml } from '../../src/exchange/decode/xml';
import { Failure } from '../../src/exchange/failure';
import { recordsFinder, recordsIn, wasXml } from '../../src/paging/records';

const missing = (message: RegExp) => (error: unknown) =>
  error instanceof Failure && error.code === 'RECORDS_NOT_FOUND' && message.test(error.message);
const find = async (xml: string, path: string) => recordsIn(await parseXml(xml), path, true);

describe('records in XML', () => {
  const one = '<orders page="1"><order>1</order></orders>';

  it('are a list, whether there are several, one or none', async () => {
    assert.deepEqual(await find('<orders><order>1</order><order>2</order></orders>', 'orders.order'), [
      '1',
      '2',
    ]);
    assert.deepEqual(await find(one, 'orders.order'), ['1']);
    for (const none of ['<orders page="1"/>', '<orders/>', '<orders><page>1</page></orders>']) {
      assert.deepEqual(await find(none, 'orders.order'), [], none);
    }
  });

  it('an element on the way needs no index where there is one', async () => {
    const xml = '<a><b><c><d/></c></b></a>';
    for (const path of ['a.b.c.d', 'a.b[0].c.d', 'a.b[0].c[0].d', 'a.b.c.d[0]']) {
      assert.deepEqual(await find(xml, path), [''], path);
    }
    const two = '<a><b><c>1</c></b><b><c>2</c></b></a>';
    assert.deepEqual(await find(two, 'a.b[1].c'), ['2']);
    await assert.rejects(find(two, 'a.b.c'), missing(/^"a\.b" in the answer is 2 elements: .*"a\.b\[0\]"$/));
    await assert.rejects(find(two, 'a.b[2].c'), missing(/^"a\.b\[2\]" in the answer is missing$/));
  });

  const item = (id: number) => `<item><guid>${id}</guid></item>`;
  const feeds: Record<string, [string, (items: string) => string, RegExp?]> = {
    RSS: ['rss.channel.item', (items) => `<rss><channel><title>t</title>${items}</channel></rss>`],
    'RSS without anything else': ['rss.channel.item', (items) => `<rss><channel>${items}</channel></rss>`],
    Atom: ['feed.entry', (items) => `<feed xmlns="x"><id>f</id><link/><link/>${items}</feed>`, /item/g],
    'Atom with a prefix': ['a:feed.a:entry', (items) => `<a:feed xmlns:a="x">${items}</a:feed>`, /item/g],
    'RSS 1.0': ['rdf:RDF.item', (items) => `<rdf:RDF xmlns:rdf="x"><channel/>${items}</rdf:RDF>`],
  };
  for (const [name, [path, feed, replaced]] of Object.entries(feeds)) {
    it(`of a feed are found by themselves: ${name}`, async () => {
      for (const count of [0, 1, 3]) {
        const ids = Array.from({ length: count }, (_, i) => i);
        const entry = path.split('.').at(-1)!;
        const items = ids
          .map(item)
          .join('')
          .replaceAll(replaced ?? /$^/g, entry);
        const expected = ids.map((id) => ({ guid: [String(id)] }));
        assert.deepEqual(await find(feed(items), ''), expected);
        assert.deepEqual(await find(feed(items), path), expected);
      }
    });
  }

  it('a wrong path is no empty list', async () => {
    const rss = '<rss><channel><title/></channel></rss>';
    const cases: [string, string, RegExp][] = [
      [rss, 'rss.item', /^"rss\.item" in the answer is missing: there is "rss\.channel\.item"$/],
      [rss, 'rss.channel.entry', /there is "rss\.channel\.item"/],
      [rss, 'rss.chanel.item', /^"rss\.chanel" in the answer is missing$/],
      [rss, 'item', /^"item" in the answer is missing: there is "rss\.channel\.item"$/],
      [rss, 'feed.entry', /^"feed" in the answer is missing: there is "rss"$/],
      [one, 'orders.Orders', /there is "orders\.order"/],
      [one, 'orders.s:order', /there is "orders\.order"/],
      [one, 'order', /^"order" in the answer is missing: there is "orders"$/],
      [one, 'orders', /^"orders" in the answer is the root, not a list of elements$/],
      [one, 'orders.$', /no list of elements/],
      [one, 'orders.$.page', /^"orders\.\$" in the answer is missing$/],
      [one, 'orders.order.line.id', /^"orders\.order\.line" in the answer is missing$/],
      [one, 'orders.__proto__.x', /"orders\.__proto__" in the answer is missing/],
      [one, '', /the answer is XML, and no RSS or Atom feed/],
      ['<html><body/></html>', 'feed.entry', /"feed" in the answer is missing: there is "html"/],
      ['', 'feed.entry', /"feed" in the answer is missing$/],
      ['', '', /the answer is XML/],
    ];
    for (const [xml, path, message] of cases) {
      await assert.rejects(find(xml, path), missing(message), `${path} in ${xml}`);
    }
  });

  it('a name that is nothing like another one is an empty list', async () => {
    const listing = '<R><Prefix/><CommonPrefixes/><CommonPrefixes/><KeyCount>0</KeyCount></R>';
    assert.deepEqual(await find(listing, 'R.Contents'), []);
  });

  it('are in the same place in every page', async () => {
    const findRecords = recordsFinder('');
    assert.deepEqual(findRecords(await parseXml('<feed><entry>1</entry></feed>'), true), ['1']);
    assert.deepEqual(findRecords(await parseXml('<feed/>'), true), []);
    assert.deepEqual(recordsFinder('a.b')(await parseXml('<a/>'), true), []);
  });

  it('the answer was XML by its type, or by what it was read as', () => {
    const answer = (type?: string) =>
      ({ summary: { headers: type ? { 'content-type': type } : {} } }) as Parameters<typeof wasXml>[0];
    for (const type of ['application/atom+xml; charset=UTF-8', 'text/xml', 'application/rss+xml']) {
      assert.ok(wasXml(answer(type)), type);
      assert.ok(!wasXml(answer(type), 'text'), type);
    }
    for (const type of ['application/json', 'text/html', 'application/xhtml+xml', undefined]) {
      assert.ok(!wasXml(answer(type)));
      assert.ok(wasXml(answer(type), 'xml'));
    }
  });

  it('JSON that looks like it is not XML', () => {
    assert.throws(
      () => recordsIn({ feed: {} }, 'feed.entry'),
      missing(/"feed\.entry" in the answer is missing$/),
    );
  });
});

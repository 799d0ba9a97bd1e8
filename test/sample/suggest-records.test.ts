import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBody } from '../../src/exchange/decode';
import { keyed, parseKey } from '../../src/polling/keys';
import { recordsIn } from '../../src/paging/records';
import { suggestRecords } from '../../src/sample/suggest-records';

const url = 'https://api.test/x';
const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
const day = (index: number) => `2026-03-${String(index + 1).padStart(2, '0')}T10:00:00Z`;
const of = (body: unknown, own: object = {}) => suggestRecords({ url, headers: {}, body, ...own });
const xml = async (text: string) =>
  of(await decodeBody(Buffer.from(text), 'application/xml', 'xml'), { isXml: true });

interface Expected {
  path: string;
  key: string;
  /** '' for the whole record. */
  version?: string;
  cursor?: string;
  newestFirst?: boolean;
}

/** Answers in the style of known APIs; the data is invented. */
const answers: [string, unknown, Expected][] = [
  [
    'GitHub: the answer is the list, the newest first',
    many(5, (i) => ({
      id: 900 - i,
      number: 50 - i,
      title: `t${i}`,
      user: { id: 7 - i },
      created_at: day(9 - i),
      updated_at: day(20 - i),
    })),
    { path: '', key: 'id', version: 'updated_at', cursor: 'updated_at', newestFirst: true },
  ],
  [
    'Django: results beside a count',
    {
      count: 4,
      next: null,
      previous: null,
      results: many(4, (i) => ({ url: `https://a.test/${i}`, uuid: `u-${i}`, modified: day(i) })),
    },
    { path: 'results', key: 'uuid', version: 'modified', cursor: 'modified', newestFirst: false },
  ],
  [
    'Stripe: data, times in seconds',
    {
      object: 'list',
      has_more: true,
      data: many(4, (i) => ({
        id: `ch_${i}`,
        amount: 100 * i,
        created: 1_767_225_600 - i,
        customer: `cus_${i}`,
      })),
    },
    { path: 'data', key: 'id', version: '', cursor: 'created', newestFirst: true },
  ],
  [
    'JSON:API: attributes, and what is included',
    {
      data: many(3, (i) => ({
        type: 'orders',
        id: String(i),
        attributes: { 'updated-at': day(i) },
        relationships: { author: { data: { id: `a${i}` } } },
      })),
      included: many(9, (i) => ({ type: 'people', id: String(i), attributes: {} })),
    },
    { path: 'data', key: 'id', version: 'attributes.updated-at', cursor: 'attributes.updated-at' },
  ],
  [
    'GraphQL: the nodes of a connection, not its edges',
    {
      data: {
        shop: {
          orders: {
            edges: many(3, (i) => ({ cursor: `c${i}`, node: { id: `gid://${i}` } })),
            nodes: many(3, (i) => ({ id: `gid://${i}`, updatedAt: day(i) })),
            pageInfo: { hasNextPage: false, endCursor: null },
          },
        },
      },
    },
    { path: 'data.shop.orders.nodes', key: 'id', version: 'updatedAt' },
  ],
  [
    'GraphQL: edges alone',
    {
      data: {
        viewer: {
          repositories: {
            edges: many(3, (i) => ({ cursor: `c${i}`, node: { id: `R_${i}`, pushedAt: day(i) } })),
          },
        },
      },
    },
    { path: 'data.viewer.repositories.edges', key: 'node.id', version: '' },
  ],
  [
    'OData 4',
    {
      '@odata.context': 'x',
      '@odata.count': 3,
      value: many(3, (i) => ({ id: `AAMk${i}`, changeKey: `CQ${i}`, lastModifiedDateTime: day(3 - i) })),
    },
    {
      path: 'value',
      key: 'id',
      version: 'lastModifiedDateTime',
      cursor: 'lastModifiedDateTime',
      newestFirst: true,
    },
  ],
  [
    'OData 2',
    { d: { results: many(3, (i) => ({ OrderID: 10_248 + i, Freight: '1.50' })) } },
    { path: 'd.results', key: 'OrderID' },
  ],
  [
    'Elasticsearch: hits in hits',
    {
      took: 3,
      hits: {
        total: { value: 3 },
        hits: many(3, (i) => ({ _index: 'a', _id: `e${i}`, _source: { updated: day(i) } })),
      },
    },
    { path: 'hits.hits', key: '_id', version: '_source.updated' },
  ],
  [
    'Contentful: sys.id and a revision',
    {
      sys: { type: 'Array' },
      total: 3,
      items: many(3, (i) => ({
        sys: { id: `s${i}`, revision: i, updatedAt: day(i) },
        fields: { title: 'T' },
      })),
    },
    { path: 'items', key: 'sys.id', version: 'sys.updatedAt' },
  ],
  [
    'CouchDB: revisions of documents',
    {
      last_seq: '3-g1AAA',
      results: many(3, (i) => ({
        seq: `${i}-g1AAA`,
        id: `doc${i}`,
        doc: { _id: `doc${i}`, _rev: `${i}-abc` },
      })),
    },
    { path: 'results', key: 'id', version: 'doc._rev' },
  ],
  [
    'MediaWiki: a list in query, ids that end in id',
    {
      batchcomplete: '',
      query: {
        recentchanges: many(4, (i) => ({
          type: 'edit',
          rcid: 9 - i,
          pageid: 3,
          title: 'A',
          timestamp: day(9 - i),
        })),
      },
    },
    { path: 'query.recentchanges', key: 'rcid', cursor: 'timestamp', newestFirst: true },
  ],
  [
    'a shop: an SKU, and a warehouse that is the same for all',
    {
      products: many(4, (i) => ({ sku: `S-${i}`, warehouse_id: 1, stock: 5 })),
      warnings: [{ id: 1 }, { id: 2 }],
    },
    { path: 'products', key: 'sku' },
  ],
  [
    'lines of orders: only two properties together',
    { lines: many(6, (i) => ({ order_id: Math.floor(i / 2), line_no: i % 2, product_id: 1 })) },
    { path: 'lines', key: 'order_id, line_no' },
  ],
  [
    'measurements: nothing tells them apart',
    { values: many(5, () => ({ celsius: 20.5, ok: true })) },
    { path: 'values', key: '' },
  ],
  ['texts', { tags: ['a', 'b'] }, { path: 'tags', key: '' }],
  ['an empty list', { items: [], errors: [] }, { path: 'items', key: '' }],
  [
    'an id as text beside one that is not exact',
    many(3, (i) => ({ id: 2 ** 60 + i * 512, id_str: `115292150460684697${i}` })),
    { path: '', key: 'id_str' },
  ],
];

describe('sample/suggest-records', () => {
  for (const [name, body, expected] of answers) {
    it(name, async () => {
      const [list] = (await of(body)).lists;
      assert(list, 'no list');
      const found: Expected = { path: list.path, key: list.keys[0]!.path };
      if (expected.version !== undefined) found.version = list.versions[0]!.path;
      if (expected.cursor !== undefined) found.cursor = list.cursors[0]?.path;
      if (expected.newestFirst !== undefined) found.newestFirst = list.order?.newestFirst;
      assert.deepEqual(found, expected);
      // what is suggested works as the poller reads it, and the whole record is always among the choices
      const records = recordsIn(body, list.path);
      for (const { path } of list.keys.slice(0, -1)) {
        const { records: known, bad } = await keyed(records, { by: 'properties', paths: parseKey(path) });
        assert.deepEqual([known.length, bad], [records.length, undefined], path);
      }
      assert.deepEqual([list.keys.at(-1)!.path, list.versions.at(-1)!.path], ['', '']);
    });
  }

  it('says why', async () => {
    const [list] = (await of({ items: many(25, (i) => ({ id: i, updated_at: day(25 - i) })) })).lists;
    const codes = (reasons: readonly { code: string }[]) => reasons.map(({ code }) => code);
    assert.deepEqual(list!.reasons, [{ code: 'only', values: { count: 25, name: 'items' } }]);
    assert.deepEqual(list!.keys[0]!.reasons, [{ code: 'unique', values: { count: 25 } }]);
    assert.deepEqual(codes(list!.versions[0]!.reasons), ['changeTime']);
    assert.deepEqual(codes(list!.cursors[0]!.reasons), ['time', 'newestFirst']);
    assert.deepEqual(list!.order, { newestFirst: true, path: 'updated_at' });
    assert.deepEqual(list!.warnings, []);
  });

  it('says where a field is missing, and which records are then compared as a whole', async () => {
    const records = many(4, (i) => ({ id: i, ...(i > 0 ? { updated_at: day(i) } : {}) }));
    const [list] = (await of(records)).lists;
    assert.deepEqual(list!.versions[0]!.reasons[1], { code: 'missing', values: { missing: 1, count: 4 } });
    assert.deepEqual(
      list!.cursors.map(({ path }) => path),
      ['id'],
    );
  });

  it('warns of ids that are not exact, and of pages that are not the whole list', async () => {
    const body = { total: 120, items: many(25, (i) => ({ id: 2 ** 60 + i * 512, name: `n${i}` })) };
    const { lists } = await of(body);
    assert.deepEqual(lists[0]!.warnings, [
      { code: 'inexact', values: { path: 'id' } },
      { code: 'moreUnknown', values: { total: 120, count: 25 } },
    ]);
    assert.notEqual(lists[0]!.keys[0]!.path, 'id');
    const headers = { 'x-total-count': '9', link: '</x?page=2>; rel="next"' };
    const paged = await suggestRecords({ url, headers, body: [{ id: 1 }] });
    assert.deepEqual(
      paged.paging.map(({ options }) => options.kind),
      ['link-header'],
    );
    assert.deepEqual(paged.lists[0]!.warnings, [{ code: 'more', values: { total: 9, count: 1 } }]);
  });

  it('does not take the id of something else, a time or a fraction for a key', async () => {
    const body = many(4, (i) => ({ customer: { id: `c${i}` }, at: day(i), price: i + 0.5, note: `n${i}` }));
    const keys = (await of(body)).lists[0]!.keys.map(({ path }) => path);
    assert.deepEqual(
      keys.filter((path) => ['at', 'price'].includes(path)),
      [],
    );
    assert.equal(keys[0], 'note');
    assert.equal((await of(body)).lists[0]!.keys[0]!.reasons[0]!.code, 'uniqueByChance');
  });

  it('offers every list when there are several', async () => {
    const body = { a: many(2, (id) => ({ id })), b: many(9, (id) => ({ id })), c: ['x'] };
    assert.deepEqual(
      (await of(body)).lists.map(({ path, count }) => [path, count]),
      [
        ['b', 9],
        ['a', 2],
        ['c', 1],
      ],
    );
  });

  it('reads RSS, Atom, RSS 1.0 and other XML as our reader gives them', async () => {
    const item = (i: number) =>
      `<item><title>t</title><guid isPermaLink="false">g${i}</guid><pubDate>Mon, 0${9 - i} Mar 2026 10:00:00 GMT</pubDate></item>`;
    const rss = (
      await xml(`<rss version="2.0"><channel><title>x</title>${many(4, item).join('')}</channel></rss>`)
    ).lists[0]!;
    assert.deepEqual(
      [rss.path, rss.keys[0]!.path, rss.cursors[0]!.path, rss.order?.newestFirst],
      ['rss.channel.item', 'guid[0]._', 'pubDate[0]', true],
    );
    assert.deepEqual(rss.reasons, [{ code: 'rss', values: { count: 4, name: 'item' } }]);
    const entry = (i: number) =>
      `<entry><id>urn:${i}</id><updated>${day(i)}</updated><link href="/${i}"/></entry>`;
    const atom = (
      await xml(`<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id>${many(3, entry).join('')}</feed>`)
    ).lists[0]!;
    assert.deepEqual(
      [atom.path, atom.keys[0]!.path, atom.versions[0]!.path],
      ['feed.entry', 'id[0]', 'updated[0]'],
    );
    const rdf = (
      await xml(
        `<rdf:RDF xmlns:rdf="r"><channel/><item rdf:about="a"><link>a</link></item><item rdf:about="b"><link>b</link></item></rdf:RDF>`,
      )
    ).lists[0]!;
    assert.equal(rdf.path, 'rdf:RDF.item');
    const order = (i: number) => `<Order No="${i}"><OrderId>o${i}</OrderId><Total>1</Total></Order>`;
    const orders = (await xml(`<Export><Orders>${many(3, order).join('')}</Orders></Export>`)).lists[0]!;
    assert.deepEqual([orders.path, orders.keys[0]!.path], ['Export.Orders.Order', 'OrderId[0]']);
    const one = (await xml('<rss><channel><item><guid>1</guid></item></channel></rss>')).lists[0]!;
    assert.deepEqual([one.path, one.count], ['rss.channel.item', 1]);
  });

  it('finds no list where there is none', async () => {
    for (const body of [null, undefined, 'text', 5, true, {}, { a: { b: 1 } }, Buffer.from('x')]) {
      assert.deepEqual((await of(body)).lists, []);
    }
  });

  it('never throws, whatever the answer is, and suggests only paths that lead to records', async () => {
    const key = fc.oneof(
      fc.string(),
      fc.constantFrom('id', 'items', 'data', '__proto__', 'constructor', 'a.b', 'updated_at'),
    );
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        fc.oneof(
          fc.string(),
          fc.integer(),
          fc.double(),
          fc.boolean(),
          fc.constant(null),
          fc.constant(2 ** 60),
          fc.constant(day(3)),
        ),
        fc.array(tie('value')),
        fc.dictionary(key, tie('value')),
      ),
    }));
    await fc.assert(
      fc.asyncProperty(value, fc.boolean(), async (body, isXml) => {
        const { lists } = await of(body, { isXml });
        for (const { path, count, keys } of lists) {
          assert.equal(recordsIn(body, path, isXml).length, count);
          assert(keys.length > 0);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('looks into large answers in a moment', async () => {
    const wide = Object.fromEntries(many(300, (i) => [`p${i}`, i]));
    const body = { data: many(5000, (id) => ({ id, ...wide, list: many(3, (x) => ({ x })) })) };
    const began = performance.now();
    assert.equal((await of(body)).lists[0]!.keys[0]!.path, 'id');
    const elapsed = performance.now() - began;
    assert(elapsed < 3000, `${elapsed} ms`);
  });
});

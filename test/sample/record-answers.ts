/** Lists as known APIs give them, and what is to be suggested for them. */

/** So many of what `make` makes. */
export const many = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));
/** A time of that day. */
export const day = (index: number) => `2026-03-${String(index + 1).padStart(2, '0')}T10:00:00Z`;

export interface Expected {
  path: string;
  key: string;
  /** '' for the whole record. */
  version?: string;
  cursor?: string;
  newestFirst?: boolean;
}

/** Answers in the style of known APIs; the data is invented. */
export const answers: [string, unknown, Expected][] = [
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

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { decodeBody } from '../../src/exchange/decode';
import { keyed, parseKey } from '../../src/polling/keys';
import { recordsIn } from '../../src/paging/records';
import { suggestRecords } from '../../src/sample/suggest-records';
import { answers, day, many, type Expected } from './record-answers';

const url = 'https://api.test/x';
const of = (body: unknown, own: object = {}) => suggestRecords({ url, headers: {}, body, ...own });
const xml = async (text: string) =>
  of(await decodeBody(Buffer.from(text), 'application/xml', 'xml'), { isXml: true });

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

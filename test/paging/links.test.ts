import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { parseLinks } from '../../src/paging/links';

const vectors = (
  JSON.parse(readFileSync('test/fixtures/rfc-vectors.json', 'utf8')) as {
    linkHeader: { source: string; header: string; next?: string | null }[];
  }
).linkHeader;

const nextOf = (header: string) => parseLinks(header).find(({ rels }) => rels.includes('next'))?.target;

describe('Link header', () => {
  for (const { source, header, next } of vectors) {
    it(`${source}: ${header}`, () => assert.equal(nextOf(header), next ?? undefined));
  }

  it('gives every link with its relations', () => {
    const link = (target: string, rels: string[], anchor?: string) => ({ target, rels, anchor });
    const cases: [string, ReturnType<typeof link>[]][] = [
      ['', []],
      ['nonsense', []],
      ['<a>', [link('a', [])]],
      ['<a>;rel=next,<b>;rel=prev', [link('a', ['next']), link('b', ['prev'])]],
      ['<a>; rel="NEXT  https://x.test/Y"', [link('a', ['next', 'https://x.test/y'])]],
      ['<a> ; rel = "next" ; title="x, <b>; rel=\\"prev\\""', [link('a', ['next'])]],
      // RFC 8288 section 3.3: the first rel counts
      ['<a>; rel=prev; rel=next', [link('a', ['prev'])]],
      ['<a>; rel=next; anchor="#foo"', [link('a', ['next'], '#foo')]],
      ['<a>; crossorigin; rel=next', [link('a', ['next'])]],
      ['<a>; title="open, <b>; rel=next', [link('a', []), link('b', ['next'])]],
      [',, <a>; rel=next ,', [link('a', ['next'])]],
      ['<a?x=1;y=2,3>;;rel=next;', [link('a?x=1;y=2,3', ['next'])]],
      ['<a>; xrel=next; title=rel=next', [link('a', [])]],
    ];
    for (const [header, links] of cases) assert.deepEqual(parseLinks(header), links, header);
  });

  it('reads back what was written, whatever is in a title', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            target: fc.webUrl({ withQueryParameters: true }),
            title: fc.string(),
            next: fc.boolean(),
          }),
        ),
        (links) => {
          const header = links
            .map(({ target, title, next }) => {
              const quoted = title.replace(/["\\]/g, '\\$&');
              return `<${target}>; title="${quoted}"; rel=${next ? '"x next"' : 'prev'}`;
            })
            .join(', ');
          assert.deepEqual(
            parseLinks(header).map(({ target, rels }) => [target, rels.includes('next')]),
            links.map(({ target, next }) => [target, next]),
          );
        },
      ),
    );
  });

  it('takes a time in proportion to a hostile header', () => {
    const began = performance.now();
    for (const part of [
      '<',
      '<a>;',
      '<a>; x="',
      '"',
      ',',
      '<a>,',
      ', <',
      ';x',
      '<a>;rel="\\',
      ' ',
      '<a>; ',
      '<a>,  ',
    ]) {
      parseLinks(part.repeat(16_000 / part.length));
      parseLinks(`<a>${part.repeat(16_000 / part.length)}`);
      parseLinks(`<a>;x="${part.repeat(16_000 / part.length)}`);
    }
    assert.ok(performance.now() - began < 2000, `${performance.now() - began} ms`);
  });
});

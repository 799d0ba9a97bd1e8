import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  parseDictionary,
  parseItem,
  parseList,
  serialiseMember,
  type BareItem,
  type Member,
} from '../../../src/webhook/verification/structured-fields';
import { publicSuite } from '../../support/public-suites';

interface Case {
  name: string;
  raw: string[];
  header_type: 'item' | 'list' | 'dictionary';
  expected?: unknown;
  must_fail?: boolean;
  can_fail?: boolean;
  canonical?: string[];
}
const suite = publicSuite<{ suites: Record<string, Case[]> }>(
  'RFC 9651 structured fields',
  'structured-fields-rfc9651.json',
);

const parsers = {
  item: (text: string) => parseItem(text),
  list: (text: string) => parseList(text),
  dictionary: (text: string) => parseDictionary(text),
};

/** As the suite writes what was read. */
function shown(value: Member | Member[] | Map<string, Member>): unknown {
  if (Array.isArray(value)) return value.map(shown);
  if (value instanceof Map) return [...value].map(([key, member]) => [key, shown(member)]);
  const parameters = [...value.parameters].map(([key, item]) => [key, bare(item)]);
  return 'items' in value ? [value.items.map(shown), parameters] : [bare(value.item), parameters];
}

function bare(item: BareItem): unknown {
  const { type, value } = item;
  if (type === 'binary') return { __type: 'binary', value: base32(value) };
  if (type === 'token' || type === 'date') return { __type: type, value };
  return type === 'display-string' ? { __type: 'displaystring', value } : value;
}

/** RFC 4648 section 6. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{1,5}/g) ?? []).map(
    (five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[parseInt(five.padEnd(5, '0'), 2)],
  );
  return letters.join('').padEnd(Math.ceil(letters.length / 8) * 8, '=');
}

function written(value: Member | Member[] | Map<string, Member>): string {
  if (Array.isArray(value)) return value.map(serialiseMember).join(', ');
  if (!(value instanceof Map)) return serialiseMember(value);
  return [...value]
    .map(([key, member]) => {
      const text = serialiseMember(member);
      return 'item' in member && member.item.value === true ? key + text.slice(2) : `${key}=${text}`;
    })
    .join(', ');
}

describe('webhook/verification/structured-fields', () => {
  for (const [file, cases] of Object.entries(suite?.suites ?? {})) {
    it(`${file}: ${cases.length} cases of RFC 9651`, () => {
      for (const { name, raw, header_type, expected, must_fail, can_fail, canonical } of cases) {
        const text = raw.join(', ');
        const parse = () => parsers[header_type](text);
        if (must_fail) {
          assert.throws(parse, SyntaxError, name);
          continue;
        }
        let value;
        try {
          value = parse();
        } catch (error) {
          assert(can_fail && error instanceof SyntaxError, `${name}: ${String(error)}`);
          continue;
        }
        assert.deepEqual(shown(value), expected, name);
        assert.equal(written(value), (canonical ?? raw).join(', '), name);
      }
    });
  }

  it('fails with a SyntaxError or not at all, in a time that grows with the text', () => {
    const text = fc.string({ unit: fc.constantFrom(...'()";=:,?@%*.- \\aA19'), maxLength: 60 });
    fc.assert(
      fc.property(text, (any) => {
        for (const parse of Object.values(parsers)) {
          try {
            parse(any);
          } catch (error) {
            assert(error instanceof SyntaxError);
          }
        }
      }),
      { numRuns: 2000 },
    );
    const started = process.cpuUsage();
    for (const piece of ['a;', '(', '("a" ', '"', 'a=1,', '1', ':', ' ', '\\']) {
      try {
        parseDictionary(`x=${piece.repeat(100_000)}`);
      } catch {
        // what counts is how soon
      }
    }
    assert(process.cpuUsage(started).user < 3_000_000);
  });
});

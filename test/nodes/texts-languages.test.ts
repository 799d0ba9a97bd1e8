/**
 * The texts of the nodes in every language of the package: nothing missing, nothing left over, nothing left in English,
 * and the same placeholders, tags and code as the English ones. `texts.test.ts` looks at what uses them.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');
const types = ['http-connection', 'polling-trigger', 'send-request', 'webhook-trigger'];

/** Words that stand as in English in every language: names, units, types of values, addresses of examples. */
const sameEverywhere = words(`
  Amazon Atom Azure Base64 Bearer CloudEvents cURL Entra GitHub GraphQL Hex JSONata KiB kB MiB Microsoft ms Mustache
  Multipart Node-RED OAuth Offset Payload Token Web Services JSON Vianet Standard Webhooks Message Signatures
  any array boolean number object string http proxy tls-config http-connection
  api.example.com arn aws Authorization https msg.payload orders sns updated_at
`);
/** Words that happen to be the same in one language, or that people who speak it use. */
const sameIn: Record<string, Set<string>> = {
  de: words(`
    Audience Audiences Body Burst Bytes China Claims Client Cloud Cookies Cursor Details Handshake Header Hosts In Limits
    Login Name Parameter Proxy Query Rate Region Scope Secret Secrets Start Status Subject Tag Template
    Templates Test Text Topic Transport Version
  `),
  ja: words(''),
  'zh-CN': words(''),
};

function words(text: string): Set<string> {
  return new Set(text.trim().toLowerCase().split(/\s+/));
}

type Texts = Record<string, string>;

function read(type: string, file: string): string {
  return readFileSync(join(root, 'nodes', type, 'locales', file), 'utf8');
}

function textsOf(type: string, language: string): Texts {
  const sections = JSON.parse(read(type, `${language}.json`)) as Record<string, Texts>;
  return Object.fromEntries(
    Object.entries(sections).flatMap(([section, texts]) =>
      Object.entries(texts).map(([key, text]) => [`${section}.${key}`, text]),
    ),
  );
}

const code = /<(code|kbd)>(.*?)<\/\1>/gs;
const placeholder = /__\w+__|\{+[#/]?[a-z]\w*(?:[.:]\w+)*\}+/gi;

/** The one word in braces that is prose. */
const prosePlaceholder = /\{\{(?:placeholders|Platzhalter|\P{ASCII}+)\}\}/gu;

/** What a translation has to keep of a text: its placeholders, tags and code, in any order. */
function keptOf(text: string): string[] {
  const codes = [...text.matchAll(code)].map(([whole]) => whole.replaceAll(prosePlaceholder, '{{…}}'));
  const rest = text.replaceAll(code, '');
  const tags = rest.match(/<[^>]+>/g) ?? [];
  return [...codes, ...tags, ...(rest.match(placeholder) ?? [])].sort();
}

/** Whether words stand as in English that are neither names nor the same in that language. */
function leftInEnglish(english: string, translated: string, language: string): boolean {
  if (english.trim() !== translated.trim()) return false;
  const prose = english
    .replaceAll(code, ' ')
    .replaceAll(/<[^>]+>|&\w+;/g, ' ')
    .replaceAll(placeholder, ' ');
  const known = (word: string): boolean =>
    /^[\p{Lu}\d_-]+$/u.test(word) ||
    [sameEverywhere, sameIn[language]!].some((same) => same.has(word.toLowerCase()));
  return (prose.match(/\p{L}[\p{L}\d_.-]*[\p{L}\d]/gu) ?? []).some((word) => !known(word));
}

interface Block {
  /** The tag that begins it, attributes included: `<dt class="optional">`. */
  readonly tag: string;
  /** What follows up to the next tag of a block. */
  readonly content: string;
}

function blocksOf(help: string): Block[] {
  const pieces = help.split(/(<\/?(?:script|p|dl|dt|dd|ul|ol|li|h3|h4|table|thead|tbody|tr|th|td)\b[^>]*>)/);
  return pieces.flatMap((tag, at) => (at % 2 === 1 ? [{ tag, content: pieces[at + 1]!.trim() }] : []));
}

const nameOf = (content: string): string => content.replace(/<span.*/s, '').trim();

/** Names of fields and buttons in a help text's block: what a dt lists, and what is emphasized. */
function namesIn(block: Block): string[] {
  const names = [...block.content.matchAll(/<em>(.*?)<\/em>/g)].map(([, name]) => name!);
  return block.tag.startsWith('<dt') ? [...names, ...nameOf(block.content).split(/, |: /)] : names;
}

describe('nodes/texts in other languages', () => {
  for (const language of Object.keys(sameIn)) {
    for (const type of types) {
      it(`${language}: ${type} says all that the English texts say`, () => {
        const english = textsOf(type, 'en-US');
        const texts = textsOf(type, language);
        const lacks = (those: Texts, these: Texts): string[] =>
          Object.keys(those).filter((key) => !(key in these));
        assert.deepEqual(
          { missing: lacks(english, texts), leftOver: lacks(texts, english) },
          { missing: [], leftOver: [] },
        );

        const keys = Object.keys(english);
        const changed = keys.flatMap((key) => {
          const [wanted, kept] = [keptOf(english[key]!), keptOf(texts[key]!)].map((pieces) =>
            pieces.join(' '),
          );
          return kept === wanted ? [] : [{ key, wanted, kept }];
        });
        assert.deepEqual(changed, [], 'placeholders, tags and code');
        assert.deepEqual(
          keys.filter((key) => key !== 'label.node' && leftInEnglish(english[key]!, texts[key]!, language)),
          [],
          'left in English',
        );
        assert.deepEqual(
          keys.filter((key) => (english[key] === '') !== (texts[key]!.trim() === '')),
          [],
          'empty',
        );
      });

      it(`${language}: the help of ${type} is the English one, translated`, () => {
        const english = blocksOf(read(type, 'en-US.html'));
        const blocks = blocksOf(read(type, `${language}.html`));
        const outline = (of: Block[]): string[] => of.map(({ tag }) => tag);
        assert.deepEqual(outline(blocks), outline(english), 'the tags, in their order');
        const pairs = english.map((block, at) => [block, blocks[at]!] as const);
        for (const [of, block] of pairs) {
          assert.deepEqual(keptOf(block.content), keptOf(of.content), `inside “${block.content}”`);
        }

        // Before the details, a dt is a property of the message: its name is the same in every language.
        const details = english.findIndex(({ content }) => content === 'Details');
        const property = ({ tag }: Block, at: number): boolean => at < details && tag.startsWith('<dt');
        for (const [at, [of, block]] of pairs.entries()) {
          if (property(of, at)) assert.equal(nameOf(block.content), nameOf(of.content));
        }
        assert.deepEqual(
          pairs
            .filter(([of], at) => !property(of, at))
            .filter(([of, { content }]) => leftInEnglish(of.content, content, language))
            .map(([of]) => of.content),
          [],
          'left in English',
        );

        // A field or a button is called in the help as the dialog calls it.
        const texts = textsOf(type, language);
        const wanted = new Map<string, Set<string>>();
        for (const [key, text] of Object.entries(textsOf(type, 'en-US'))) {
          wanted.set(text, (wanted.get(text) ?? new Set()).add(texts[key]!));
        }
        const strangers = pairs.flatMap(([of, { content }], at) =>
          property(of, at)
            ? []
            : namesIn(of)
                .filter(
                  (name) =>
                    wanted.has(name) && ![...wanted.get(name)!].some((text) => content.includes(text)),
                )
                .map((name) => `${name}: ${[...wanted.get(name)!].join(' | ')} is not in “${content}”`),
        );
        assert.deepEqual(strangers, [], 'names of the dialog');
      });
    }
  }

  for (const language of Object.keys(sameIn)) {
    it(`${language}: the same in every dialog where the English texts are`, () => {
      const known = new Map<string, string>();
      for (const type of types) {
        const english = textsOf(type, 'en-US');
        for (const [key, text] of Object.entries(textsOf(type, language))) {
          const said = `${key}: ${english[key]}`;
          if (!known.has(said)) known.set(said, text);
          assert.equal(text, known.get(said), `${type}: ${key}`);
        }
      }
    });
  }
});

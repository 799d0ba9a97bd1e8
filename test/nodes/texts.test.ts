/** The texts of the nodes: none missing, none left over, and the same words for what the dialogs share. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { buildSync } from 'esbuild';

const root = join(__dirname, '..', '..');
const types = ['http-connection', 'polling-trigger', 'send-request', 'webhook-trigger'];

type Texts = Record<string, string>;

function textsOf(type: string): Texts {
  const file = join(root, 'nodes', type, 'locales', 'en-US.json');
  const sections = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  return Object.fromEntries(
    Object.entries(sections).flatMap(([section, texts]) =>
      Object.entries(texts).map(([key, text]) => [`${section}.${key}`, text]),
    ),
  );
}

/** Everything that may use a node's texts: its dialog, what its editor is bundled from, and its runtime. */
function sourceOf(type: string): string {
  const folder = join(root, 'nodes', type);
  const { metafile } = buildSync({
    entryPoints: [join(folder, 'editor.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    metafile: true,
  });
  const bundled = Object.keys(metafile.inputs).filter((file) => file.startsWith('nodes/'));
  const runtime = [join('nodes', type), join('nodes', 'runtime')].flatMap((below) =>
    readdirSync(join(root, below))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(below, file)),
  );
  return [...new Set([...bundled, ...runtime, join('nodes', type, 'editor.html')])]
    .map((file) => readFileSync(join(root, file), 'utf8'))
    .join('\n');
}

/** Keys that stand in a source: `t('a.b')`, `data-i18n="[placeholder]a.b"`; `t(\`a.${…}\`)` is the section `a`. */
function usesOf(source: string): { keys: Set<string>; sections: Set<string> } {
  const keys = [
    ...source.matchAll(/\b(?:t|say|label: t|needed\.call)\([^)]*?'(\w+\.\w+)'/g),
    ...source.matchAll(/data-i18n="(?:\[[\w-]+\])?(\w+\.\w+)"/g),
    ...source.matchAll(/\?\s*'(\w+\.\w+)'\s*:\s*'\w+\.\w+'/g),
    ...source.matchAll(/:\s*'(error\.\w+)'/g),
    ...source.matchAll(/\b(?:label|hint|missing|heading|empty): '(\w+\.\w+)'/g),
    ...source.matchAll(/\['(label\.\w+)',/g),
    ...source.matchAll(/http-connector\/[\w-]+:(\w+\.\w+)/g),
  ].map(([, key]) => key!);
  const sections = [...source.matchAll(/(?:\bt\(`|:)(\w+)\.\$\{/g)].map(([, section]) => section!);
  if (source.includes('data-nrhc-tab=')) sections.push('tab');
  return { keys: new Set(keys), sections: new Set(sections) };
}

describe('nodes/texts', () => {
  for (const type of types) {
    it(`of ${type} are all there and all used`, () => {
      const texts = textsOf(type);
      const source = sourceOf(type);
      const { keys, sections } = usesOf(source);
      assert.deepEqual(
        [...keys].filter((key) => !(key in texts)),
        [],
        'missing',
      );
      const unused = Object.keys(texts).filter(
        (key) => !source.includes(key) && !sections.has(key.split('.')[0]!),
      );
      assert.deepEqual(unused, [], 'unused');
    });
  }

  it('say the same in every dialog where they come from a shared control', () => {
    const known: Texts = {};
    for (const type of types) {
      for (const [key, text] of Object.entries(textsOf(type))) {
        if (!key.startsWith('table.') && key !== 'label.name' && key !== 'label.connection') continue;
        assert.equal(text, (known[key] ??= text), `${type}: ${key}`);
      }
    }
  });
});

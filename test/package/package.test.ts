/**
 * The package as a user gets it: what is in the tarball, that the palette manager's way of installing takes it on every
 * Node we claim, and how much it brings along.
 */
import assert from 'node:assert/strict';
import { lstatSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { publint } from 'publint';
import manifest from '../../package.json';
import { nodeBinary, npm, pack, root, run, type Packed } from './tarball';

/** The oldest that we claim, the project's own (24), and the newest line. */
const otherNodes = ['22.13.0', '26.10.0'];

const mostPackages = 60;
const mostBytes = 15 * 1024 * 1024;

function sizeOf(path: string): number {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}

describe('package/the tarball', function () {
  this.timeout(120_000);
  let packed: Packed;
  let files: string[];

  before(async () => {
    packed = await pack();
    const { stdout } = await run('tar', ['-tzf', packed.tarball]);
    files = stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
  });
  after(() => packed.dispose());

  it('holds what a user needs', () => {
    const types = Object.keys(manifest['node-red'].nodes);
    const needed = [
      ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
      ...types.flatMap((type) =>
        [
          `${type}.js`,
          `${type}.html`,
          `icons/${type}.svg`,
          ...['en-US', 'de', 'ja', 'zh-CN'].flatMap((language) =>
            ['json', 'html'].map((extension) => `locales/${language}/${type}.${extension}`),
          ),
        ].map((file) => `dist/nodes/${type}/${file}`),
      ),
    ];
    assert.deepEqual(
      needed.filter((file) => !files.includes(file)),
      [],
    );
    assert.ok(files.some((file) => /^examples\/.+\.json$/.test(file)));
  });

  it('holds nothing else', () => {
    const welcome = [
      /^(package\.json|README\.md|LICENSE|CHANGELOG\.md)$/,
      /^dist\/(src|nodes)\/.+\.js$/,
      /^dist\/nodes\/[^/]+\/([^/]+\.html|icons\/[^/]+\.svg|locales\/[^/]+\/[^/]+\.(json|html))$/,
      /^examples\/.+\.json$/,
    ];
    assert.deepEqual(
      files.filter((file) => !welcome.some((pattern) => pattern.test(file))),
      [],
    );
  });

  it('has nothing for publint to say', async () => {
    const tarball = new Uint8Array(readFileSync(packed.tarball)).buffer;
    const { messages } = await publint({ strict: true, pack: { tarball } });
    assert.deepEqual(messages, []);
  });

  it('loads next to nothing before there is a node or a question of the editor', async () => {
    const entries = Object.values(manifest['node-red'].nodes).map((file) => join(root, file));
    const script = `
      const app = { use() {} };
      const RED = { httpAdmin: app, nodes: { registerType() {} }, events: { on() {} }, auth: {}, log: {} };
      for (const file of ${JSON.stringify(entries)}) require(file)(RED);
      console.log(JSON.stringify(Object.keys(require.cache)));`;
    const { stdout } = await run(process.execPath, ['-e', script]);
    const loaded = (JSON.parse(stdout) as string[]).map((file) =>
      relative(join(root, 'dist', 'nodes'), file),
    );
    const welcome = /^[\w-]+\/[\w-]+\.js$/;
    assert.deepEqual(
      loaded.filter((file) => !welcome.test(file)),
      [],
      'nothing of the engine, no dependency',
    );
    assert.ok(loaded.length <= 12, loaded.join());
  });

  for (const version of [undefined, ...otherNodes]) {
    it(`installs and loads on Node ${version ?? process.versions.node}`, async () => {
      const node = version === undefined ? process.execPath : await nodeBinary(version);
      const place = mkdtempSync(join(packed.folder, 'user-'));
      // As the palette manager does it.
      const flags = ['--omit=dev', '--engine-strict', '--save', '--save-prefix=~', '--prefer-offline'];
      await npm(node, place, 'install', '--prefix', place, ...flags, packed.tarball);

      const installed = join(place, 'node_modules', manifest.name);
      const entries = Object.values(manifest['node-red'].nodes).map((file) => join(installed, file));
      const script = `
        const kinds = ${JSON.stringify(entries)}.map((file) => {
          const entry = require(file);
          return typeof (entry.default ?? entry);
        });
        console.log(JSON.stringify({ version: process.versions.node, kinds }));`;
      const { stdout } = await run(node, ['-e', script], { cwd: place });
      assert.deepEqual(JSON.parse(stdout), {
        version: version ?? process.versions.node,
        kinds: entries.map(() => 'function'),
      });

      const { packages } = JSON.parse(
        readFileSync(join(place, 'node_modules', '.package-lock.json'), 'utf8'),
      ) as {
        packages: Record<string, { hasInstallScript?: boolean }>;
      };
      const withScript = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);
      assert.deepEqual(withScript, [], 'nothing runs at install');
      const count = Object.keys(packages).length;
      assert.ok(count <= mostPackages, `${count} packages`);
      const bytes = sizeOf(join(place, 'node_modules'));
      assert.ok(bytes <= mostBytes, `${(bytes / 1024 / 1024).toFixed(1)} MiB installed`);
    });
  }
});

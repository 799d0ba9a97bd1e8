/**
 * The package as a user gets it: what is in the tarball, that the palette manager's way of installing takes it on every
 * Node we claim, and how much it brings along.
 */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { arch, platform, tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import manifest from '../../package.json';

const root = resolve(__dirname, '..', '..');
/** The oldest that we claim, the project's own (24), and the newest line. */
const otherNodes = ['22.13.0', '26.10.0'];
/** Node.js releases come from npm as packages, as the project's own does; kept here for the next run. */
const cache = join(__dirname, '.cache');

const mostPackages = 60;
const mostBytes = 15 * 1024 * 1024;

const run = promisify(execFile);

/** npm, below the Node of our choice, without what an npm around us says about its own project. */
function npm(node: string | undefined, cwd: string, ...args: string[]): Promise<{ stdout: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_(package|lifecycle|config_local_prefix|config_prefix)/.test(name),
    ),
  );
  if (node) env.PATH = `${dirname(node)}${delimiter}${env.PATH}`;
  return run('npm', [...args, '--no-audit', '--no-fund', '--no-progress', '--loglevel=error'], { cwd, env });
}

async function nodeBinary(version: string): Promise<string> {
  const family = platform() === 'darwin' && arch() === 'arm64' ? 'node-bin' : 'node';
  const name = [family, platform(), arch()].join('-');
  const folder = join(cache, version);
  const binary = join(folder, 'node_modules', name, 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    await npm(
      undefined,
      folder,
      'install',
      '--prefix',
      folder,
      '--ignore-scripts',
      '--prefer-offline',
      `${name}@${version}`,
    );
  }
  return binary;
}

function sizeOf(path: string): number {
  const stats = lstatSync(path);
  if (!stats.isDirectory()) return stats.size;
  return readdirSync(path).reduce((sum, entry) => sum + sizeOf(join(path, entry)), 0);
}

describe('package/the tarball', function () {
  this.timeout(120_000);
  let folder: string;
  let tarball: string;
  let files: string[];

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'package-'));
    // Packed as it was built: `prepack` would build `dist` anew below the tests that use it.
    await npm(undefined, root, 'pack', '--ignore-scripts', '--pack-destination', folder);
    tarball = join(
      folder,
      readdirSync(folder).find((name) => name.endsWith('.tgz'))!,
    );
    const { stdout } = await run('tar', ['-tzf', tarball]);
    files = stdout
      .trim()
      .split('\n')
      .map((name) => name.replace(/^package\//, ''));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('holds what a user needs', () => {
    const types = Object.keys(manifest['node-red'].nodes);
    const needed = [
      ...['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md'],
      ...types.flatMap((type) =>
        [
          `${type}.js`,
          `${type}.html`,
          `icons/${type}.svg`,
          `locales/en-US/${type}.json`,
          `locales/en-US/${type}.html`,
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

  for (const version of [undefined, ...otherNodes]) {
    it(`installs and loads on Node ${version ?? process.versions.node}`, async () => {
      const node = version === undefined ? process.execPath : await nodeBinary(version);
      const place = mkdtempSync(join(folder, 'user-'));
      // As the palette manager does it.
      const flags = ['--omit=dev', '--engine-strict', '--save', '--save-prefix=~', '--prefer-offline'];
      await npm(node, place, 'install', '--prefix', place, ...flags, tarball);

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

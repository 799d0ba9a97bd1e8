import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { NodeAPI } from 'node-red';
import manifest from '../../../package.json';

const root = resolve(__dirname, '..', '..', '..');
const file = require.resolve('../../../nodes/runtime/supported');

/** The module as a runtime loads it: nothing was said yet. */
function fresh() {
  delete require.cache[file];
  const { supported } = require(file) as typeof import('../../../nodes/runtime/supported');
  const said: string[] = [];
  const RED = { log: { error: (sentence: string) => said.push(sentence) } } as unknown as NodeAPI;
  return { said, supported: (version?: string) => supported(RED, version) };
}

/** Node.js of an older line on this machine, if there is one; the project's own is newer. */
function olderNode(): { path: string; version: string } | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/bin', '/usr/local/bin'];
  for (const folder of new Set(folders)) {
    const path = join(folder, 'node');
    if (!existsSync(path)) continue;
    const version = spawnSync(path, ['--version'], { encoding: 'utf8' }).stdout?.trim().slice(1);
    const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
    // older than 20 is older than Node-RED 4.1's own modules
    if (major >= 20 && (major < 22 || (major === 22 && minor < 13))) return { path, version: version };
  }
  return undefined;
}

describe('nodes/runtime/supported', () => {
  for (const version of ['22.13.0', '22.20.1', '23.0.0', '24.0.0', '26.1.0']) {
    it(`Node.js ${version} will do, and nothing is said`, () => {
      const { said, supported } = fresh();
      assert.equal(supported(version), true);
      assert.deepEqual(said, []);
    });
  }

  for (const version of ['18.5.0', '20.20.2', '21.7.3', '22.9.0', '22.12.0']) {
    it(`Node.js ${version} will not, which is said once, in one sentence`, () => {
      const { said, supported } = fresh();
      for (let node = 0; node < 4; node++) assert.equal(supported(version), false);
      assert.deepEqual(said, [
        `node-red-contrib-http-connector needs Node.js 22.13 or newer, and this is ${version}: its nodes are not available.`,
      ]);
    });
  }

  it('goes by the running Node.js, and by what package.json says', () => {
    const { supported } = fresh();
    assert.equal(supported(), true);
    assert.equal(manifest.engines.node, '>=22.13');
  });

  const older = olderNode();
  if (!older) return;

  /** What an old Node.js does: loads the four node files with a RED that only counts. */
  const script = `
    const said = [];
    let types = 0;
    const RED = { log: { error: (text) => said.push(text) }, nodes: { registerType: () => types++ } };
    Promise.all(process.argv.slice(1).map((file) => {
      const loaded = require(file);
      return (loaded.default ?? loaded)(RED);
    })).then(() => console.log(JSON.stringify({ said, types, version: process.versions.node })));
  `;
  const built = Object.values(manifest['node-red'].nodes).map((path) => join(root, path));
  const sources = built.map((path) =>
    path.replace(`${join(root, 'dist')}/`, `${root}/`).replace(/\.js$/, '.ts'),
  );
  const ways: [string, string[], string[]][] = [
    ['sources', ['--require', join(root, 'node_modules', 'tsx', 'dist', 'cjs', 'index.cjs')], sources],
    ...(built.every((path) => existsSync(path))
      ? [['built files', [], built] as [string, string[], string[]]]
      : []),
  ];
  for (const [what, options, files] of ways) {
    it(`the ${what} load on the machine's Node.js ${older.version}, register nothing and say it once`, function () {
      this.timeout(60_000);
      const result = spawnSync(older.path, [...options, '-e', script, ...files], {
        encoding: 'utf8',
        cwd: root,
      });
      assert.equal(result.status, 0, result.stderr);
      const { said, types, version } = JSON.parse(result.stdout) as {
        said: string[];
        types: number;
        version: string;
      };
      assert.equal(version, older.version);
      assert.equal(types, 0);
      assert.equal(said.length, 1);
      assert.match(said[0]!, /needs Node\.js 22\.13 or newer, and this is/);
    });
  }
});

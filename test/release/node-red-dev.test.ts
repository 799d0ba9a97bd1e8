/** The score card that the flow library gives a package (node-red-dev validate), over the files that are published. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { cached, npm, pack, plainEnvironment, run, type Packed } from '../package/tarball';
import { machineRegistry } from '../support/registry';

/** 443 packages, some of them old: not among our own. */
const version = '0.1.6';

/** What it says with a warning only, and why that stays so. */
const accepted: Record<string, string> = {
  D01: 'more than six dependencies: docs/decisions/0012-small-parts.md says what each is for',
  P07: 'Node-RED 5 takes Node.js 22.9, we need 22.13: docs/decisions/0001-node-version.md',
  D03: 'undici stays at 7 for Node.js 22.13, others at the minor version that was looked at',
};
/** Both ask the flow library, which is answered for here, whether another package has a name like ours. */
const notCounted = ['P08', 'N01'];

type Card = Record<string, { test?: boolean; packages?: string[] }>;

describe('release/node-red-dev validate', function () {
  this.timeout(300_000);
  let packed: Packed;
  before(async () => {
    packed = await pack();
  });
  after(() => packed?.dispose());

  it('finds nothing wrong but what was decided', async () => {
    const home = await cached(`node-red-dev-${version}`, `node-red-dev@${version}`);
    const folder = join(packed.folder, 'package');
    mkdirSync(folder);
    await run('tar', ['-xzf', packed.tarball, '-C', packed.folder]);
    await npm(undefined, folder, 'install', '--omit=dev', '--ignore-scripts', '--prefer-offline');
    const card = join(packed.folder, 'card.json');
    const { stdout, stderr } = await run(
      process.execPath,
      [
        ...['--require', join(__dirname, 'flow-library.cjs')],
        join(home, 'node_modules', 'node-red-dev', 'bin', 'run'),
        ...['validate', '--path', folder, '--output', card],
      ],
      {
        cwd: folder,
        env: {
          ...plainEnvironment(),
          NODE_RED_DEV_AXIOS: join(home, 'node_modules', 'axios'),
          NODE_RED_DEV_REGISTRY: await machineRegistry(),
        },
      },
    );
    const said = `${stdout}${stderr}`;
    assert.doesNotMatch(said, /Unable to (parse|read)/, 'it could read every page and example');
    const found = JSON.parse(readFileSync(card, 'utf8')) as Card;
    const results = Object.entries(found).filter(([check]) => /^[PND]\d\d$/.test(check));
    assert.ok(results.length >= 11, `only ${results.length} checks ran\n${said}`);
    const wrong = results.filter(
      ([check, { test }]) => test !== true && !(check in accepted) && !notCounted.includes(check),
    );
    assert.deepEqual(wrong, [], said);
  });
});

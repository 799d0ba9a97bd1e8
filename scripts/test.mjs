/**
 * `npm test`: installs what is missing, builds, checks types and style, and runs every test. The last line is the
 * count. Arguments go to mocha: `npm test -- --grep "redirect"`.
 */
import { spawn, spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { build, install, projectNode, root, run, step, Stop } from './setup.mjs';

/** The suite closes what it opens: after its last line nothing may keep it running for longer than this. */
const lingering = 15_000;

const browsers = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

function browser() {
  const wanted = process.env.CHROMIUM;
  return (wanted ? [wanted] : browsers).find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Whether a command can be run. */
function has(command) {
  return !spawnSync(command, ['--version'], { stdio: 'ignore' }).error;
}

/** Chromium and Redis, which npm does not bring: installed where that is ours to do, else asked for. */
async function systemParts() {
  const missing = [
    ...(browser() || process.env.CHROMIUM ? [] : ['chromium']),
    ...(has('redis-server') ? [] : ['redis-server']),
  ];
  const debianRoot = existsSync('/etc/debian_version') && process.getuid?.() === 0;
  if (missing.length > 0 && debianRoot) {
    await step(`install ${missing.join(' and ')}`, async () => {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['update', '-qq'], { env });
      await run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing], { env });
    });
  }
  const found = browser();
  if (!found) {
    throw new Stop(
      'The browser tests need Chromium or Chrome: install it (Debian: `apt-get install chromium`), or say where it is in the environment variable CHROMIUM.',
    );
  }
  if (!has('redis-server')) {
    throw new Stop(
      'The tests of state in Redis need redis-server: install it (Debian: `apt-get install redis-server`, macOS: `brew install redis`). It need not run.',
    );
  }
  process.env.CHROMIUM = found;
}

/**
 * Runs mocha. A suite that does not end by itself has failed.
 *
 * @param live its output is shown as it comes; otherwise it is in the result
 * @returns its exit code, its counts, and what it wrote
 */
function mocha(args, live) {
  const color = process.stdout.isTTY ? '--color' : '--no-color';
  const forbidOnly = process.env.CI ? ['--forbid-only'] : [];
  const child = spawn(
    projectNode,
    [join('node_modules', 'mocha', 'bin', 'mocha.js'), color, ...forbidOnly, ...args],
    { cwd: root, stdio: ['ignore', 'pipe', live ? 'inherit' : 'pipe'] },
  );
  process.once('SIGTERM', () => child.kill('SIGTERM'));
  let output = '';
  let guard;
  const hear = (chunk) => {
    output += chunk;
    if (live) process.stdout.write(chunk);
    if (!guard && /^\d+ passed, \d+ failed$/m.test(output.slice(-200))) {
      guard = setTimeout(() => {
        console.error(
          `The suite did not end by itself ${lingering / 1000} s after its last test: something is still open.`,
        );
        child.kill('SIGKILL');
      }, lingering);
    }
  };
  child.stdout.on('data', hear);
  child.stderr?.on('data', hear);
  return new Promise((done) => {
    child.once('close', (code) => {
      clearTimeout(guard);
      const [, passed = 0, failed = 0] = /^(\d+) passed, (\d+) failed$/m.exec(output.slice(-200)) ?? [];
      done({ code: code ?? 1, passed: Number(passed), failed: Number(failed), output });
    });
  });
}

/** Everything, side by side: the rest, and what needs a browser in two halves, which wait most of the time. */
async function everything() {
  const files = readdirSync(join(root, 'test', 'browser')).filter((file) => file.endsWith('.test.ts'));
  const halves = [0, 1].map((half) => files.filter((_, index) => index % 2 === half));
  const ignoring = (...patterns) => patterns.flatMap((pattern) => ['--ignore', pattern]);
  const [others, ...browsers] = await Promise.all([
    mocha(ignoring('test/browser/**'), true),
    ...halves.map((_, half) =>
      mocha(ignoring('test/!(browser)/**', ...halves[1 - half].map((file) => `test/browser/${file}`)), false),
    ),
  ]);
  for (const { output } of browsers) console.log(`── in a browser\n${output}`);
  const all = [others, ...browsers];
  const sum = (count) => all.reduce((total, run) => total + run[count], 0);
  console.log(`${sum('passed')} passed, ${sum('failed')} failed`);
  return all.find(({ code }) => code !== 0)?.code ?? 0;
}

async function main() {
  const started = Date.now();
  await systemParts();
  await install();
  await install('test/node-red-4');
  await build();
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  await step('types of the tests', () => run(projectNode, [tsc, '-p', 'tsconfig.test.json']));
  await step('lint', () => run('npm', ['run', '--silent', 'lint']));
  console.log(`── tests (everything before them took ${((Date.now() - started) / 1000).toFixed(1)} s)`);
  const args = process.argv.slice(2);
  return args.length > 0 ? (await mocha(args, true)).code : everything();
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error) => {
    console.error(error instanceof Stop ? error.message : error.stack);
    process.exitCode = 1;
  },
);

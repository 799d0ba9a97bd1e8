/**
 * What `npm start` and `npm test` have in common: install and build, each only when there is something to do.
 *
 * Plain JavaScript with Node's built-ins, because it runs before anything is installed, on whatever Node the machine has.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(fileURLToPath(import.meta.url), '..', '..');

/** The Node that the project brings along, whatever the machine has. */
export const projectNode = join(root, 'node_modules', '.bin', 'node');

/** A reason to stop that a person can act on: shown as a sentence, without a stack. */
export class Stop extends Error {}

/** Runs a command with its output shown, and ends it when this process is told to end. */
export async function run(command, args, { cwd = root, env = process.env } = {}) {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const told = (signal) => child.kill(signal);
  process.once('SIGTERM', told);
  process.once('SIGINT', told);
  try {
    const { code, signal } = await new Promise((done, fail) => {
      child.once('error', (error) => fail(new Stop(`\`${command}\` cannot be run: ${error.message}`)));
      child.once('close', (code, signal) => done({ code, signal }));
    });
    if (code !== 0) {
      const line = [command, ...args].join(' ').replaceAll(join(root, '/'), '');
      throw new Stop(`\`${line}\` ended with ${signal ?? code}.`);
    }
  } finally {
    process.off('SIGTERM', told);
    process.off('SIGINT', told);
  }
}

/** Names a step, does it, says how long it took. */
export async function step(name, work) {
  const started = Date.now();
  console.log(`── ${name}`);
  await work();
  console.log(`── ${name}: ${((Date.now() - started) / 1000).toFixed(1)} s\n`);
}

/**
 * The environment for an install: the machine's own Node, because `npm ci` removes the one in node_modules while it
 * runs, and none of what an outer npm says about its own project.
 */
function outsideEnvironment() {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (/^npm_(package|lifecycle|config_local_prefix|config_prefix|node_execpath|command)/.test(name))
      delete env[name];
  }
  env.PATH = (env.PATH ?? '')
    .split(delimiter)
    .filter((folder) => !folder.endsWith(join('node_modules', '.bin')))
    .join(delimiter);
  return env;
}

/** Runs `npm ci` in a folder of the project when what is installed there is not what its lock file says. */
export async function install(folder = '') {
  const place = join(root, folder);
  const lockFile = join(place, 'package-lock.json');
  const installed = join(place, 'node_modules');
  const stamp = join(installed, '.lock-hash');
  const hash = createHash('sha256').update(readFileSync(lockFile)).digest('hex');
  if (!upToDate(lockFile, installed, stamp, hash)) {
    await step(`install${folder && ` ${folder}`}`, () =>
      run('npm', ['ci', '--no-progress', '--loglevel=error'], { cwd: place, env: outsideEnvironment() }),
    );
  }
  writeFileSync(stamp, hash);
  if (!existsSync(projectNode)) {
    throw new Stop(
      'node_modules/.bin/node is missing: npm did not run the install script of the package `node`. Run `npm rebuild node` with install scripts allowed.',
    );
  }
}

function upToDate(lockFile, installed, stamp, hash) {
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return true;
  // Installed by hand: npm writes its own copy of the lock file last, within moments of the first.
  const record = join(installed, '.package-lock.json');
  return existsSync(record) && statSync(record).mtimeMs + 5000 > statSync(lockFile).mtimeMs;
}

/** Builds `dist/` when a source is newer than what was built last. */
export async function build() {
  const sources = [
    'nodes',
    'src',
    'icons',
    'scripts/build.ts',
    'package.json',
    'tsconfig.json',
    'tsconfig.editor.json',
  ];
  const newest = Math.max(...sources.map((source) => newestChange(join(root, source))));
  // The build writes the nodes' pages last, one for each node type.
  const { 'node-red': declared } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const pages = Object.values(declared.nodes).map((file) => join(root, file.replace(/\.js$/, '.html')));
  const oldest = Math.min(...pages.map((page) => (existsSync(page) ? statSync(page).mtimeMs : 0)));
  if (oldest > newest) return;
  await step('build', () => run('npm', ['run', '--silent', 'build']));
}

/** Folders count too: that is how a removed file shows. */
function newestChange(path) {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (!stats) return 0;
  if (!stats.isDirectory()) return stats.mtimeMs;
  return Math.max(stats.mtimeMs, ...readdirSync(path).map((entry) => newestChange(join(path, entry))));
}

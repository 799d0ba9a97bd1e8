/**
 * `npm start`: installs, builds, and shows the nodes at work in a real Node-RED beside a small shop.
 *
 * Two processes run below this one, the shop and Node-RED, and end with it. A shop that dies comes back after a while, so
 * that one can see what the flow makes of it. Everything they write is kept in
 * `.demo/*.log`; the terminal shows the events, warnings and errors.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  createWriteStream,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { build, install, projectNode, root, Stop } from './setup.mjs';

const demo = join(root, 'scripts', 'demo');
/** Made anew at each start; a test has its own. */
const userDir = process.env.DEMO_DIR ?? join(root, '.demo');
/** Node-RED gives its nodes 15 s to close. */
const patience = 20_000;

/** How long a shop that died stays away: long enough to look at the editor. */
const away = 15_000;

/** Said at every start, and meant so. */
const expected = /^(Projects disabled|Using unencrypted credentials)/;

const children = [];
let ending;
/** What waits to be done, and is not when all ends. */
let onEnd = () => {};

/** Starts a process that ends when this one does; its output goes to a log file, line by line to `onLine`. */
function launch(name, args, env, { onLine = () => {}, onGone = endAll } = {}) {
  const log = createWriteStream(join(userDir, `${name}.log`), { flags: 'a' });
  const child = spawn(projectNode, args, {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    // A group of its own: Ctrl-C reaches this process only, which then ends the children in order.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => {
      log.write(`${line}\n`);
      onLine(line);
    });
  }
  const gone = new Promise((done) => {
    child.once('error', (error) => done(`${name} cannot be started: ${error.message}`));
    child.once('close', (code, signal) => done(`${name} ended by itself (${signal ?? `exit code ${code}`})`));
  });
  const entry = { child, gone };
  children.push(entry);
  void gone.then((reason) => {
    log.end();
    children.splice(children.indexOf(entry), 1);
    onGone(`${reason}. What it said last is in ${shown(`${name}.log`)}.`);
  });
  return child;
}

function endAll(reason) {
  void end(1, reason);
}

/** Ends the children, then this process, which has nothing left to wait for. The first reason counts. */
function end(code, reason) {
  ending ??= (async () => {
    if (reason) console.error(`\n${reason}`);
    onEnd();
    for (const { child } of children) child.kill('SIGTERM');
    const force = setTimeout(killAll, patience);
    await Promise.all(children.map(({ gone }) => gone));
    clearTimeout(force);
    process.exitCode = code;
    if (code === 0) console.log('\nEverything has ended.');
  })();
  return ending;
}

function killAll() {
  for (const { child } of children) child.kill('SIGKILL');
}

function told() {
  if (ending) killAll();
  else void end(0);
}

/** npm passes SIGTERM on, but not that it was killed itself. */
function endWithNpm() {
  if (!process.env.npm_lifecycle_event) return;
  const npm = process.ppid;
  setInterval(() => {
    if (process.ppid !== npm) void end(0);
  }, 1000).unref();
}

/** The port asked for, or any other when it is taken. */
async function freePort(wanted) {
  for (const port of [wanted, 0]) {
    const found = await new Promise((done, fail) => {
      const probe = createServer();
      probe.once('error', (error) => (error.code === 'EADDRINUSE' ? done(undefined) : fail(error)));
      probe.listen(port, '127.0.0.1', () => {
        const { port: free } = probe.address();
        probe.close(() => done(free));
      });
    });
    if (found !== undefined) return found;
  }
  throw new Stop('There is no free port on 127.0.0.1.');
}

/** A fresh user directory in which this checkout is installed as `npm link` would do it. */
function prepareUserDir() {
  rmSync(userDir, { recursive: true, force: true });
  const name = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).name;
  mkdirSync(join(userDir, 'node_modules'), { recursive: true });
  symlinkSync(root, join(userDir, 'node_modules', name), 'dir');
  const manifest = { name: 'demo', private: true, dependencies: { [name]: 'file:..' } };
  writeFileSync(join(userDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  for (const file of ['flows.json', 'flows_cred.json']) cpSync(join(demo, file), join(userDir, file));
}

/** A file of the user directory, as one would type it. */
function shown(file) {
  return relative(process.cwd(), join(userDir, file));
}

function show(line) {
  console.log(`${new Date().toTimeString().slice(0, 8)}  ${line}`);
}

/** @param again port and last order of a shop that died: the next one goes on where it was */
function openShop(webhookUrl, again = {}) {
  let known;
  const onGone = (reason) => {
    if (!known || ending) return endAll(reason);
    show(`${reason} It opens again in ${away / 1000} s; see what the flow shows until then.`);
    const timer = setTimeout(() => void openShop(webhookUrl, known), away);
    onEnd = () => clearTimeout(timer);
  };
  const shop = launch(
    'shop',
    ['--require', 'tsx/cjs', join(demo, 'main.ts')],
    { SHOP_WEBHOOK_URL: webhookUrl, ...again },
    { onGone },
  );
  return new Promise((opened) => {
    shop.on('message', (news) => {
      if (news.kind === 'open') {
        known = { ...again, SHOP_PORT: new URL(news.url).port };
        opened(news.url);
      }
      if (news.kind === 'placed') known.SHOP_LAST_ORDER = String(news.order.id);
      if (news.kind === 'webhook') showDelivery(news.delivery);
    });
    shop.once('close', () => opened(undefined));
  });
}

function showDelivery({ data, attempt, status, problem, delivered, elapsed }) {
  if (delivered)
    show(`answered   webhook of order #${data.id} with ${status} after ${Math.round(elapsed)} ms`);
  // The first attempts fail while Node-RED is starting; that is what the repeats are for.
  else if (attempt > 5)
    show(`webhook of order #${data.id} not taken (${status ?? problem}), it will be sent again`);
}

function startNodeRed(port, shopUrl) {
  return new Promise((started) => {
    const nodeRed = launch(
      'node-red',
      [
        join('node_modules', 'node-red', 'red.js'),
        '--userDir',
        userDir,
        '--settings',
        join(demo, 'settings.cjs'),
      ],
      { DEMO_PORT: String(port), SHOP_URL: shopUrl },
      {
        onLine: (line) => {
          const [, level, message] = /- \[(info|warn|error|fatal)\] (.*)$/.exec(line) ?? [];
          const [, event] = /^\[debug:terminal\] (.*)$/.exec(message ?? '') ?? [];
          if (event) show(event);
          else if (level && level !== 'info' && !expected.test(message) && !ending)
            show(`${level}: ${message}`);
          if (/^Started flows/.test(message ?? '')) started(true);
        },
      },
    );
    nodeRed.once('close', () => started(false));
  });
}

async function main() {
  await install();
  await build();
  const started = Date.now();
  process.on('SIGINT', told).on('SIGTERM', told).on('SIGHUP', told);
  endWithNpm();
  // Whoever read our lines has gone (`npm start | head`).
  process.stdout.on('error', () => void end(0));
  prepareUserDir();
  const flows = JSON.parse(readFileSync(join(demo, 'flows.json'), 'utf8'));
  const hook = flows.find((node) => node.type === 'webhook-trigger').path;

  const port = await freePort(Number(process.env.PORT) || 1880);
  const editor = `http://127.0.0.1:${port}`;
  const shopUrl = await openShop(`${editor}/${hook}`);
  if (!shopUrl || ending) return;
  if (!(await startNodeRed(port, shopUrl)) || ending) return;

  console.log(`
Node-RED with the demo flow is ready after ${((Date.now() - started) / 1000).toFixed(1)} s.

  Open       ${editor}/
             and the debug side bar there, which shows each message in full
  The shop   ${shopUrl}/orders   (Authorization: Bearer demo-token)
  Logs       ${shown('node-red.log')}  ${shown('shop.log')}

Every 3 s the shop takes an order, which the flow polls, and 3 s later it is paid, which the shop
announces by a webhook. Every 15 s the flow places an order itself. Ctrl-C ends all of it.
`);
}

main().catch((error) => {
  void end(1, error instanceof Stop ? error.message : error.stack);
});

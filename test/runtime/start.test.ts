import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '..', '..');

/** `npm start`, without npm. */
class Demo {
  readonly child: ChildProcess;
  readonly ended: Promise<number | string>;
  output = '';
  #wake: () => void = () => undefined;

  constructor(dir: string) {
    this.child = spawn(process.execPath, [join('scripts', 'start.mjs')], {
      cwd: root,
      // Ports of their own, so that a demo which someone is watching is left alone.
      env: { ...process.env, DEMO_DIR: dir, PORT: '28080', SHOP_PORT: '28081' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
        this.#wake();
      });
    }
    this.ended = new Promise((done) => {
      this.child.once('close', (code, signal) => {
        this.#wake();
        done(code ?? signal!);
      });
    });
  }

  async shows(...patterns: RegExp[]): Promise<void> {
    while (!patterns.every((pattern) => pattern.test(this.output))) {
      assert.equal(this.child.exitCode, null, this.output);
      await new Promise<void>((wake) => (this.#wake = wake));
    }
  }

  /** The address after a word in what was printed at the start. */
  address(word: string): string {
    const [, address] =
      new RegExp(`^ *${word} +(http://127\\.0\\.0\\.1:\\d+/\\w*)`, 'm').exec(this.output) ?? [];
    assert.ok(address, this.output);
    return address;
  }

  /** Processes started by it, and their command lines. */
  children(): { pid: number; command: string }[] {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
    return rows.flatMap((row) => {
      const [, pid, parent, command] = /^ *(\d+) +(\d+) +(.*)$/.exec(row) ?? [];
      return Number(parent) === this.child.pid ? [{ pid: Number(pid), command: command! }] : [];
    });
  }

  /** Node-RED gives its process another title. */
  process(which: 'shop' | 'Node-RED'): { pid: number } {
    return this.children().find(({ command }) => command.includes('main.ts') === (which === 'shop'))!;
  }
}

const alive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('runtime/npm start', function () {
  this.timeout(90_000);
  let dir: string;
  let demo: Demo;

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'demo-'));
    demo = new Demo(dir);
  });
  afterEach(async () => {
    demo.child.kill('SIGTERM');
    await demo.ended;
    rmSync(dir, { recursive: true, force: true });
  });

  it('shows an order polled, a webhook answered and a request sent, and ends whole at Ctrl-C', async () => {
    await demo.shows(
      /^\d\d:\d\d:\d\d {2}polled {5}order #\d+ .* (pending|paid)$/m,
      /^\d\d:\d\d:\d\d {2}webhook {4}order\.paid {2}#\d+/m,
      /^\d\d:\d\d:\d\d {2}answered {3}webhook of order #\d+ with 200/m,
      /^\d\d:\d\d:\d\d {2}request {4}POST \/orders {2}201 {2}#\d+/m,
    );
    assert.doesNotMatch(demo.output, /failed|warn:|error:/);
    const [editor, shop] = [demo.address('Open'), demo.address('The shop')];
    assert.equal((await fetch(editor)).status, 200);
    assert.equal((await fetch(shop)).status, 401);
    const children = demo.children().map(({ pid }) => pid);
    assert.equal(children.length, 2);

    demo.child.kill('SIGINT');
    assert.equal(await demo.ended, 0, demo.output);
    assert.deepEqual(children.filter(alive), []);
    await assert.rejects(fetch(editor));
    await assert.rejects(fetch(shop));
  });

  it('shows what fails while the shop is gone, and goes on when it is back', async () => {
    await demo.shows(/ polled /);
    process.kill(demo.process('shop').pid, 'SIGKILL');
    await demo.shows(/shop ended by itself \(SIGKILL\)\..* It opens again in 15 s/);
    await demo.shows(/^\d\d:\d\d:\d\d {2}failed {5}.*nothing listens/m);
    const before = demo.output.length;
    await demo.shows(
      new RegExp(`^[^]{${before}}[^]* polled .*pending`),
      new RegExp(`^[^]{${before}}[^]* answered `),
    );
    assert.equal(demo.child.exitCode, null);
  });

  it('ends with a sentence when Node-RED dies', async () => {
    await demo.shows(/Node-RED with the demo flow is ready/);
    const children = demo.children();
    process.kill(demo.process('Node-RED').pid, 'SIGKILL');
    assert.equal(await demo.ended, 1);
    assert.match(
      demo.output,
      /^node-red ended by itself \(SIGKILL\)\. What it said last is in .*node-red\.log\.$/m,
    );
    assert.deepEqual(
      children.filter(({ pid }) => alive(pid)),
      [],
    );
  });
});

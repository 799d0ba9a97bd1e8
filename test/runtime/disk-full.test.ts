/** The disk with the state is full: the polls say so, go on by themselves when there is room, and lose nothing. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lines, startNodeRed, type NodeRed } from './node-red';
import { assertNothingLost, caughtAt, flowsFor, seenAt, Shop, until } from './polling-bench';

/** @throws Error with a sentence when this user may not mount */
function mountSmallDisk(folder: string): void {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', folder], { stdio: 'pipe' });
  } catch (cause) {
    const said = String((cause as { stderr?: unknown }).stderr ?? cause).trim();
    throw new Error(
      `this test needs a small disk to fill, and may not mount a tmpfs: run it as root (${said})`,
      { cause },
    );
  }
}

for (const line of lines) {
  describe(`runtime/polling-trigger on a full disk in Node-RED ${line}`, function () {
    this.timeout(60_000);
    let shop: Shop;
    let userDir: string;
    let disk: string;
    let isMounted = false;

    before(function () {
      // There is no tmpfs elsewhere; test/state/sqlite.test.ts fills a file up to SQLite's own limit on every platform.
      if (process.platform !== 'linux') this.skip();
    });

    beforeEach(async () => {
      shop = await new Shop().open();
      userDir = mkdtempSync(join(tmpdir(), 'node-red-full-'));
      disk = join(userDir, 'http-connector');
      mkdirSync(disk);
      mountSmallDisk(disk);
      isMounted = true;
    });

    afterEach(async () => {
      if (isMounted) execFileSync('umount', [disk]);
      isMounted = false;
      await shop.close();
      rmSync(userDir, { recursive: true, force: true });
    });

    const filler = () => join(disk, 'filler');

    /** Takes all that is left on the disk. */
    function fill(): void {
      const file = openSync(filler(), 'w');
      try {
        for (;;) writeSync(file, Buffer.alloc(4096));
      } catch (error) {
        assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
      } finally {
        closeSync(file);
      }
    }

    const isFull = ({ text = '' }) => text.startsWith('STATE');
    async function saysSo(nodeRed: NodeRed): Promise<void> {
      const { fill: color, shape } = await nodeRed.waitForStatus('poll1', isFull);
      assert.deepEqual([color, shape], ['red', 'ring']);
      await nodeRed.until('the Catch node is told', () => caughtAt(nodeRed).length > 0);
    }
    const isGreen = ({ fill: color }: { fill?: string }) => color === 'green';

    it('keeps what is new until there is room, and repeats nothing', async () => {
      await using nodeRed = await startNodeRed({ line, userDir, flows: flowsFor(shop) });
      await nodeRed.waitForStatus('poll1', ({ text = '' }) => /known|unchanged/.test(text));
      shop.add(3);
      await nodeRed.until('three orders are seen', () => seenAt(nodeRed).length === 3);

      fill();
      // The journal may have room for a few more.
      const large = 'x'.repeat(50_000);
      const growing = setInterval(() => shop.add(1, large), 50);
      try {
        await saysSo(nodeRed);
      } finally {
        clearInterval(growing);
      }
      const { failure } = caughtAt(nodeRed).at(-1)!;
      assert.equal(failure!.typeId, 'STATE');
      assert.match(failure!.message, /^the state could not be (read|written): .*(full|disk I\/O)/);
      assert.equal(failure!.retryable, true);

      const [requests, seen] = [shop.asked.length, seenAt(nodeRed).length];
      await until('the polls go on', () => shop.asked.length >= requests + 2);
      assert.equal(seenAt(nodeRed).length, seen);
      assert.ok(seen < shop.newest);

      rmSync(filler());
      await nodeRed.until('all orders are seen', () => seenAt(nodeRed).length >= shop.newest);
      await nodeRed.waitForStatus('poll1', isGreen);
      assert.equal(assertNothingLost(shop, seenAt(nodeRed), 0), 0);

      await nodeRed.kill();
      await using again = await startNodeRed({ line, userDir });
      shop.add(1);
      await again.until('the next order is seen', () => seenAt(again).length > 0);
      assert.equal(assertNothingLost(shop, [...seenAt(nodeRed), ...seenAt(again)], 0), 0);
      await again.stop();
    });

    // Nothing in it is the line's: once is enough.
    if (line === lines[0])
      it('begins when there is room, without a restart', async () => {
        fill();
        await using nodeRed = await startNodeRed({ line, userDir, flows: flowsFor(shop) });
        await saysSo(nodeRed);
        rmSync(filler());
        await nodeRed.waitForStatus('poll1', isGreen);
        shop.add(3);
        await nodeRed.until('three orders are seen', () => seenAt(nodeRed).length === 3);
        assert.equal(assertNothingLost(shop, seenAt(nodeRed), 0), 0);
        await nodeRed.stop();
      });
  });
}

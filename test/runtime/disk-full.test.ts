/** The disk with the state is full: the polls say so, go on by themselves when there is room, and lose nothing. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmallDisk } from '../support/small-disk';
import { lines, startNodeRed, type NodeRed } from './node-red';
import { assertNothingLost, caughtAt, flowsFor, seenAt, Shop, until } from './polling-bench';

for (const line of lines) {
  describe(`runtime/polling-trigger on a full disk in Node-RED ${line}`, function () {
    this.timeout(60_000);
    let shop: Shop;
    let userDir: string;
    let disk: SmallDisk | undefined;

    before(function () {
      // There is no tmpfs elsewhere; test/state/sqlite.test.ts fills a file up to SQLite's own limit on every platform.
      if (process.platform !== 'linux') this.skip();
    });

    beforeEach(async () => {
      shop = await new Shop().open();
      userDir = mkdtempSync(join(tmpdir(), 'node-red-full-'));
      disk = new SmallDisk(join(userDir, 'http-connector'));
    });

    afterEach(async () => {
      disk?.remove();
      disk = undefined;
      await shop.close();
      rmSync(userDir, { recursive: true, force: true });
    });

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

      disk!.fill();
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
      // they wait for longer each time that it fails
      await until('the polls go on', () => shop.asked.length >= requests + 2, 40_000);
      assert.equal(seenAt(nodeRed).length, seen);
      assert.ok(seen < shop.newest);

      disk!.empty();
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
        disk!.fill();
        await using nodeRed = await startNodeRed({ line, userDir, flows: flowsFor(shop) });
        await saysSo(nodeRed);
        disk!.empty();
        await nodeRed.waitForStatus('poll1', isGreen);
        shop.add(3);
        await nodeRed.until('three orders are seen', () => seenAt(nodeRed).length === 3);
        assert.equal(assertNothingLost(shop, seenAt(nodeRed), 0), 0);
        await nodeRed.stop();
      });
  });
}

import assert from 'node:assert/strict';
import { DatabaseSync } from 'node:sqlite';
import { Shop, World } from './shop';

describe('A turn', () => {
  let shop: Shop;
  let world: World;

  beforeEach(async () => {
    shop = await new Shop().open();
    world = await World.begin(shop, { firstRun: { from: 'everything' } });
  });
  afterEach(async () => {
    await world.end();
    await shop.close();
  });

  it('is not over before the next node has its messages, also when another node’s commit is about to be written', async () => {
    // Node-RED hands a message on in a turn of its own; commits of one moment are written together.
    let delivered = 0;
    const others: Promise<number>[] = [];
    world.onEmit = (count) => {
      if (count === 1)
        others.push(world.store.commit([{ kind: 'put', scope: 'other', name: 'd', value: 1 }]));
      setImmediate(() => delivered++);
    };
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with its `this` below
    const exec = DatabaseSync.prototype.exec;
    const deliveredAtEnd: number[] = [];
    DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
      exec.call(this, sql);
      if (sql !== 'COMMIT' || world.emitted.length === 0) return;
      const isPending = this.prepare(`SELECT 1 FROM documents WHERE name = 'out'`).get() !== undefined;
      if (!isPending) deliveredAtEnd.push(delivered);
    };
    try {
      shop.add(1, 2, 3);
      await world.poll();
      await Promise.all(others);
    } finally {
      DatabaseSync.prototype.exec = exec;
    }
    assert.equal(world.emitted.length, 3);
    assert.equal(deliveredAtEnd[0], 3, 'a crash at this moment loses what had not been delivered');
  });
});

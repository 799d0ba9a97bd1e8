import assert from 'node:assert/strict';
import { Order } from '../../src/exchange/order';

describe('exchange/order', () => {
  it('lets each come out when all that began before it have ended, whenever they end', async () => {
    const order = new Order();
    const seen: number[] = [];
    const turns = [0, 1, 2, 3].map((number) => {
      const turn = order.begin();
      const said = turn.come.then(() => {
        seen.push(number);
      });
      return { ...turn, said };
    });
    turns[2]!.end();
    turns[1]!.end();
    await turns[0]!.said;
    await new Promise(setImmediate);
    assert.deepEqual(seen, [0]);
    turns[0]!.end();
    await turns[3]!.said;
    assert.deepEqual(seen, [0, 1, 2, 3]);
  });

  it('makes nobody wait when nothing is under way', async () => {
    const order = new Order();
    order.begin().end();
    await order.begin().come;
  });
});

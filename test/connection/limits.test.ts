import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { Limits } from '../../src/connection/limits';
import { connect } from '../support/connect';
import { sendJson, startServer } from '../support/server';

const open = { requests: 0, interval: 0, concurrency: 0, maxWait: 0 };
const never = new AbortController().signal;

/** Most events in any stretch of `length` milliseconds. */
function worst(times: number[], length: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return Math.max(...sorted.map((from) => sorted.filter((t) => t >= from && t < from + length).length));
}

describe('connection/limits', () => {
  it('never starts more in any stretch of the interval, whenever the requests come', async () => {
    // a clock of our own: on a busy machine a start is written down much later than it is
    mock.timers.enable({ apis: ['Date', 'setTimeout'] });
    const pass = async (milliseconds: number): Promise<void> => {
      for (let i = 0; i < milliseconds; i++) {
        await new Promise((resolve) => setImmediate(resolve));
        mock.timers.tick(1);
      }
    };
    const starts: number[] = [];
    try {
      const limits = new Limits({ ...open, requests: 5, interval: 200 });
      const one = async (): Promise<void> => {
        const release = await limits.acquire(never);
        starts.push(Date.now());
        release();
      };
      await one();
      await pass(150);
      for (let i = 0; i < 24; i++) void one();
      await pass(1200);
    } finally {
      mock.timers.reset();
    }
    assert.equal(starts.length, 25);
    assert.ok(worst(starts, 200) <= 5, `${worst(starts, 200)} in 200 ms`);
  });

  it('runs no more at once than allowed, first come, first served', async () => {
    const limits = new Limits({ ...open, concurrency: 2 });
    let running = 0;
    let most = 0;
    const order: number[] = [];
    await Promise.all(
      Array.from({ length: 20 }, async (_, index) => {
        const release = await limits.acquire(never);
        most = Math.max(most, ++running);
        order.push(index);
        await new Promise((resolve) => setImmediate(resolve));
        running--;
        release();
        release();
      }),
    );
    assert.equal(most, 2);
    assert.deepEqual(
      order,
      order.toSorted((a, b) => a - b),
    );
  });

  it('waits for the server, says until when, and ends at once on abort', async () => {
    const limits = new Limits(open);
    limits.pause(60_000);
    const waits: string[] = [];
    const controller = new AbortController();
    const waiting = limits.acquire(controller.signal, (until, reason) => {
      waits.push(reason);
      assert.ok(until > Date.now() + 50_000);
      controller.abort(new Error('closed'));
    });
    await assert.rejects(waiting, /closed/);
    assert.deepEqual(waits, ['server']);
  });

  it('does not wait longer than it may', async () => {
    const limits = new Limits({ ...open, maxWait: 1000 });
    limits.pause(5000);
    await assert.rejects(limits.acquire(never), { code: 'RATE_LIMITED' });
  });

  it('gives the place of one that was aborted to the next', async () => {
    const limits = new Limits({ ...open, concurrency: 1 });
    const release = await limits.acquire(never);
    const controller = new AbortController();
    const second = limits.acquire(controller.signal);
    const third = limits.acquire(never);
    controller.abort(new Error('gone'));
    await assert.rejects(second, /gone/);
    release();
    (await third)();
    (await limits.acquire(never))();
  });

  it('holds for everything on the connection: 10 per second over 60 requests from three senders', async () => {
    const server = await startServer((_request, response) => {
      arrivals.push(performance.now());
      sendJson(response, {});
    });
    const arrivals: number[] = [];
    const connection = connect({ baseUrl: server.url, limits: { ...open, requests: 10, interval: 1000 } });
    const sender = () =>
      Promise.all(Array.from({ length: 20 }, () => connection.send({ method: 'GET', url: '' })));
    await Promise.all([sender(), sender(), sender()]);
    // arrival at the server jitters behind the start by the time on the way
    assert.ok(worst(arrivals, 950) <= 10, `${worst(arrivals, 950)} in a second`);
    assert.equal(arrivals.length, 60);
    await connection.close();
    await server.close();
  }).timeout(15_000);

  it('a 429 holds back the others too', async () => {
    let limited = true;
    const server = await startServer((_request, response) => {
      if (!limited) return sendJson(response, { at: Date.now() });
      limited = false;
      response.writeHead(429, { 'retry-after': '1' });
      response.end();
    });
    const connection = connect({ baseUrl: server.url, limits: open });
    assert.equal((await connection.send({ method: 'GET', url: '' })).statusCode, 429);
    const started = Date.now();
    await connection.send({ method: 'GET', url: '' });
    assert.ok(Date.now() - started >= 990);
    await connection.close();
    await server.close();
  });
});

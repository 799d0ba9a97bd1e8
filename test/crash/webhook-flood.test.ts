/**
 * A flood as a whole: 10,000 connections that drip, 1 GB of bodies, and whatever is costly to read. All the while the editor
 * is asked and honest deliveries come, of which none may be lost. On Linux, with as many open files as connections and some
 * more (`ulimit -Hn`), and alone on its machine: what it measures is times.
 */
import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { startNodeRed, type FlowNode, type NodeRed } from '../runtime/node-red';
import { sendRaw } from '../support/raw-http';
import type { Lane, Orders, Outcome } from './flood-sender';

const connections = 10_000;
const gigabyte = 1024 ** 3;
/** Above what Node-RED takes after its start, in MiB. */
const mostMemory = 250;
/** Milliseconds that the editor may wait. */
const mostWaiting = 2000;

const at = { z: 'tab1', x: 10, y: 10 };
const trigger = (id: string, fields: object = {}): FlowNode => ({
  id,
  type: 'webhook-trigger',
  ...at,
  path: id,
  bodyTimeout: 5,
  wires: [],
  ...fields,
});
const flows: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'seen1', type: 'debug', ...at, active: true, tosidebar: true, complete: 'payload', wires: [] },
  trigger('honest1', { verification: 'secret-header', secretHeader: 'X-Secret', wires: [['seen1']] }),
  trigger('open1'),
  trigger('memory1', { durable: false, answer: 'flow', wires: [['out1']] }),
  { id: 'out1', type: 'http response', ...at, statusCode: '', headers: {}, wires: [] },
  trigger('secret1', { verification: 'signature' }),
  trigger('xml1', { payload: 'xml' }),
];
const credentials = { honest1: { secret: 'correct horse' }, secret1: { secret: 'battery staple' } };

/** MiB. */
const memoryOf = ({ pid }: NodeRed): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) / 1024;

const quantile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(share * (values.length - 1))]!;

describe('crash/webhook flood', () => {
  let nodeRed: NodeRed;
  let watch: Watch;
  const children = new Set<ChildProcess>();

  // what one flood has cost is no part of the next one's bill
  beforeEach(async () => {
    nodeRed = await startNodeRed({ line: '5', flows, credentials });
    watch = new Watch(nodeRed);
    await watch.calm();
    watch.take();
  });
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL');
    try {
      await watch?.end();
    } finally {
      await nodeRed?.stop();
    }
  });

  /** Starts a flood; resolves when its connections stand. */
  async function flood(orders: Orders): Promise<{ stop: () => void; outcome: Promise<Outcome> }> {
    const child = fork(join(__dirname, 'flood-sender.ts'), { execArgv: ['--import', 'tsx'] });
    children.add(child);
    await once(child, 'message');
    child.send(orders);
    await once(child, 'message');
    const outcome = once(child, 'message').then(([told]) => (children.delete(child), told as Outcome));
    return { stop: () => child.send('stop'), outcome };
  }

  const target = (child: number) => ({ port: nodeRed.port, address: `127.0.0.${child + 2}` });

  /** What was measured is told, and must be within its bounds; what was accepted came out of the flow, once and in order. */
  async function check(): Promise<void> {
    await watch.calm();
    const accepted = await watch.end();
    const { memory, editor, honest } = watch.take();
    const ms = (values: readonly number[]) =>
      [quantile(values, 0.5), quantile(values, 0.99), Math.max(...values)].map(Math.round).join(', ');
    console.log(
      `      ${Math.round(memory)} MiB more; milliseconds (p50, p99, most): ` +
        `editor ${ms(editor)} of ${editor.length}, honest deliveries ${ms(honest)} of ${honest.length}`,
    );
    await nodeRed.until('every honest delivery', () => nodeRed.debug.length >= accepted.length, 30_000);
    assert.deepEqual(
      nodeRed.debug.map(({ value }) => value),
      accepted,
    );
    assert(memory <= mostMemory, `${Math.round(memory)} MiB more`);
    assert(Math.max(...editor) <= mostWaiting, `the editor took ${Math.max(...editor)} ms`);
  }

  it(`of ${connections} connections that drip, half of them in their headers`, async () => {
    const each = connections / 4;
    const body = `POST /open1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n`;
    const starts = [body, body, 'POST /open1 HTTP/1.1\r\nHost: x\r\nX-A: ', 'POST /open1 HTTP/1.1\r\nX-'];
    const floods = await Promise.all(
      starts.map((start, n) => flood({ kind: 'hold', ...target(n), count: each, start, every: 1000 })),
    );
    const { TCPSocketWrap: open = 0 } = await nodeRed.resources();
    // some of the first may have had their time already
    assert(open > connections / 2, `${open} connections stand`);
    console.log(`      ${open} stood at once`);
    const bodies = await Promise.all(floods.slice(0, 2).map(({ outcome }) => outcome));
    for (const { statuses } of bodies) assert.deepEqual(statuses, { 408: each });
    // how long headers may take is the server's to say, and that is Node-RED's
    await watch.calm();
    for (const { stop } of floods.slice(2)) stop();
    for (const { outcome } of floods.slice(2)) await outcome;
    await check();
  });

  it('of 1 GB of bodies over 100 connections', async () => {
    const piece = 'x'.repeat(64 * 1024);
    const chunk = `10000\r\n${piece}\r\n`;
    const head = (path: string, length: string) =>
      `POST ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${length}\r\n\r\n`;
    const size = `Content-Length: ${14 * 64 * 1024}`;
    const whole = { parallel: 25, piece, pieces: 14, end: '' };
    const lanes: Lane[] = [
      { ...whole, start: head('/secret1', size) },
      { ...whole, start: head('/open1', size) },
      { ...whole, start: head('/memory1', size) },
      // twice of what is taken, which is not said before
      {
        parallel: 25,
        start: head('/secret1', 'Transfer-Encoding: chunked'),
        piece: chunk,
        pieces: 32,
        end: '0\r\n\r\n',
      },
    ];
    const began = performance.now();
    const { outcome } = await flood({ kind: 'stream', ...target(0), total: gigabyte, lanes });
    const { bytes, statuses } = await outcome;
    const seconds = (performance.now() - began) / 1000;
    console.log(
      `      ${Math.round(bytes / 1024 ** 2)} MiB in ${seconds.toFixed(1)} s: ${JSON.stringify(statuses)}`,
    );
    assert(bytes >= gigabyte);
    for (const status of ['200', '401', '413']) assert(statuses[status]! > 0, status);
    assert.equal(statuses['500'], undefined);
    await check();
  });

  it('of what is costly to read, and headers without end', async () => {
    const entities = Array.from({ length: 20 }, (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`);
    const bomb = gzipSync(Buffer.alloc(512 * 1024 ** 2));
    const json = { 'content-type': 'application/json' };
    const xml = { 'content-type': 'application/xml' };
    const rows: [path: string, body: Buffer<ArrayBuffer> | string, headers: HeadersInit, status: number][] = [
      ['open1', '['.repeat(1_000_000), json, 400],
      ['open1', '['.repeat(500_000) + ']'.repeat(500_000), json, 400],
      ['open1', '{"a":'.repeat(200_000), json, 400],
      ['xml1', `<!DOCTYPE x [<!ENTITY e0 "ha">${entities.join('')}]><x>&e20;</x>`, xml, 400],
      ['xml1', '<a>'.repeat(300_000), xml, 400],
      ['open1', bomb, { ...json, 'content-encoding': 'gzip' }, 413],
    ];
    // a hundred thousand of them, where a server reads a hundred at the most
    const lines = 'X-A: b\r\n'.repeat(10_000);
    const start = 'POST /open1 HTTP/1.1\r\nHost: x\r\n';
    const lane: Lane = { parallel: 20, start, piece: lines, pieces: 10, end: '\r\n\r\n' };
    const headers = await flood({ kind: 'stream', ...target(0), total: 200_000_000, lanes: [lane] });
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (const [path, body, headers, status] of rows) {
          const answer = await fetch(`${nodeRed.url}/${path}`, { method: 'POST', body, headers });
          assert.equal(answer.status, status, `${path} ${String(body.slice(0, 20))}`);
          await answer.arrayBuffer();
        }
      }),
    );
    const { statuses } = await headers.outcome;
    console.log(`      headers: ${JSON.stringify(statuses)}`);
    assert(statuses['431']! > 0);
    await check();
  });
});

/** Asks the editor and delivers all the time, each over a new connection, and looks at the memory. */
class Watch {
  readonly #nodeRed: NodeRed;
  readonly #before: number;
  readonly #running: Promise<unknown>;
  /** Numbers that were answered with 200. */
  readonly #accepted: number[] = [];
  #measured = { memory: 0, editor: [] as number[], honest: [] as number[] };
  #over = false;

  constructor(nodeRed: NodeRed) {
    this.#nodeRed = nodeRed;
    this.#before = memoryOf(nodeRed);
    this.#running = Promise.all([this.#again(100, this.#ask), this.#again(20, this.#deliver), this.#look()]);
    this.#running.catch(() => undefined);
  }

  take() {
    const measured = this.#measured;
    this.#measured = { memory: 0, editor: [], honest: [] };
    return measured;
  }

  /** Resolves after some more honest deliveries. @throws what went wrong with one, or with the editor */
  async calm(): Promise<void> {
    const goal = this.#accepted.length + 20;
    while (this.#accepted.length < goal && !this.#over) await Promise.race([pause(10), this.#running]);
  }

  /** @returns what was accepted */
  async end(): Promise<readonly number[]> {
    this.#over = true;
    await this.#running;
    return this.#accepted;
  }

  async #again(every: number, act: (count: number) => Promise<void>): Promise<void> {
    for (let count = 0; !this.#over; count++) {
      await act.call(this, count);
      await pause(every);
    }
  }

  async #ask(): Promise<void> {
    const began = performance.now();
    const { status } = await sendRaw({
      port: this.#nodeRed.port,
      method: 'GET',
      target: '/settings',
      headers: {},
    });
    assert.equal(status, 200);
    this.#measured.editor.push(performance.now() - began);
  }

  /** As a sender does: when it is busy, again. */
  async #deliver(count: number): Promise<void> {
    for (;;) {
      const began = performance.now();
      const { status, body } = await sendRaw({
        port: this.#nodeRed.port,
        method: 'POST',
        target: '/honest1',
        headers: { 'X-Secret': credentials.honest1.secret, 'Content-Type': 'application/json' },
        body: Buffer.from(String(count)),
      });
      this.#measured.honest.push(performance.now() - began);
      if (status === 200) return void this.#accepted.push(count);
      assert.equal(status, 503, body);
      await pause(100);
    }
  }

  async #look(): Promise<void> {
    while (!this.#over) {
      this.#measured.memory = Math.max(this.#measured.memory, memoryOf(this.#nodeRed) - this.#before);
      await pause(50);
    }
  }
}

/** A flood: memory stays bounded, the editor answers, and the next honest delivery goes through. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

const at = { z: 'tab1', x: 10, y: 10 };
const trigger = (id: string, fields: object = {}): FlowNode => ({
  id,
  type: 'webhook-trigger',
  ...at,
  path: id,
  wires: [['seen1']],
  ...fields,
});
const flows: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'seen1', type: 'debug', ...at, active: true, tosidebar: true, complete: 'payload', wires: [] },
  trigger('open1', { bodyTimeout: 2, maxSize: 1024 }),
  trigger('secret1', { verification: 'secret-header', secretHeader: 'X-Secret' }),
  trigger('xml1', { payload: 'xml' }),
];

const memoryOf = (nodeRed: NodeRed): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${nodeRed.pid}/status`, 'utf8'))![1]) / 1024;

describe('runtime/webhook flood', function () {
  this.timeout(120_000);
  let nodeRed: NodeRed;
  const sockets: Socket[] = [];
  before(async () => {
    nodeRed = await startNodeRed({ line: '5', flows, credentials: { secret1: { secret: 'correct horse' } } });
  });
  after(() => nodeRed?.stop());
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.destroy();
  });

  function open(start: string): Socket {
    const socket = connect(nodeRed.port, '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(start);
    sockets.push(socket);
    return socket;
  }

  async function isWell(): Promise<void> {
    const began = performance.now();
    assert.equal((await nodeRed.admin('settings')).status, 200);
    assert(performance.now() - began < 3000, 'the editor took too long');
    const before = nodeRed.debug.length;
    const answer = await fetch(`${nodeRed.url}/open1`, { method: 'POST', body: 'honest' });
    assert.equal(answer.status, 200, await answer.text());
    await nodeRed.until('the honest delivery', () =>
      nodeRed.debug.slice(before).some(({ value }) => value === 'honest'),
    );
  }

  it('of connections that send a byte now and then', async () => {
    for (let n = 0; n < 1000; n++) {
      open(`POST /open1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(n % 50)}`);
    }
    await isWell();
    // they are cut off when their time for the body is over
    for (const socket of sockets) if (!socket.closed) await once(socket, 'close');
    await isWell();
  });

  it('of bodies that are held back just before their end', async () => {
    const before = memoryOf(nodeRed);
    const almost = Buffer.alloc(1_000_000, 'x');
    for (let n = 0; n < 400; n++) {
      open(`POST /open1 HTTP/1.1\r\nHost: x\r\nContent-Length: 1000001\r\n\r\n`).write(almost);
    }
    let most = 0;
    for (let n = 0; n < 20; n++) {
      await new Promise((resolve) => setTimeout(resolve, 50));
      most = Math.max(most, memoryOf(nodeRed));
    }
    assert(most - before < 300, `${Math.round(most - before)} MB more for 400 MB that were sent`);
    await isWell();
  });

  it('of bodies that nobody may send', async () => {
    const before = memoryOf(nodeRed);
    const body = Buffer.alloc(900_000, '[');
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all(
        Array.from({ length: 40 }, () => fetch(`${nodeRed.url}/secret1`, { method: 'POST', body })),
      );
      assert(answers.every(({ status }) => status === 401 || status === 503));
      await Promise.all(answers.map((answer) => answer.arrayBuffer()));
    }
    assert(memoryOf(nodeRed) - before < 300, `${memoryOf(nodeRed) - before} MB more`);
    await isWell();
  });

  it('of nested JSON, XML that grows, and headers without end', async () => {
    const post = (path: string, body: string, type: string) =>
      fetch(`${nodeRed.url}/${path}`, { method: 'POST', body, headers: { 'content-type': type } });
    const entities = Array.from(
      { length: 20 },
      (_, n) => `<!ENTITY e${n + 1} "${`&e${n};`.repeat(10)}">`,
    ).join('');
    const bomb = `<!DOCTYPE x [<!ENTITY e0 "ha">${entities}]><x>&e20;</x>`;
    for (let n = 0; n < 20; n++) {
      assert.equal((await post('open1', '['.repeat(500_000), 'application/json')).status, 400);
      assert.equal((await post('open1', '{"a":'.repeat(150_000), 'application/json')).status, 400);
      const { status } = await post('xml1', bomb, 'application/xml');
      assert(status === 400 || status === 200, String(status));
      assert.equal((await post('xml1', '<a>'.repeat(200_000), 'application/xml')).status, 400);
    }
    for (let n = 0; n < 100; n++) open(`POST /open1 HTTP/1.1\r\n${'X-A: b\r\n'.repeat(5000)}\r\n`);
    await isWell();
  });
});

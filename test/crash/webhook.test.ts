/**
 * `kill -9` at random moments while 64 senders deliver: every delivery that was answered with 2xx comes out of the flow, in
 * the order in which each sender had its answers, and what comes again says so. `CRASH_ROUNDS` (20) and `CRASH_SEED`
 * repeat a run.
 */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { startNodeRed, type FlowNode, type NodeRed } from '../runtime/node-red';

const rounds = Number(process.env.CRASH_ROUNDS ?? 20);
const seed = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
const senders = 64;

/** Numbers from 0 to 1 that a seed repeats (mulberry32). */
function numbersFrom(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The flow writes what it gets to a file, at once: what reached it before a kill is known. */
function flowsInto(file: string): FlowNode[] {
  const place = { z: 'tab1', x: 100, y: 100 };
  const func = `fs.appendFileSync(${JSON.stringify(file)}, JSON.stringify([msg.payload.sender, msg.payload.number,
    msg.event.attempt, msg.event.id]) + '\\n');`;
  return [
    { id: 'tab1', type: 'tab', label: 'crash' },
    { id: 'hook1', type: 'webhook-trigger', ...place, path: 'hook', inboxCount: 1e6, wires: [['write1']] },
    {
      id: 'write1',
      type: 'function',
      ...place,
      func,
      libs: [{ var: 'fs', module: 'fs' }],
      outputs: 0,
      wires: [],
    },
  ];
}

interface Line {
  sender: number;
  number: number;
  attempt: number;
  id: string;
}

function linesOf(file: string): Line[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [sender, number, attempt, id] = JSON.parse(line) as [number, number, number, string];
      return { sender, number, attempt, id };
    });
}

describe('crash/webhook', () => {
  it(`loses nothing that it said it had, over ${rounds} kills (seed ${seed})`, async () => {
    const random = numbersFrom(seed);
    const userDir = mkdtempSync(join(tmpdir(), 'crash-'));
    const file = join(userDir, 'seen');
    appendFileSync(file, '');
    /** Of each sender: the numbers that were answered with 2xx. */
    const accepted = Array.from({ length: senders }, (): number[] => []);
    const next = accepted.map(() => 0);

    /** Sends one after the other until the server is gone. */
    async function send(sender: number, nodeRed: NodeRed, agent: Agent): Promise<void> {
      for (;;) {
        const number = next[sender]!++;
        const outgoing = request(`${nodeRed.url}/hook`, {
          method: 'POST',
          agent,
          headers: { 'content-type': 'application/json' },
        });
        outgoing.end(JSON.stringify({ sender, number }));
        try {
          const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
          answer.resume();
          // the status is the promise; what follows may be cut off
          if (answer.statusCode === 200) accepted[sender]!.push(number);
          await once(answer, 'end');
        } catch {
          return;
        }
      }
    }

    try {
      for (let round = 0; round < rounds; round++) {
        const nodeRed = await startNodeRed({
          line: '5',
          userDir,
          settings: { functionExternalModules: true },
          ...(round === 0 ? { flows: flowsInto(file) } : {}),
        });
        const agent = new Agent({ keepAlive: true, maxSockets: senders });
        const sending = accepted.map((_, sender) => send(sender, nodeRed, agent));
        // the moment of the kill is what this test varies
        await delay(50 + random() * 600);
        await nodeRed.kill();
        await Promise.all(sending);
        agent.destroy();
      }
      const last = await startNodeRed({ line: '5', userDir, settings: { functionExternalModules: true } });
      const wanted = accepted.reduce((sum, numbers) => sum + numbers.length, 0);
      const isThere = () => {
        const seen = new Set(linesOf(file).map(({ sender, number }) => `${sender}/${number}`));
        return accepted.every((numbers, sender) =>
          numbers.every((number) => seen.has(`${sender}/${number}`)),
        );
      };
      for (let n = 0; n < 200 && !isThere(); n++) await delay(50);
      await last.stop();
      assert(isThere(), 'a delivery that was answered with 200 is missing');

      const lines = linesOf(file);
      const times = new Map<string, number>();
      for (const { id, attempt } of lines) {
        const before = times.get(id) ?? 0;
        times.set(id, before + 1);
        assert(before === 0 || attempt > 1, `the event ${id} came again as a first attempt`);
      }
      // each sender waits for an answer before it sends the next one
      const newest = accepted.map(() => -1);
      for (const { sender, number, attempt } of lines) {
        if (attempt > 1) continue;
        assert(number > newest[sender]!, `${number} of sender ${sender} came behind ${newest[sender]}`);
        newest[sender] = number;
      }
      console.log(`      ${wanted} accepted, ${times.size} events, ${lines.length - times.size} came again`);
    } finally {
      rmSync(userDir, { recursive: true, force: true });
    }
  });
});

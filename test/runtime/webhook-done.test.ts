/** What Node-RED's hooks tell of the end of a flow: docs/decisions/0010-flow-done.md says what this proves. */
import assert from 'node:assert/strict';
import { lines, startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Seen {
  payload: unknown;
  event: { id: string; attempt: number };
}

const at = { z: 'tab1', x: 10, y: 10 };
const node = (id: string, type: string, fields: object = {}): FlowNode => ({ id, type, ...at, ...fields });
const debug = (id: string) =>
  node(id, 'debug', { active: true, tosidebar: true, complete: 'true', wires: [] });
const code = (id: string, func: string, wires: string[][], fields: object = {}) =>
  node(id, 'function', { func, outputs: wires.length, wires, ...fields });

/** Another node for each test: what one left behind is nothing of the next one's. */
let hook = 'hook0';

const trigger = (next: string, fields: object = {}): FlowNode =>
  node(hook, 'webhook-trigger', {
    path: 'hook',
    acknowledge: 'done',
    retryDelay: 0.05,
    maxAttempts: 3,
    doneTimeout: 5,
    wires: [[next]],
    ...fields,
  });

const base: FlowNode[] = [{ id: 'tab1', type: 'tab', label: 'test' }, debug('seen1')];

for (const line of lines) {
  describe(`runtime/webhook done on Node-RED ${line}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    before(async () => {
      nodeRed = await startNodeRed({ line, flows: [...base] });
    });
    after(() => nodeRed?.stop());
    beforeEach(() => (hook = `hook${performance.now()}`.replace('.', '-')));

    const post = (payload: unknown) =>
      fetch(`${nodeRed.url}/hook`, {
        method: 'POST',
        body: JSON.stringify(payload),
        headers: { 'content-type': 'application/json' },
      });
    const seen = (id = 'seen1') =>
      nodeRed.debug.filter((entry) => entry.id === id).map(({ value }) => value as Seen);
    const letters = async () =>
      (await (await nodeRed.admin(`webhook-trigger/${hook}/dead-letters`)).json()) as {
        count: number;
        letters: { id: string; reason: string; attempts: number }[];
      };

    /** Runs one event through a flow. @returns the attempts that were seen at the debug node until the flow was at rest */
    async function run(flows: FlowNode[], ends: 'done' | 'dead', payload: unknown = 1): Promise<number[]> {
      await nodeRed.deploy([...base, ...flows], 'full');
      nodeRed.debug.length = 0;
      assert.equal((await post(payload)).status, 200);
      if (ends === 'dead') {
        for (;;) {
          const { count } = await letters();
          if (count > 0) break;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
        await nodeRed.admin(`webhook-trigger/${hook}/dead-letters`, { method: 'DELETE' });
      } else {
        // an event that were not over would come again by then
        await nodeRed.waitForDebug(({ id }) => id === 'seen1');
        await second(payload);
      }
      return seen().map(({ event }) => event.attempt);
    }

    /** With one event at a time in the flow, another one is seen only when the first is over. */
    async function second(payload: unknown): Promise<void> {
      const count = seen().length;
      await post(payload);
      await nodeRed.until('the next event', () => seen().length > count);
      await nodeRed.until('no event waits', () => nodeRed.debug.length > 0);
    }

    const flows: Record<string, () => FlowNode[]> = {
      'a debug node': () => [trigger('seen1')],
      'several branches, one of them late': () => [
        { ...trigger('x'), wires: [['wait1', 'seen1']] },
        node('wait1', 'delay', {
          pauseType: 'delay',
          timeout: '100',
          timeoutUnits: 'milliseconds',
          wires: [['seen1']],
        }),
      ],
      'an async function and one that makes a new message': () => [
        trigger('f1'),
        code('f1', 'await new Promise((r) => setTimeout(r, 50)); return { event: msg.event, payload: 2 };', [
          ['seen1'],
        ]),
      ],
      'a switch and a change, which do not say that they are done': () => [
        trigger('s1'),
        node('s1', 'switch', {
          property: 'payload',
          propertyType: 'msg',
          rules: [{ t: 'nnull' }],
          checkall: 'true',
          outputs: 1,
          wires: [['c1']],
        }),
        node('c1', 'change', {
          rules: [{ t: 'set', p: 'x', pt: 'msg', to: '1', tot: 'num' }],
          wires: [['seen1']],
        }),
      ],
      'a link, a link call and a junction': () => [
        trigger('lo'),
        node('lo', 'link out', { mode: 'link', links: ['li'], wires: [] }),
        node('li', 'link in', { links: ['lo'], wires: [['lc']] }),
        node('lc', 'link call', { links: ['sub'], linkType: 'static', timeout: '5', wires: [['j1']] }),
        node('sub', 'link in', { links: [], wires: [['f2']] }),
        code('f2', 'setTimeout(() => { node.send(msg); node.done(); }, 20);', [['ret']]),
        node('ret', 'link out', { mode: 'return', links: [], wires: [] }),
        node('j1', 'junction', { wires: [['seen1']] }),
      ],
      'a message that ends at a filter': () => [
        { ...trigger('x'), wires: [['seen1', 's2']] },
        node('s2', 'switch', {
          property: 'payload',
          propertyType: 'msg',
          rules: [{ t: 'eq', v: 'never', vt: 'str' }],
          checkall: 'true',
          outputs: 1,
          wires: [[]],
        }),
      ],
    };
    for (const [name, nodes] of Object.entries(flows)) {
      it(`sees the end of ${name}`, async () => {
        const attempts = await run(nodes(), 'done');
        assert(
          attempts.every((attempt) => attempt === 1),
          attempts.join(),
        );
        assert.equal((await letters()).count, 0);
      });
    }

    it('waits for what a split makes: the next event comes when all of its pieces are through', async () => {
      const nodes = [
        trigger('sp'),
        node('sp', 'split', {
          splt: '\\n',
          spltType: 'str',
          arraySplt: 1,
          arraySpltType: 'len',
          wires: [['w']],
        }),
        node('w', 'delay', {
          pauseType: 'delay',
          timeout: '50',
          timeoutUnits: 'milliseconds',
          wires: [['seen1']],
        }),
      ];
      await nodeRed.deploy([...base, ...nodes], 'full');
      nodeRed.debug.length = 0;
      await Promise.all([post([1, 2, 3]), post([1, 2, 3])]);
      await nodeRed.until('all pieces', () => seen().length === 6);
      const [a] = seen();
      assert.deepEqual(
        seen().map(({ event }) => event.id === a!.event.id),
        [true, true, true, false, false, false],
      );
    });

    it('hands over again after an error, and buries in the end', async () => {
      for (const func of [
        'node.error("no", msg); return null;',
        'throw new Error("no");',
        'node.done(new Error("no"));',
      ]) {
        const nodes = [{ ...trigger('x'), wires: [['seen1', 'f1']] }, code('f1', func, [[]])];
        assert.deepEqual(await run(nodes, 'dead'), [1, 2, 3], func);
      }
    });

    it('counts an error as one when a Catch node took it, too', async () => {
      const nodes = [
        { ...trigger('x'), wires: [['seen1', 'f1']] },
        code('f1', 'node.error("no", msg);', [[]]),
        node('catch1', 'catch', { scope: ['f1'], uncaught: false, wires: [['caught1']] }),
        debug('caught1'),
      ];
      assert.deepEqual(await run(nodes, 'dead'), [1, 2, 3]);
      assert.equal(seen('caught1').length, 3);
    });

    it('gives the next attempt the message as it was', async () => {
      const nodes = [
        trigger('f1'),
        code('f1', 'msg.payload.n++; node.send(msg); node.error("no", msg);', [['seen1']]),
      ];
      await run(nodes, 'dead', { n: 1 });
      assert.deepEqual(
        seen().map(({ payload }) => payload),
        [{ n: 2 }, { n: 2 }, { n: 2 }],
      );
    });

    it('takes a flow that never ends as failed, or as done, when its time is over', async () => {
      const nodes = (onDoneTimeout: string) => [
        { ...trigger('x', { doneTimeout: 0.2, onDoneTimeout }), wires: [['seen1', 'f1']] },
        code('f1', 'node.send; if (false) node.done();', [[]]),
      ];
      assert.deepEqual(await run(nodes('failed'), 'dead'), [1, 2, 3]);
      assert((await run(nodes('done'), 'done')).every((attempt) => attempt === 1));
    });

    it('fails what a node had when a deploy stopped it', async () => {
      const waiting = (timeout: string) =>
        node('w', 'delay', { pauseType: 'delay', timeout, timeoutUnits: 'seconds', wires: [['seen1']] });
      const all = (timeout: string) => [...base, trigger('w', { doneTimeout: 0 }), waiting(timeout)];
      await nodeRed.deploy(all('600'), 'full');
      nodeRed.debug.length = 0;
      await post(1);
      // the delay node has it when the answer to another delivery is there
      await post(2);
      await nodeRed.deploy(all('0.01'), 'nodes');
      await nodeRed.until('both events', () => seen().length === 2);
      assert(seen().some(({ event }) => event.attempt === 2));
    });

    it('is gone from Node-RED when no node uses it', async () => {
      await nodeRed.deploy([...base, trigger('seen1')], 'full');
      assert.equal(await hooks(), true);
      await nodeRed.deploy([...base, trigger('seen1', { acknowledge: 'handover' })], 'full');
      assert.equal(await hooks(), false);
    });

    async function hooks(): Promise<boolean> {
      return ((await (await nodeRed.admin('recorder/hooks')).json()) as { has: boolean }).has;
    }
  });
}

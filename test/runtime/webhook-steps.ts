/** Tables of what is sent to webhooks in a real Node-RED, and what comes of it. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startFarHosts, type FarHosts } from '../support/far-hosts';
import { sendRaw } from '../support/raw-http';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

/** One request and its answer. */
export interface Step {
  /** POST when left out. */
  method?: string;
  /** With its question mark. */
  query?: string;
  headers?: Record<string, string>;
  /** Left out, `{"n":1}` with POST. An object is sent as JSON. */
  body?: string | object;
  /** 200 and an event when left out. */
  status?: number;
  /** The answer's body: text, or what its JSON is. */
  answer?: string | object;
  /** Some of the answer's, in lower case. */
  answerHeaders?: Record<string, string>;
  /** A success that makes no event, as a handshake is. */
  noEvent?: true;
}

/** A webhook, set up by the fields of its dialog, and what is sent to it, one after the other. */
export interface Row {
  title: string;
  fields: object;
  credentials?: Record<string, string>;
  /** @param url as the sender knows it, of `publicOrigin` */
  steps: (url: string) => Step[] | Promise<Step[]>;
}

/** What senders take Node-RED for. */
export const publicOrigin = 'https://hooks.example.com';
/** What a POST brings when nothing is said. */
export const someBody = '{"n":1}';

export interface Surroundings {
  /** Hosts that Node-RED may call, with https, and what they answer. */
  hosts: readonly string[];
  answer: (url: string) => string | undefined;
}

const mounts = [
  { httpAdminRoot: '/', httpNodeRoot: '/' },
  { httpAdminRoot: '/admin', httpNodeRoot: '/api' },
];

/** A test for each row, in both mounts. `called` are the URLs of the hosts that Node-RED called in the one at hand. */
export function describeRows(
  title: string,
  rows: readonly Row[],
  { hosts, answer }: Surroundings,
  called: string[] = [],
): void {
  const flows: FlowNode[] = [
    { id: 'tab1', type: 'tab', label: 'test' },
    { id: 'seen1', type: 'debug', z: 'tab1', active: true, tosidebar: true, complete: 'true', wires: [] },
    ...rows.map((row, index) => ({
      id: `hook${index}`,
      type: 'webhook-trigger',
      z: 'tab1',
      event: `event ${index}`,
      path: `in/${index}`,
      rawBody: true,
      repeatBy: 'none',
      wires: [['seen1']],
      ...row.fields,
    })),
  ];
  const credentials = Object.fromEntries(rows.map((row, index) => [`hook${index}`, row.credentials ?? {}]));

  for (const settings of mounts) {
    describe(`${title}, editor at ${settings.httpAdminRoot}, nodes at ${settings.httpNodeRoot}`, function () {
      this.timeout(60_000);
      let nodeRed: NodeRed;
      let far: FarHosts;
      let events = 0;
      const folder = mkdtempSync(join(tmpdir(), 'hosts-'));

      before(async () => {
        called.length = 0;
        const pem = join(folder, 'hosts.pem');
        const keep = (text: string) => (writeFileSync(pem, text), pem);
        far = await startFarHosts(hosts, keep, (url) => (called.push(url), answer(url)));
        nodeRed = await startNodeRed({ line: '5', flows, credentials, settings, env: far.env });
      });
      after(async () => {
        await nodeRed?.stop();
        await far?.close();
        rmSync(folder, { recursive: true });
      });

      for (const [index, row] of rows.entries()) {
        it(row.title, async () => {
          const path = `${settings.httpNodeRoot}/in/${index}`.replace('//', '/');
          for (const step of await row.steps(publicOrigin + path)) await take(step, path, `event ${index}`);
        });
      }

      async function take(step: Step, path: string, topic: string): Promise<void> {
        const { method = 'POST', query = '', headers = {}, status = 200 } = step;
        const text = typeof step.body === 'object' ? JSON.stringify(step.body) : (step.body ?? someBody);
        const body = method === 'POST' ? Buffer.from(text) : undefined;
        const given = await sendRaw({
          port: nodeRed.port,
          method,
          target: path + query,
          headers: { ...(body ? { 'Content-Type': 'application/json' } : {}), ...headers },
          body,
        });
        const sent = `${method} ${query} ${JSON.stringify(headers)} ${text}`;
        assert.equal(given.status, status, `${sent}: ${given.body}\n${nodeRed.log().slice(-400)}`);
        if (typeof step.answer === 'string') assert.equal(given.body, step.answer, sent);
        if (typeof step.answer === 'object') assert.deepEqual(JSON.parse(given.body), step.answer, sent);
        for (const [name, value] of Object.entries(step.answerHeaders ?? {})) {
          assert.equal(given.headers[name], value, `${sent}: ${name}`);
        }
        if (status !== 200 || step.noEvent) return;
        // the event of one that should have made none would stand here instead
        const count = events++;
        const seen = await nodeRed.until('the event', () => nodeRed.debug[count]);
        assert.equal(seen.topic, topic);
        const { request } = seen.value as { request: { rawBody: Buffer } };
        assert.deepEqual(request.rawBody, body ?? Buffer.alloc(0));
      }

      it('makes no other event', async () => {
        await nodeRed.stop();
        assert.equal(nodeRed.debug.length, events);
        for (const secrets of Object.values(credentials)) {
          for (const secret of Object.values(secrets)) assert(!nodeRed.log().includes(secret), secret);
        }
      });
    });
  }
}

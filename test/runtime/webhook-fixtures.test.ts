/**
 * What the providers' own libraries signed, byte for byte over a socket into a real Node-RED: the answer and the event are
 * as those libraries judge. The nodes are set up as a user does, by their dialogs' fields.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { presets, type PresetId } from '../../src/webhook/verification/presets';
import { startFarHosts, type FarHosts } from '../support/far-hosts';
import { publicSuite } from '../support/public-suites';
import { sendRaw, type RawAnswer } from '../support/raw-http';
import { startNodeRed, type FlowNode, type NodeRed } from './node-red';

interface Sample {
  name: string;
  expect: 'valid' | 'invalid' | 'either';
  /** Seconds since the epoch. */
  now: number;
  method: string;
  url: string;
  secret?: string;
  headers: Record<string, string>;
  bodyBase64: string;
}

interface Fixture {
  keys?: { certificatePem: string };
  samples: Sample[];
}

const files: Record<string, PresetId> = {
  'aws-sns': 'aws-sns',
  'discord-ed25519': 'discord',
  github: 'github',
  hubspot: 'hubspot',
  line: 'line',
  linear: 'linear',
  paddle: 'paddle',
  'sendgrid-ecdsa': 'sendgrid',
  shopify: 'shopify',
  slack: 'slack',
  square: 'square',
  'standard-webhooks': 'standard-webhooks',
  stripe: 'stripe',
  svix: 'svix',
  twilio: 'twilio',
  zoom: 'zoom',
};
/** Those of AWS twice. */
const casesInAll = 129;
const topic = 'arn:aws:sns:us-east-1:123456789012:MyTopic';

/** A sample and the node that it is for. */
interface Case {
  title: string;
  node: string;
  sample: Sample;
}

const flows: FlowNode[] = [
  { id: 'tab1', type: 'tab', label: 'test' },
  { id: 'seen1', type: 'debug', z: 'tab1', active: true, tosidebar: true, complete: 'true', wires: [] },
];
const credentials: Record<string, { secret: string }> = {};
const cases: Case[] = [];
/** One message of SNS, signed in its two versions. */
const twice: Case[] = [];
let certificate: string | undefined;

/** Ids of the nodes that there are, by what they are set to. */
const nodes = new Map<string, string>();

/** The node for a secret and a URL; the first sample that wants it makes it. */
function nodeFor(preset: PresetId, { secret = topic, url }: Sample, own: object = {}): string {
  const { origin, pathname } = new URL(url);
  const key = JSON.stringify([preset, secret, origin, pathname, own]);
  const known = nodes.get(key);
  if (known !== undefined) return known;
  const id = `${preset}-${nodes.size}`;
  nodes.set(key, id);
  const { verification } = presets[preset];
  const signsUrl = verification.kind === 'signature' && verification.scheme.text.includes('{url}');
  flows.push({
    id,
    type: 'webhook-trigger',
    z: 'tab1',
    x: 10,
    y: 10,
    event: id,
    path: `hooks/${id}`,
    methods: ['POST', 'GET'],
    verification: 'preset',
    preset,
    publicUrl: signsUrl ? origin + pathname : '',
    rawBody: true,
    // samples share their ids
    repeatBy: 'none',
    wires: [['seen1']],
    ...own,
  });
  credentials[id] = { secret };
  return id;
}

for (const [file, preset] of Object.entries(files)) {
  const fixture = publicSuite<Fixture>(`webhooks of ${file} in Node-RED`, `webhook-${file}.json`);
  for (const sample of fixture?.samples ?? []) {
    cases.push({ title: `${file}: ${sample.name}`, node: nodeFor(preset, sample), sample });
  }
  if (preset !== 'aws-sns') continue;
  certificate = fixture?.keys?.certificatePem;
  for (const sample of fixture?.samples ?? []) {
    const ownKind = { verification: 'aws-sns', preset: '' };
    const title = `${file} by its own kind: ${sample.name}`;
    cases.push({ title, node: nodeFor(preset, sample, ownKind), sample });
    const node = nodeFor(preset, sample, { ...ownKind, repeatBy: 'auto' });
    if (/notification v/.test(sample.name)) twice.push({ title, node, sample });
  }
}
// the clock goes forwards only
cases.sort((one, other) => one.sample.now - other.sample.now);

const mounts = [
  { httpAdminRoot: '/', httpNodeRoot: '/' },
  { httpAdminRoot: '/admin', httpNodeRoot: '/api' },
];

for (const settings of cases.length > 0 ? mounts : []) {
  describe(`runtime/webhook with what providers send, editor at ${settings.httpAdminRoot}, nodes at ${settings.httpNodeRoot}`, function () {
    this.timeout(60_000);
    let nodeRed: NodeRed;
    let aws: FarHosts;
    let events = 0;
    const folder = mkdtempSync(join(tmpdir(), 'clock-'));
    const clock = join(folder, 'now');
    const confirmed = () => aws.called.filter((url) => url.includes('ConfirmSubscription')).length;

    before(async () => {
      writeFileSync(clock, '');
      const pem = join(folder, 'aws.pem');
      aws = await startFarHosts(
        ['sns.us-east-1.amazonaws.com'],
        (text) => (writeFileSync(pem, text), pem),
        (url) =>
          url.endsWith('.pem') ? certificate : url.includes('ConfirmSubscription') ? 'ok' : undefined,
      );
      nodeRed = await startNodeRed({
        line: '5',
        flows,
        credentials,
        settings,
        env: {
          ...aws.env,
          TEST_CLOCK: clock,
          NODE_OPTIONS: `--require ${resolve(__dirname, '..', 'support', 'clock.cjs')}`,
        },
      });
    });
    after(async () => {
      await nodeRed?.stop();
      await aws?.close();
      rmSync(folder, { recursive: true });
    });

    function send(node: string, { now, method, url, headers }: Sample, body: Buffer): Promise<RawAnswer> {
      writeFileSync(clock, String(now * 1000));
      const path = `${settings.httpNodeRoot}/hooks/${node}`.replace('//', '/');
      return sendRaw({
        port: nodeRed.port,
        method,
        target: path + new URL(url).search,
        headers,
        body: method === 'GET' ? undefined : body,
      });
    }

    it('is whole', () => assert(cases.length >= casesInAll, String(cases.length)));

    for (const { title, node, sample } of cases) {
      it(`${title}: ${sample.expect}`, async () => {
        const body = Buffer.from(sample.bodyBase64, 'base64');
        const confirmation = body.includes('"SubscriptionConfirmation"');
        const confirmations = confirmed();
        const { status, body: text } = await send(node, sample, body);
        const wanted = { valid: [200], invalid: [401], either: [200, 401] }[sample.expect];
        assert(wanted.includes(status), `${status} ${text}\n${nodeRed.log().slice(-500)}`);
        if (status === 401) return;
        if (confirmation) {
          assert.equal(confirmed(), confirmations + 1);
          return;
        }
        // an event of one that was refused would stand here instead
        const index = events++;
        const { topic: name, value } = await nodeRed.until('the event', () => nodeRed.debug[index]);
        const { event, request } = value as { event: { time: string }; request: { rawBody: Buffer } };
        assert.equal(name, node);
        assert.deepEqual(request.rawBody, body);
        assert.equal(event.time.slice(0, 16), new Date(sample.now * 1000).toISOString().slice(0, 16));
      });
    }

    it('confirms no subscription that AWS did not sign', async () => {
      const forged = cases.filter(({ sample }) => sample.name.startsWith('subscription confirmation'));
      assert.equal(forged.length, 4);
      const before = aws.called.length;
      for (const { node, sample } of forged) {
        const text = Buffer.from(sample.bodyBase64, 'base64').toString().replace('Token=', 'Token=1');
        const { status } = await send(node, sample, Buffer.from(text));
        assert.equal(status, 401);
      }
      assert.equal(aws.called.length, before);
    });

    it('makes one event of a message of SNS that comes twice', async () => {
      assert.equal(twice.length, 2);
      for (const { node, sample } of twice) {
        const { status } = await send(node, sample, Buffer.from(sample.bodyBase64, 'base64'));
        assert.equal(status, 200);
      }
      events++;
    });

    it('makes no other event', async () => {
      await nodeRed.stop();
      assert.equal(nodeRed.debug.length, events);
    });
  });
}

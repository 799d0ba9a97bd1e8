import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { snapshot } from '../../src/polling/changes';
import { startPeer, type Peer } from './peer';
import { untilOk, Watching } from './polling-watch';

describe('polling Prometheus', () => {
  let prometheus: Peer;
  let watching: Watching;

  before(async () => {
    prometheus = await startPeer('prometheus', '/-/ready');
    await untilOk(`${prometheus.url}/-/ready`);
  });
  after(() => prometheus?.stop());
  afterEach(() => watching?.end());

  /** @param rules name and expression of each; in the form of a rule of Prometheus */
  async function reload(kind: 'alert' | 'record', rules: Record<string, string>): Promise<void> {
    const list = Object.entries(rules).map(([name, expr]) => ({ [kind]: name, expr }));
    const groups = list.length === 0 ? [] : [{ name: kind, interval: '1s', rules: list }];
    // JSON is YAML
    await writeFile(path.join(prometheus.folder, 'rules.yml'), JSON.stringify({ groups }));
    const { status } = await fetch(`${prometheus.url}/-/reload`, { method: 'POST' });
    assert.equal(status, 200);
  }
  const seriesUntil = async (query: string, expected: number) => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await delay(100)) {
      const answer = await fetch(`${prometheus.url}/api/v1/query?query=${encodeURIComponent(query)}`);
      const { data } = (await answer.json()) as { data: { result: unknown[] } };
      if (data.result.length === expected) return;
    }
    assert.fail(`${query} never had ${expected} series`);
  };

  it('alerts that begin, change and end as the rules change', async () => {
    await reload('alert', { Old: 'vector(1)' });
    await seriesUntil('ALERTS', 1);
    watching = await Watching.begin({
      connection: { baseUrl: prometheus.url },
      url: '/api/v1/alerts',
      records: 'data.alerts',
      key: { by: 'properties', paths: ['labels.alertname'] },
      watch: snapshot('value'),
    });
    await watching.poll();
    assert.deepEqual(watching.take(), []);

    await reload('alert', { Old: 'vector(1)', High: 'vector(2)', Low: 'vector(3)' });
    assert.deepEqual((await watching.changesOf(2)).sort(), ['+High', '+Low']);
    await reload('alert', { Old: 'vector(5)', High: 'vector(2)' });
    assert.deepEqual((await watching.changesOf(2)).sort(), ['-Low', '~Old']);
    await watching.restart();
    await reload('alert', { High: 'vector(2)', Low: 'vector(3)' });
    assert.deepEqual((await watching.changesOf(2)).sort(), ['+Low', '-Old']);
    // none at all is an empty list
    await reload('alert', {});
    assert.deepEqual((await watching.changesOf(2)).sort(), ['-High', '-Low']);
    await watching.restart();
    assert.deepEqual(await watching.changes(), []);
    assert.equal(Math.max(...watching.ids.values()), 1);
  });

  it('series of a query, by their value and not by the time of each answer', async () => {
    const query = '{__name__=~"peer:.*"}';
    await reload('record', { 'peer:a': 'vector(1)', 'peer:b': 'vector(1)' });
    await seriesUntil(query, 2);
    watching = await Watching.begin({
      connection: { baseUrl: prometheus.url },
      url: `/api/v1/query?query=${encodeURIComponent(query)}`,
      records: 'data.result',
      key: { by: 'properties', paths: ['metric.__name__'] },
      watch: snapshot('value[1]'),
    });
    await watching.poll();
    // the time in each record is another one now
    await delay(1100);
    assert.deepEqual(await watching.changes(), []);
    assert.equal(watching.answers.length, 2);

    await reload('record', { 'peer:a': 'vector(1)', 'peer:c': 'vector(3)' });
    assert.deepEqual((await watching.changesOf(2)).sort(), ['+peer:c', '-peer:b']);
    await reload('record', { 'peer:a': 'vector(7)', 'peer:c': 'vector(3)' });
    assert.deepEqual(await watching.changesOf(1), ['~peer:a']);
    await watching.restart();
    await reload('record', { 'peer:a': 'vector(1)' });
    assert.deepEqual((await watching.changesOf(2)).sort(), ['-peer:c', '~peer:a']);
    await watching.restart();
    assert.deepEqual(await watching.changes(), []);
    // there, back and there again are three events
    assert.equal(Math.max(...watching.ids.values()), 1);
  });
});

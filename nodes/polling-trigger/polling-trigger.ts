import type { Node, NodeAPI, NodeDef, NodeMessage, NodeStatus } from 'node-red';
import type { SendOptions } from '../../src/connection/connection';
import type { ExchangeInput, ExchangePlan } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { digest, parseKey, type BadRecords } from '../../src/polling/changes';
import { systemClock } from '../../src/polling/clock';
import { PollLoop } from '../../src/polling/loop';
import { forgetPolls, Poller, type Emission, type PollReport } from '../../src/polling/poller';
import { rhythmOf } from '../../src/polling/schedule';
import { HttpSource, type PollTimes } from '../../src/polling/source';
import { waitingStatus } from '../runtime/activity';
import { useConnection } from '../runtime/connections';
import { failWithout, showFailure } from '../runtime/failures';
import { whenFlowsStarted } from '../runtime/flows-started';
import { migrate } from '../runtime/migrate';
import { numberOf } from '../runtime/settings';
import { holdStore, isGone, type StoreHold } from '../runtime/store';
import { supported } from '../runtime/supported';
import { compileRows, compileView } from '../runtime/values';
import { configVersion, defaults, type PollingTriggerConfig } from './config';
import { migrations } from './migrations';

/** Milliseconds. */
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };

/** In the unit chosen. */
const shortestInterval = 0.1;
/** Milliseconds: a year. */
const longestInterval = 366 * 24 * units.h!;

export = function (RED: NodeAPI): void {
  if (!supported(RED)) return;

  /** @throws Failure when the settings cannot work */
  function makeSource(node: Node, config: PollingTriggerConfig): HttpSource {
    const connection = useConnection(RED, node, config.connection);
    const plan: ExchangePlan = {
      url: new Template(config.url, 'url'),
      contentType: '',
      decode: 'json',
      isSuccess: parseStatuses('2xx'),
    };
    const query = compileRows(RED, node, config.query);
    const headers = compileRows(RED, node, config.headers);
    const viewOf = compileView(RED, node, [plan.url, ...query.templates, ...headers.templates]);

    const inputOf = async (times: PollTimes): Promise<ExchangeInput> => {
      // Templates and JSONata read the times as if they were a message's.
      const msg = { ...times } as NodeMessage;
      const view = await viewOf(msg);
      return {
        method: 'GET',
        view,
        query: await query.evaluate(msg, view),
        headers: await headers.evaluate(msg, view),
      };
    };
    return new HttpSource(connection, plan, inputOf, config.records.trim(), waitsShownOn(node));
  }

  /** A poll may have to wait for a limit of its connection, or before another attempt. */
  function waitsShownOn(node: Node): Omit<SendOptions, 'signal'> {
    let waiting = false;
    const wait = (until: number): void => {
      waiting = true;
      node.status(
        waitingStatus(until, (time) => (time ? say('status.waitingUntil', { time }) : say('status.waiting'))),
      );
    };
    return {
      onWait: wait,
      onRetry: (_attempt, delay) => wait(Date.now() + delay),
      onStart: () => {
        if (waiting) node.status({ fill: 'blue', shape: 'dot', text: say('status.polling') });
        waiting = false;
      },
    };
  }

  /** @throws Failure when the settings cannot work */
  function makeLoop(node: Node, saved: NodeDef, hold: StoreHold): PollLoop {
    const config = migrate<PollingTriggerConfig>(saved, configVersion, defaults, migrations);
    const unit = units[config.intervalUnit];
    if (!unit) throw new Failure('CONFIG', `"${String(config.intervalUnit)}" is not a unit of the interval`);
    const interval = numberOf(config.interval, 'the interval', shortestInterval) * unit;
    if (interval > longestInterval) throw new Failure('CONFIG', 'the interval must be at most a year');
    const topic = config.event.trim();
    const poller = new Poller({
      owner: node.id,
      name: topic,
      fingerprint: fingerprintOf(config),
      source: makeSource(node, config),
      key: parseKey(config.key),
      store: () => hold.open(),
      clock: systemClock,
      emit: (emission) => node.send(messageOf(emission, topic)),
    });
    const reportBad = badReporter(node, topic);
    return new PollLoop({
      poller,
      rhythm: rhythmOf(node.id, interval),
      clock: systemClock,
      onPoll: () => node.status({ fill: 'blue', shape: 'dot', text: say('status.polling') }),
      onResumed: (fired) => node.status(done(say('status.resumed', { count: fired }))),
      onReport: (report) => {
        if (report.baseline === 'changed') node.log(say('log.changed'));
        reportBad(report.bad);
        node.status(done(summary(report), report.bad && 'yellow'));
      },
      onFailure: (error) => failWithout(node, error, topic),
    });
  }

  function PollingTrigger(this: Node, saved: NodeDef): void {
    RED.nodes.createNode(this, saved);
    const hold = holdStore(RED);
    let loop: PollLoop | undefined;
    let cancelStart = () => {};
    try {
      loop = makeLoop(this, saved, hold);
      cancelStart = whenFlowsStarted(RED, () => loop?.start());
      this.status({});
    } catch (error) {
      this.error(String(showFailure(this, error)));
    }

    const close = async (removed: boolean) => {
      cancelStart();
      await loop?.close(
        new Failure('ABORTED', 'the node was stopped or deployed again', { retryable: true }),
      );
      if (isGone(RED, this, removed)) await forgetPolls(await hold.open(), this.id);
    };
    this.on('close', (removed: boolean, ended: () => void) => {
      close(removed)
        .catch((error: unknown) => this.error(error))
        .then(() => hold.release())
        .catch((error: unknown) => this.error(error))
        .finally(() => {
          this.status({});
          ended();
        });
    });
  }

  function say(key: string, values: Record<string, string | number> = {}): string {
    return RED._(`node-red-contrib-http-connector/polling-trigger:${key}`, values);
  }

  /** "3 new · 12:31:05" */
  function summary({ fired, found, baseline }: PollReport): string {
    return baseline === 'none'
      ? say('status.new', { count: fired })
      : say('status.baseline', { count: found });
  }

  /** Catch nodes hear of records without a key when there are more than before, not again at each poll. */
  function badReporter(node: Node, topic: string): (bad: BadRecords | undefined) => void {
    let known = 0;
    return (bad) => {
      const count = bad?.count ?? 0;
      if (bad && count > known) {
        const sentence = `${count} of the records have no key and are left out: ${bad.reason}`;
        failWithout(node, new Failure('INVALID_BODY', sentence), topic);
      }
      known = count;
    };
  }

  RED.nodes.registerType('polling-trigger', PollingTrigger);
};

/** The settings that say which records these are. Another interval or another name leaves what is known as it is. */
function fingerprintOf({ connection, url, query, records, key }: PollingTriggerConfig): string {
  const rows = query.flatMap(({ name, type, value }) => [name, type, value]);
  return digest(connection, url, records.trim(), parseKey(key).join(), ...rows);
}

function messageOf({ record, event, batch }: Emission, topic: string): NodeMessage {
  return {
    payload: record,
    ...(topic ? { topic } : {}),
    event,
    parts: { id: batch.id, type: 'array', count: batch.count, len: 1, index: batch.index },
  };
}

/** The last result and its time of day. */
function done(text: string, fill: NodeStatus['fill'] = 'green'): NodeStatus {
  return { fill, shape: 'dot', text: `${text} · ${new Date().toTimeString().slice(0, 8)}` };
}

import type { Node, NodeAPI, NodeDef, NodeMessage } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { systemClock } from '../../src/polling/clock';
import { forgetPolls, PauseSwitch } from '../../src/polling/control';
import type { Emission } from '../../src/polling/events';
import type { BadRecords } from '../../src/polling/keys';
import { PollLease } from '../../src/polling/lease';
import { PollLoop } from '../../src/polling/loop';
import { Poller } from '../../src/polling/poller';
import { cronSchedule, everyInterval, rhythmOf, type Schedule } from '../../src/polling/schedule';
import { servePolling } from '../admin/polling';
import { useConnection } from '../runtime/connections';
import { failWithout, showFailure } from '../runtime/failures';
import { whenFlowsStarted } from '../runtime/flows-started';
import { migrate } from '../runtime/migrate';
import { numberOf } from '../runtime/settings';
import { holdStore, isGone, type StoreHold } from '../runtime/store';
import { compilePoll } from './compile-poll';
import { configVersion, defaults, type PollingTriggerConfig } from './config';
import { Controls } from './controls';
import { migrations } from './migrations';
import { PollStatus } from './poll-status';

/** Milliseconds. */
const units: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
/** In the unit chosen. */
const shortestInterval = 0.1;
/** Milliseconds: a year. */
const longestInterval = 366 * 24 * units.h!;
/** Milliseconds over which nodes with one cron pattern are spread. */
const cronSpread = 5000;
/** Seconds without a sign of life after which another instance polls. */
const defaultLeaseTime = 15;

/** What a polling-trigger does, and what the editor asks of it. Loaded with the first one. */
export function pollingTrigger(RED: NodeAPI): (node: Node, saved: NodeDef) => void {
  /** Those that run, for the buttons of the editor. */
  const running = new Map<string, Controls>();

  /** @throws Failure when the settings cannot work */
  async function makeControls(node: Node, config: PollingTriggerConfig, hold: StoreHold): Promise<Controls> {
    const status = new PollStatus(node, say);
    const connection = useConnection(RED, node, config.connection);
    const store = () => hold.open();
    const lease = hold.several
      ? new PollLease({ store, scope: `polling/${node.id}`, ttl: leaseTerm(RED), clock: systemClock })
      : undefined;
    const topic = config.event.trim();
    const poller = new Poller({
      ...compilePoll(RED, node, config, connection, status.progress()),
      owner: node.id,
      store,
      clock: systemClock,
      fence: lease,
      emit: (emission) => node.send(messageOf(emission, topic)),
    });
    const reportBad = badReporter(node, topic);
    const loop = new PollLoop({
      poller,
      schedule: await scheduleOf(node, config),
      clock: systemClock,
      pauseSwitch: new PauseSwitch(node.id, store),
      lease,
      onPoll: () => status.polling(),
      onNext: (next) => status.due(next),
      onResumed: (fired) => status.resumed(fired),
      onReport: (report) => {
        if (report.baseline === 'changed') node.log(say('log.changed'));
        reportBad(report.bad ?? report.cursorless);
        status.reported(report);
      },
      onFailure: (error) => {
        failWithout(node, error, topic);
        status.failed(error);
      },
    });
    return new Controls(poller, loop, status);
  }

  function say(key: string, values: Record<string, string | number> = {}): string {
    return RED._(`node-red-contrib-http-connector/polling-trigger:${key}`, values);
  }

  servePolling(RED, (id) => running.get(id));

  return (node, saved) => {
    const hold = holdStore(RED);
    let closed = false;
    let controls: Controls | undefined;
    const make = async (): Promise<void> => {
      const config = migrate<PollingTriggerConfig>(saved, configVersion, defaults, migrations);
      controls = await makeControls(node, config, hold);
      if (!closed) running.set(node.id, controls);
    };
    const made = make().catch((error: unknown) => node.error(String(showFailure(node, error))));
    const cancelStart = whenFlowsStarted(RED, () => {
      void made.then(() => {
        if (!closed) controls?.start();
      });
    });
    node.status({});

    node.on('input', (msg, _send, done) => {
      made
        .then(() => {
          if (!controls) throw new Failure('CONFIG', 'the node is not set up: it cannot be controlled');
          return controls.obey((msg as { payload?: unknown }).payload);
        })
        .then(() => done(), done);
    });

    const close = async (removed: boolean) => {
      closed = true;
      cancelStart();
      if (running.get(node.id) === controls) running.delete(node.id);
      await made;
      await controls?.close();
      if (isGone(RED, node, removed)) await forgetPolls(await hold.open(), node.id);
    };
    node.on('close', (removed: boolean, ended: () => void) => {
      close(removed)
        .catch((error: unknown) => node.error(error))
        .then(() => hold.release())
        .catch((error: unknown) => node.error(error))
        .finally(() => {
          node.status({});
          ended();
        });
    });
  };
}

/**
 * How long a lease lasts, in milliseconds: three quarters of `httpConnector.leaseTime` (seconds) in settings.js. Others look
 * for it every third of its length, which is the last quarter.
 *
 * @throws Failure CONFIG
 */
function leaseTerm({ settings }: NodeAPI): number {
  const own = (settings as { httpConnector?: { leaseTime?: number | string } }).httpConnector;
  const seconds = numberOf(own?.leaseTime ?? defaultLeaseTime, 'httpConnector.leaseTime in settings.js', 1);
  return seconds * 1000 * 0.75;
}

/** @throws Failure CONFIG */
function scheduleOf(node: Node, config: PollingTriggerConfig): Schedule | Promise<Schedule> {
  if (config.schedule === 'cron') {
    return cronSchedule({
      pattern: config.cron.trim(),
      zone: config.zone.trim(),
      id: node.id,
      spread: cronSpread,
    });
  }
  const unit = units[config.intervalUnit];
  if (!unit) throw new Failure('CONFIG', `"${String(config.intervalUnit)}" is not a unit of the interval`);
  const interval = numberOf(config.interval, 'the interval', shortestInterval) * unit;
  if (interval > longestInterval) throw new Failure('CONFIG', 'the interval must be at most a year');
  return everyInterval(rhythmOf(node.id, interval));
}

/** Catch nodes hear of records that cannot be used when there are more than before, not again at each poll. */
function badReporter(node: Node, topic: string): (bad: BadRecords | undefined) => void {
  let known = 0;
  return (bad) => {
    const count = bad?.count ?? 0;
    if (bad && count > known) {
      const sentence = `${count} of the records cannot be used as they are: ${bad.reason}`;
      failWithout(node, new Failure('INVALID_BODY', sentence), topic);
    }
    known = count;
  };
}

function messageOf({ payload, event, events, batch }: Emission, topic: string): NodeMessage {
  return {
    payload,
    ...(topic ? { topic } : {}),
    event,
    ...(events ? { events } : {}),
    parts: { id: batch.id, type: 'array', count: batch.count, len: 1, index: batch.index },
  };
}

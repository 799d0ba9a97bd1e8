import type { Node, NodeAPI, NodeMessage } from 'node-red';
import type { SendOptions } from '../../src/connection/connection';
import type { ExchangeInput, ExchangePlan, Sender } from '../../src/exchange/exchange';
import { Failure } from '../../src/exchange/failure';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { everyRecord, newAndUpdated, newRecords, snapshot, type Watch } from '../../src/polling/changes';
import { systemClock } from '../../src/polling/clock';
import type { CursorRule } from '../../src/polling/cursor';
import type { Output } from '../../src/polling/events';
import type { FirstRun } from '../../src/polling/judge';
import { digest, parseKey, type KeyRule } from '../../src/polling/keys';
import type { PollerOptions } from '../../src/polling/poller';
import { HttpSource, type PollTimes } from '../../src/polling/source';
import { compileBody } from '../runtime/bodies';
import { compileJsonata } from '../runtime/jsonata';
import { compilePaging } from '../runtime/paging';
import { numberOf } from '../runtime/settings';
import { successCondition } from '../runtime/success';
import { compileRows, compileView } from '../runtime/values';
import type { PollingTriggerConfig } from './config';

/** What of a poller comes from the dialog. */
export type CompiledPoll = Omit<PollerOptions, 'owner' | 'store' | 'clock' | 'emit' | 'fence'>;

/**
 * Turns the fields of the dialog into a poller's parts.
 *
 * @param progress is told when a request has to wait
 * @throws Failure when the settings cannot work
 */
export function compilePoll(
  RED: NodeAPI,
  node: Node,
  saved: PollingTriggerConfig,
  sender: Sender,
  progress: Omit<SendOptions, 'signal'> = {},
): CompiledPoll {
  const config = asSent(saved);
  return {
    name: config.event.trim(),
    fingerprint: fingerprintOf(config),
    onChange: config.onChange,
    source: new HttpSource({
      ...compileRequest(RED, node, config),
      sender,
      records: config.records.trim(),
      progress,
      clock: systemClock,
    }),
    key: keyOf(RED, node, config),
    watch: watchOf(config),
    cursor: cursorOf(config),
    order: config.order,
    firstRun: firstRunOf(config),
    accepts: conditionOf(RED, node, config),
    perPoll: numberOf(config.perPoll, 'the most records of a poll') || undefined,
    output: outputOf(config),
  };
}

/** What a poll asks. */
export interface CompiledRequest {
  plan: ExchangePlan;
  inputOf: (times: PollTimes) => Promise<ExchangeInput>;
  paging: ReturnType<typeof compilePaging>;
}

/** @throws Failure when the settings cannot work */
export function compileRequest(RED: NodeAPI, node: Node, saved: PollingTriggerConfig): CompiledRequest {
  const config = asSent(saved);
  const url = new Template(config.url, 'url');
  const query = compileRows(RED, node, config.query);
  const headers = compileRows(RED, node, config.headers);
  const parts = { parts: [], bodyProperty: 'payload', bodyFile: '' };
  const body = compileBody(RED, node, { ...config, ...parts });
  const viewOf = compileView(RED, node, [
    url,
    ...[query, headers, body].flatMap(({ templates }) => templates),
  ]);
  const paging = compilePaging(config.paging);
  const plan: ExchangePlan = {
    url,
    contentType: config.contentType,
    arrays: config.arrays,
    decode: config.responseKind,
    isSuccess: parseStatuses(config.success),
    accepts: successCondition(RED, node, config.successCondition),
  };

  const inputOf = async (times: PollTimes): Promise<ExchangeInput> => {
    // Templates and JSONata read the times as if they were a message's.
    const msg = { ...times } as NodeMessage;
    const view = await viewOf(msg);
    return {
      method: config.method,
      view,
      query: [...(await query.evaluate(msg, view)), ...(paging?.query ?? [])],
      headers: await headers.evaluate(msg, view),
      body: body.of(msg, view),
    };
  };
  return { plan, inputOf, paging };
}

/** A GET has no body, whatever was chosen for a POST before. */
function asSent(saved: PollingTriggerConfig): PollingTriggerConfig {
  return saved.method === 'GET' ? { ...saved, bodyKind: 'none' } : saved;
}

function keyOf(RED: NodeAPI, node: Node, { keyKind, key }: PollingTriggerConfig): KeyRule {
  if (keyKind === 'content') return { by: 'content' };
  if (keyKind === 'properties') return { by: 'properties', paths: parseKey(key) };
  const expression = compileJsonata(RED, node, key, 'the key');
  return { by: 'function', text: key, of: (record) => expression({ payload: record }) };
}

const watches: Readonly<Record<PollingTriggerConfig['watch'], (version: string | undefined) => Watch>> = {
  new: () => newRecords,
  updates: newAndUpdated,
  every: () => everyRecord,
  snapshot: (version) => snapshot(version),
};

function watchOf({ watch, version }: PollingTriggerConfig): Watch {
  if (!Object.hasOwn(watches, watch)) throw new Failure('CONFIG', `"${watch}" is not what can fire`);
  return watches[watch](version.trim() || undefined);
}

function cursorOf({ cursor, cursorStart, lookback }: PollingTriggerConfig): CursorRule | undefined {
  const path = cursor.trim();
  if (path === '') return undefined;
  const back = numberOf(lookback, 'the lookback');
  return { path, initial: cursorStart.trim(), lookback: back * 1000, lookbackSteps: back };
}

function firstRunOf({ watch, firstRun, firstSince, firstCount, cursor }: PollingTriggerConfig): FirstRun {
  // where every record fires, the first poll is as any other
  if (watch === 'every') return { from: 'now' };
  switch (firstRun) {
    case 'since':
      if (cursor.trim() === '') {
        throw new Failure('CONFIG', 'to begin at a date, the cursor’s field must be named');
      }
      if (firstSince.trim() === '') throw new Failure('CONFIG', 'the date of the first run is empty');
      return { from: 'since', at: firstSince.trim() };
    case 'last':
      return { from: 'last', count: numberOf(firstCount, 'the number of records of the first run', 1) };
    case 'everything':
    case 'now':
      return { from: firstRun };
  }
}

function conditionOf(RED: NodeAPI, node: Node, { condition }: PollingTriggerConfig): CompiledPoll['accepts'] {
  if (condition.trim() === '') return undefined;
  const expression = compileJsonata(RED, node, condition, 'the condition');
  return async (record) => Boolean(await expression({ payload: record }));
}

function outputOf({ output, batchSize }: PollingTriggerConfig): Output {
  if (output === 'batch') return { shape: 'batches', size: numberOf(batchSize, 'the size of a batch', 1) };
  return { shape: output === 'all' ? 'poll' : 'record' };
}

/** The settings that say which records these are. Another schedule or another name leaves what is known as it is. */
function fingerprintOf(config: PollingTriggerConfig): string {
  const { connection, method, url, bodyKind, records } = config;
  const hasBody = bodyKind !== 'none';
  const [body, variables] = hasBody ? [config.body, config.variables] : ['', ''];
  const rows = [...config.query, ...(hasBody ? config.form : [])].flatMap(({ name, type, value }) => [
    name,
    type,
    value,
  ]);
  return digest(connection, method, url, bodyKind, body, variables, records.trim(), ...rows);
}

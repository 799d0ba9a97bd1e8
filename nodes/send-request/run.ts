import type { Node, NodeAPI } from 'node-red';
import type { Connection, SendOptions } from '../../src/connection/connection';
import { ask, exchange, read, render, type ExchangePlan, type Sender } from '../../src/exchange/exchange';
import { redactFailure } from '../../src/exchange/failure';
import { LongJobs } from '../../src/exchange/long-job';
import { parseStatuses } from '../../src/exchange/success';
import { Template } from '../../src/exchange/template';
import { pages } from '../../src/paging/pages';
import { compilePaging, type CompiledPaging } from '../runtime/paging';
import { milliseconds } from '../runtime/rules';
import { successCondition } from '../runtime/success';
import { checkPath } from '../runtime/values';
import { compileRequest, type CompiledRequest, type MessageRequest } from './compile-request';
import type { SendRequestConfig } from './config';
import { answered, type Emit, type Message } from './message';
import { positionOf, putOut } from './paged';
import { streams } from './streamed';

/** Handles one message: its request goes out, and what comes of it is put out. @throws Failure without secrets */
export type Run = (msg: Message, emit: Emit, options: SendOptions) => Promise<void>;

/** What the ways to deal with an answer have in common. */
export interface Setup {
  RED: NodeAPI;
  node: Pick<Node, 'id'>;
  config: SendRequestConfig;
  sender: Sender;
  plan: ExchangePlan;
  request: CompiledRequest;
}

/** One message on its way. */
export interface Asking {
  msg: Message;
  request: MessageRequest;
  options: SendOptions;
  emit: Emit;
}

/**
 * Everything that does not depend on the message is done once.
 *
 * @throws Failure when the settings cannot work
 */
export function compileRun(RED: NodeAPI, node: Node, config: SendRequestConfig, connection: Connection): Run {
  checkPath(RED, config.responseProperty, 'the property of the answer');
  const file = config.responseKind === 'file' ? new Template(config.responseFile, 'text') : undefined;
  const request = compileRequest(RED, node, config, file ? [file] : []);
  const setup: Setup = {
    RED,
    node,
    config,
    request,
    sender: config.longJob
      ? new LongJobs(connection, {
          timeout: milliseconds(config.longJobTimeout, 'the time for a long job'),
          now: Date.now,
        })
      : connection,
    plan: { ...request.plan, decode: decodeKindOf(config), ...judgeOf(RED, node, config), ...partOf(config) },
  };
  const paging = compilePaging(config.paging);
  const stream = paging ? undefined : streams[config.responseKind]?.(setup, file);
  const handle = paging ? paged(setup, paging) : (stream ?? whole(setup));

  return async (msg, emit, options) => {
    try {
      const asked = await request.of(msg);
      await handle({ msg, request: asked, emit, options: { ...options, rules: asked.rules } });
    } catch (error) {
      throw redactFailure(error, (text) => connection.redact(text));
    }
  };
}

/** What reads an answer as a whole; where its body goes elsewhere, this is for the one of a page. */
function decodeKindOf({ responseKind }: SendRequestConfig): ExchangePlan['decode'] {
  return responseKind === 'sse' || responseKind === 'file' ? 'auto' : responseKind;
}

/** The part that is kept. Pages have their records in its place; and where failures go on, so do their bodies. */
function partOf({
  responsePart,
  paging,
  failures,
}: SendRequestConfig): Pick<ExchangePlan, 'part' | 'partIsOptional'> {
  if (paging.kind !== '') return {};
  return { part: responsePart.trim(), partIsOptional: failures === 'success' };
}

/** What is a success. Where failures go on as if they were none, every answer is. */
function judgeOf(
  RED: NodeAPI,
  node: Node,
  { failures, success, successCondition: condition }: SendRequestConfig,
): Pick<ExchangePlan, 'isSuccess' | 'accepts'> {
  const isSuccess = parseStatuses(success);
  if (failures === 'success') return { isSuccess: () => true };
  return { isSuccess, accepts: successCondition(RED, node, condition) };
}

/** One answer, one message: the one that came. */
function whole({ RED, config, plan, sender }: Setup): (asking: Asking) => Promise<void> {
  return async ({ msg, request, options, emit }) => {
    const { body, summary } = await exchange(plan, request.input, sender, options);
    await emit(answered(RED, msg, config.responseProperty, body, summary));
  };
}

function paged(setup: Setup, paging: CompiledPaging): (asking: Asking) => Promise<void> {
  const { RED, node, config, plan, sender } = setup;
  const { output, records } = config.paging;
  return async ({ msg, request, options, emit }) => {
    const resume = positionOf(msg, node.id);
    const first = await render(plan, request.input, sender);
    const named = new Set(first.query?.map(([name]) => name));
    const size = paging.query.filter(([name]) => !named.has(name));
    const source = pages({ ...first, query: [...(first.query ?? []), ...size] }, paging.pager, {
      send: async (asked) => read(plan, asked, await ask(plan, asked, sender, options), sender),
      recordsPath: records.trim(),
      decode: plan.decode,
      maxPages: paging.maxPages,
      maxRecords: paging.maxRecords,
      maxSeconds: paging.maxSeconds,
      resume,
      signal: options.signal,
      clock: { now: Date.now },
    });
    await putOut(source, output, { RED, msg, path: config.responseProperty, node: node.id, resume, emit });
  };
}

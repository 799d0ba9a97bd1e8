import { randomUUID } from 'node:crypto';
import type { Node, NodeAPI } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { compileRules } from '../../src/exchange/rules';
import { Receiver, type ReceiverOptions } from '../../src/webhook/receiver';
import { Refusal } from '../../src/webhook/refusal';
import type { RepeatSource } from '../../src/webhook/repeats';
import { TokenBucket } from '../../src/webhook/token-bucket';
import { compileJsonata } from '../runtime/jsonata';
import { numberOf } from '../runtime/settings';
import type { StoreHold } from '../runtime/store';
import type { WebhookTriggerConfig, WebhookTriggerCredentials } from './config';
import { TextFetcher } from './fetch-text';
import { makeGate, type Gate } from './gate';
import { keepLearnedSecret } from './learned-secret';

export interface CompileOptions {
  RED: NodeAPI;
  node: Node;
  config: WebhookTriggerConfig;
  credentials: WebhookTriggerCredentials;
  /** Where a secret of a handshake is kept; without it none is learned. */
  hold?: StoreHold;
  scope: string;
  maxSize: number;
  /** Whether a body of so many bytes can be kept. */
  hasRoom: (bytes: number) => boolean;
}

export interface Compiled {
  receiver: Receiver;
  gate: Gate;
  /** Whether repeats are known by an id. */
  keepsIds: boolean;
  close(): Promise<void>;
}

/** @throws Failure when the settings cannot work */
export function compileReceiver(options: CompileOptions): Compiled {
  const { RED, node, config, credentials, hold, scope, maxSize } = options;
  const fetcher = new TextFetcher();
  const keeper = hold && keepLearnedSecret({ store: () => hold.open(), scope, key: credentials.stateKey });
  const gate = makeGate({ config, credentials, fetchText: fetcher.fetch, keeper });
  const repeats = repeatsOf(config, gate);
  const receiver = new Receiver({
    name: config.event,
    gatekeeper: gate.gatekeeper,
    admit: admission(config, options.hasRoom),
    payload: config.payload,
    maxSize,
    rawBody: config.rawBody,
    filesFolder: filesFolderOf(config),
    repeats,
    condition: conditionOf(RED, node, config),
    split: config.split ? config.splitPath.trim() : undefined,
    now: () => new Date(),
    newId: randomUUID,
  });
  const keepsIds = repeats !== undefined || config.payload === 'cloudevents';
  return { receiver, gate, keepsIds, close: () => fetcher.close() };
}

/** @throws Failure CONFIG */
function repeatsOf({ repeatBy, repeatName }: WebhookTriggerConfig, gate: Gate): RepeatSource | undefined {
  const name = repeatName.trim();
  const sources: Record<string, () => RepeatSource | undefined> = {
    auto: () => gate.eventId,
    none: () => undefined,
    header: () => ({ header: name }),
    path: () => ({ path: name }),
    hash: () => 'hash',
  };
  if (!Object.hasOwn(sources, repeatBy)) {
    throw new Failure('CONFIG', `"${String(repeatBy)}" is no way to know repeats by`);
  }
  if (name === '' && (repeatBy === 'header' || repeatBy === 'path')) {
    throw new Failure('CONFIG', 'it is not set where the id stands by which repeats are known');
  }
  return sources[repeatBy]!();
}

/** @throws Failure CONFIG */
function filesFolderOf({ files, filesFolder, payload }: WebhookTriggerConfig): string | undefined {
  // only these make parts
  if (files !== 'file' || !['auto', 'multipart'].includes(payload)) return undefined;
  const folder = filesFolder.trim();
  if (folder === '') throw new Failure('CONFIG', 'no folder is set for the files of a delivery');
  return folder;
}

/** What of the other kind was set before does not count. @throws Failure CONFIG */
function conditionOf(
  RED: NodeAPI,
  node: Node,
  { conditionBy, condition, conditionRules, conditionMatch }: WebhookTriggerConfig,
): ReceiverOptions['condition'] {
  if (conditionBy === 'rules') {
    if (conditionRules.length === 0) return undefined;
    const holds = compileRules(conditionRules, conditionMatch);
    return (message) => holds(message);
  }
  if (condition.trim() === '') return undefined;
  const evaluate = compileJsonata(RED, node, condition, 'the condition');
  return async (message) => Boolean(await evaluate(message));
}

/** @throws Failure CONFIG; what it makes throws a Refusal */
function admission(
  config: WebhookTriggerConfig,
  hasRoom: CompileOptions['hasRoom'],
): ReceiverOptions['admit'] {
  const bucket = bucketOf(config);
  return ({ body }) => {
    if (!hasRoom(body.length)) {
      throw inboxFull();
    }
    const wait = bucket?.take(performance.now()) ?? 0;
    if (wait > 0) {
      const sentence = 'this webhook takes no more deliveries at the moment: send it again later';
      throw new Refusal('RATE_LIMITED', sentence, undefined, undefined, Math.ceil(wait));
    }
  };
}

/** The burst counts only beside a rate. @throws Failure CONFIG */
function bucketOf({ rateLimit, rateUnit, rateBurst }: WebhookTriggerConfig): TokenBucket | undefined {
  const limit = numberOf(rateLimit, 'the rate');
  if (limit === 0) return undefined;
  const burst = numberOf(rateBurst, 'the burst') || limit;
  return new TokenBucket(limit / (rateUnit === 'm' ? 60 : 1), burst, performance.now());
}

export function inboxFull(): Refusal {
  const sentence = 'too many events wait here: send it again later';
  return new Refusal('INBOX_FULL', sentence, undefined, undefined, 5);
}

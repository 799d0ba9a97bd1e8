import type { Node, NodeAPI } from 'node-red';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { isStreamed, type Body } from '../../src/connection/body';
import type { Connection, SendOptions } from '../../src/connection/connection';
import type { HeaderFields } from '../../src/connection/headers';
import { redactDeep, type AnswerSummary } from '../../src/exchange/exchange';
import { classify, Failure, type FailedAnswer } from '../../src/exchange/failure';
import { asText } from '../../src/exchange/values';
import type { TriedAnswer, TriedMessage, TriedRequest, TryResult } from '../editor/try-result';
import { describeOn } from '../runtime/failures';
import { migrate } from '../runtime/migrate';
import { configVersion, defaults, type SendRequestConfig } from '../send-request/config';
import type { Message } from '../send-request/message';
import { migrations } from '../send-request/migrations';
import { compileRun } from '../send-request/run';
import { openDialogConnection } from './dialog-connection';
import { dialogConfig, type DialogValues } from './dialog-values';
import { isolatedNode } from './isolated-node';

/** What the dialog sends. */
interface TryRequest {
  /** The send-request node as it stands in the dialog. */
  config: Record<string, unknown>;
  connection: DialogValues & { id: string };
  message: Record<string, unknown>;
}

const mostMessages = 10;
const mostRequests = 20;
/** Characters of a body that was sent, and bytes of a Buffer in a message. */
const mostText = 64 * 1024;
const mostBytes = 1000;
/** Milliseconds; a stream that goes on is broken off. */
const longest = 60_000;

/**
 * `POST send-request/try/:id`: handles one message with the values as they stand in the dialog, deployed or not. No
 * secret of the connection is in the answer, not even one that the server repeats.
 */
export function serveTryRequest(RED: NodeAPI, vault: TokenVault): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const permission = RED.auth.needsPermission('send-request.write');
  RED.httpAdmin.post('/send-request/try/:id', permission, (request, response) => {
    const closed = new AbortController();
    response.on('close', () => closed.abort(new Failure('ABORTED', 'the dialog was closed')));
    tryRequest(RED, vault, String(request.params.id), request.body as TryRequest, closed.signal).then(
      (result) => response.json(result),
      (error: unknown) => response.json(failed(error)),
    );
  });
}

function failed(error: unknown): TryResult {
  const { code, message } = classify(error);
  return { ok: false, code, message, elapsed: 0, requests: [], messages: [], more: 0 };
}

async function tryRequest(
  RED: NodeAPI,
  vault: TokenVault,
  id: string,
  { config: saved, connection: dialog, message }: TryRequest,
  closed: AbortSignal,
): Promise<TryResult> {
  const config = migrate<SendRequestConfig>(dialogConfig(RED, saved), configVersion, defaults, migrations);
  const connection = openDialogConnection(RED, vault, dialog.id, dialog);
  try {
    const node = isolatedNode(RED, id, asText(saved.z), dialog.id);
    return await new Trial(RED, connection, node, config).run(message, closed);
  } finally {
    await connection.close();
  }
}

/** There is enough to show. */
const enough = new Failure('ABORTED', 'there is enough to show');

class Trial {
  readonly #connection: Connection;
  readonly #run: ReturnType<typeof compileRun>;
  readonly #secondOutput: boolean;
  readonly #requests: TriedRequest[] = [];
  readonly #messages: TriedMessage[] = [];
  #answer: TriedAnswer | undefined;

  constructor(RED: NodeAPI, connection: Connection, node: Node, config: SendRequestConfig) {
    this.#connection = connection;
    this.#secondOutput = config.failures === 'output';
    this.#run = compileRun(RED, node, config, connection);
  }

  async run(message: Record<string, unknown>, closed: AbortSignal): Promise<TryResult> {
    const began = performance.now();
    const ending = new AbortController();
    const options: SendOptions = {
      signal: AbortSignal.any([closed, ending.signal, AbortSignal.timeout(longest)]),
      onHop: (hop) => this.#note(hop),
    };
    const emit = (answer: Message): void => {
      if (this.#messages.length === mostMessages) {
        ending.abort(enough);
        throw enough;
      }
      this.#messages.push({ output: 1, message: shown(answer) });
      this.#answer = answer.response as AnswerSummary;
    };
    const msg = { _msgid: 'try', ...message } as Message;
    let failure: Failure | undefined;
    try {
      await this.#run(msg, emit, options);
    } catch (error) {
      failure = classify(error);
    }
    const stopped = ending.signal.aborted;
    const failed = failure && !stopped ? failure : undefined;
    if (failed && this.#secondOutput) {
      this.#messages.push({ output: 2, message: shown(withFailure(msg, failed)) });
    }
    const result: TryResult = {
      ok: !failed,
      ...(failed ? { code: failed.code, message: failed.message } : {}),
      elapsed: Math.round(performance.now() - began),
      requests: this.#requests,
      answer: failed?.response ? failedAnswer(failed.response) : this.#answer,
      messages: this.#messages,
      more: stopped ? 1 : 0,
    };
    return redactDeep(result, (text) => this.#connection.redact(text)) as TryResult;
  }

  #note(hop: { method: string; url: string; headers: HeaderFields; body: Body | undefined }): void {
    if (this.#requests.length === mostRequests) return;
    const { method, url, headers, body } = hop;
    const size = isStreamed(body) ? (body.length ?? 0) : (body?.length ?? 0);
    this.#requests.push({ method, url, headers, body: textOf(body), size });
  }
}

/** As the node puts it on the message that goes to its second output. */
function withFailure(msg: Message, failure: Failure): Message {
  describeOn(msg, failure);
  return msg;
}

function failedAnswer({ statusCode, statusText, headers, body }: FailedAnswer): TriedAnswer {
  const text = typeof body === 'string' ? body : JSON.stringify(body, undefined, 2);
  return { statusCode, statusText, headers, body: text };
}

/** A body that is text. */
function textOf(body: Body | undefined): string | undefined {
  if (body === undefined || isStreamed(body)) return undefined;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
  } catch {
    return undefined;
  }
}

/** A message as the editor can show it. */
function shown(msg: Message): Record<string, unknown> {
  const text = JSON.stringify(msg, (_name, value: unknown) => {
    const { type, data } = (value ?? {}) as { type?: unknown; data?: unknown };
    // Buffers come here as what their toJSON makes of them
    if (type !== 'Buffer' || !Array.isArray(data)) return value;
    return { type, data: (data as unknown[]).slice(0, mostBytes), length: data.length };
  });
  return JSON.parse(text) as Record<string, unknown>;
}

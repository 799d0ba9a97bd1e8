import type { Node, NodeAPI } from 'node-red';
import { redactor } from '../../src/connection/redact';
import { classify, Failure } from '../../src/exchange/failure';
import { redactDeep } from '../../src/exchange/exchange';
import { refusalAnswer } from '../../src/webhook/answer';
import type { Delivery } from '../../src/webhook/delivery';
import { PathPattern } from '../../src/webhook/path-pattern';
import type { Outcome } from '../../src/webhook/receiver';
import type { Refusal } from '../../src/webhook/refusal';
import { overlap } from '../../src/webhook/route-table';
import type { Arrival, HttpRoutes, Route } from '../runtime/http-routes';
import { migrate } from '../runtime/migrate';
import { numberOf } from '../runtime/settings';
import { prepareAnswers } from '../webhook-trigger/answers';
import { compileReceiver, type Compiled } from '../webhook-trigger/compile-receiver';
import {
  configVersion,
  defaults,
  type WebhookTriggerConfig,
  type WebhookTriggerCredentials,
} from '../webhook-trigger/config';
import { withDefaults } from '../webhook-trigger/gate';
import { methodsOf, type Hook } from '../webhook-trigger/hook';
import { migrations } from '../webhook-trigger/migrations';
import { secretSlots } from '../webhook-trigger/verification-config';
import { dialogConfig, dialogCredentials, type DialogValues } from './dialog-values';
import { isolatedNode } from './isolated-node';
import { redactHeaders, showMessage } from './webhook-show';

/** What `GET webhook-trigger/:id/listen` answers. */
export interface ListenState {
  /** `over` when nobody listens: it was never begun, was stopped, or its five minutes have passed. */
  state: 'listening' | 'received' | 'over';
  /** ISO 8601: when listening ends by itself. */
  until?: string;
  sample?: Sample;
}

/** A delivery as it came, and what the values of the dialog make of it. No secret of the node is in it. */
export interface Sample {
  /** ISO 8601. */
  received: string;
  /** Missing when it was refused before it was read, such as one that is too large. */
  delivery?: {
    method: string;
    url: string;
    path: string;
    ip: string;
    headers: Delivery['headers'];
    /** Bytes of the body. */
    size: number;
    /** The body when it is text, cut at 64 KiB; else `base64`. */
    text?: string;
    base64?: string;
  };
  verdict: {
    /** `event`: it makes messages; `filtered`: the condition holds for none; `handshake`: it was one of the sender's tests. */
    result: 'event' | 'filtered' | 'handshake' | 'refused';
    /** The status that the sender gets. */
    status: number;
    code?: string;
    /** Why it was refused, in more words than the sender reads. */
    detail?: string;
  };
  /** What would leave the node: the first ones, and how many there are. */
  messages: unknown[];
  count: number;
}

/** Milliseconds. */
const longest = 5 * 60_000;
const mostText = 64 * 1024;
const mostMessages = 5;

/**
 * *Listen for a sample*, for the editor:
 *
 * - `POST webhook-trigger/:id/listen` `{ config, credentials }`, the values of the dialog: `{ state, until }`. A node that
 *   runs with the same path goes on as it is, and what it gets is shown; for another one the path is opened for the time,
 *   and what comes makes no event
 * - `GET webhook-trigger/:id/listen`: a `ListenState`
 * - `DELETE webhook-trigger/:id/listen`: `{}`
 *
 * One listens at a time for a node: a new start takes the place of the one before. An error is `{ code, message }` with
 * the status 400.
 */
export function serveListen(
  RED: NodeAPI,
  routes: HttpRoutes,
  running: ReadonlyMap<string, Hook>,
  scopeOf: (id: string) => string,
): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const listeners = new Map<string, Listener>();
  const write = RED.auth.needsPermission('webhook-trigger.write');
  const path = '/webhook-trigger/:id/listen';
  const stop = async (id: string) => {
    const listener = listeners.get(id);
    listeners.delete(id);
    await listener?.close();
  };
  RED.httpAdmin.post(path, write, (request, response) => {
    const id = String(request.params.id);
    const begin = async () => {
      await stop(id);
      const listener = new Listener(RED, routes, running, id, scopeOf(id), request.body as DialogValues);
      listeners.set(id, listener);
      return listener.state;
    };
    begin().then(
      (state) => response.json(state),
      (error: unknown) => {
        const { code, message } = classify(error);
        response.status(400).json({ code, message });
      },
    );
  });
  RED.httpAdmin.get(path, write, (request, response) => {
    response.json(listeners.get(String(request.params.id))?.state ?? { state: 'over' });
  });
  RED.httpAdmin.delete(path, write, (request, response) => {
    stop(String(request.params.id))
      .catch((error: unknown) => RED.log.warn(`webhook trigger: ${String(error)}`))
      .finally(() => response.json({}));
  });
}

class Listener {
  readonly #compiled: Compiled;
  readonly #secrets: readonly string[];
  readonly #end: () => Promise<void> | void;
  readonly #timer: NodeJS.Timeout;
  readonly #until = new Date(Date.now() + longest).toISOString();
  readonly #status: number;
  #sample: Sample | undefined;
  #asked = false;
  #isOver = false;

  /** @throws Failure when the values of the dialog cannot work, or another node has the path */
  constructor(
    RED: NodeAPI,
    routes: HttpRoutes,
    running: ReadonlyMap<string, Hook>,
    id: string,
    scope: string,
    dialog: DialogValues,
  ) {
    const saved = dialogConfig(RED, dialog.config);
    const config = withDefaults(
      migrate<WebhookTriggerConfig>({ ...saved, id }, configVersion, defaults, migrations),
    );
    const credentials = dialogCredentials(RED, id, dialog) as WebhookTriggerCredentials;
    const node = isolatedNode(RED, id, config.z ?? '', '');
    const maxSize = Math.floor(numberOf(config.maxSize, 'the largest body', 1) * 1024);
    this.#secrets = [...secretSlots, 'verifyToken' as const].map((slot) => credentials[slot] ?? '');
    this.#status = numberOf(config.answerStatus, "the answer's status");
    this.#compiled = compileReceiver({
      RED,
      node,
      config: { ...config, rateLimit: 0 },
      credentials,
      scope,
      maxSize,
      hasRoom: () => true,
    });
    this.#end = this.#listen(RED, routes, running.get(id), { node, config, maxSize });
    this.#timer = setTimeout(() => void this.close().catch(() => undefined), longest);
    this.#timer.unref();
  }

  get state(): ListenState {
    if (this.#sample) return { state: 'received', sample: this.#sample };
    return this.#isOver ? { state: 'over' } : { state: 'listening', until: this.#until };
  }

  async close(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    await this.#end();
    await this.#compiled.close();
  }

  #listen(
    RED: NodeAPI,
    routes: HttpRoutes,
    hook: Hook | undefined,
    { node, config, maxSize }: { node: Node; config: WebhookTriggerConfig; maxSize: number },
  ): () => Promise<void> | void {
    const pattern = new PathPattern(config.path);
    const methods = methodsOf([...config.methods, ...this.#compiled.gate.methods]);
    if (hook && overlap(hook, { methods, pattern })) {
      const tap = (arrival: Arrival) => void this.#note(arrival);
      hook.tap = tap;
      return () => {
        if (hook.tap === tap) hook.tap = undefined;
      };
    }
    const answers = prepareAnswers(RED, node, config);
    let problem: Failure | undefined;
    const route: Route = {
      methods,
      pattern,
      label: 'a node whose dialog is open',
      maxSize,
      bodyTimeout: 30_000,
      needsExpress: false,
      opened: () => undefined,
      waiting: (reason) => (problem = reason),
      take: async (arrival) => {
        const outcome = await this.#note(arrival);
        if ('refusal' in outcome) {
          return { answer: refusalAnswer(outcome.refusal, this.#compiled.gate.scheme) };
        }
        return { answer: 'answer' in outcome ? outcome.answer : (answers.fixed ?? answers.bare()) };
      },
    };
    if (routes.isTaken(route)) {
      throw new Failure('CONFIG', 'another webhook trigger has this path: choose another one to listen');
    }
    routes.add(route);
    if (problem) throw problem;
    return () => routes.close(route);
  }

  /** The first delivery is the sample. */
  async #note(arrival: Arrival): Promise<Outcome> {
    const isFirst = !this.#asked;
    this.#asked = true;
    const outcome = 'refusal' in arrival ? arrival : await this.#compiled.receiver.receive(arrival.delivery);
    if (isFirst) {
      const delivery = 'delivery' in arrival ? arrival.delivery : undefined;
      const redact = redactor(this.#secrets);
      this.#sample = redactDeep(this.#sampleOf(delivery, outcome), redact) as Sample;
    }
    return outcome;
  }

  #sampleOf(delivery: Delivery | undefined, outcome: Outcome): Sample {
    const messages = 'groups' in outcome ? outcome.groups.flatMap(({ events }) => events) : [];
    const secretHeaders = this.#compiled.gate.gatekeeper.secretHeaders;
    return {
      received: new Date().toISOString(),
      ...(delivery ? { delivery: describe(delivery, secretHeaders) } : {}),
      verdict: verdictOf(outcome, messages.length, this.#status),
      messages: messages.slice(0, mostMessages).map((message) => {
        const { request } = message;
        const headers = redactHeaders(request.headers, secretHeaders);
        return showMessage({ ...message, request: { ...request, headers, cookies: {} } });
      }),
      count: messages.length,
    };
  }
}

function verdictOf(outcome: Outcome, count: number, status: number): Sample['verdict'] {
  if ('refusal' in outcome) return refused(outcome.refusal);
  if ('answer' in outcome) return { result: 'handshake', status: outcome.answer.status };
  return { result: count > 0 ? 'event' : 'filtered', status };
}

function refused({ status, code, detail, cause }: Refusal): Sample['verdict'] {
  const reason = code === 'INTERNAL' && cause instanceof Error ? `${detail}: ${cause.message}` : detail;
  return { result: 'refused', status, code, detail: reason };
}

function describe(
  { method, url, headers, ip, body }: Delivery,
  secretHeaders: readonly string[],
): Sample['delivery'] {
  const text = textOf(body);
  return {
    method,
    url,
    path: url.split('?', 1)[0]!,
    ip,
    headers: redactHeaders(headers, secretHeaders),
    size: body.length,
    ...(text === undefined ? { base64: body.subarray(0, mostText).toString('base64') } : { text }),
  };
}

function textOf(body: Buffer): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return text.length > mostText ? `${text.slice(0, mostText)}…` : text;
  } catch {
    return undefined;
  }
}

import type { Node, NodeAPI } from 'node-red';
import { redactor } from '../../src/connection/redact';
import { classify, Failure } from '../../src/exchange/failure';
import { redactDeep } from '../../src/exchange/exchange';
import { refusalAnswer } from '../../src/webhook/answer';
import { PathPattern } from '../../src/webhook/path-pattern';
import type { Outcome } from '../../src/webhook/receiver';
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
import type { Hook } from '../webhook-trigger/hook';
import { methodsOf } from '../webhook-trigger/methods';
import { migrations } from '../webhook-trigger/migrations';
import { secretSlots } from '../webhook-trigger/verification-config';
import { dialogConfig, dialogCredentials, type DialogValues } from './dialog-values';
import { isolatedNode } from './isolated-node';
import { checkDelivery, longestKept, type CheckResult, type KeptDelivery } from './webhook-check';
import { sampleOf, type Sample } from './webhook-sample';

/** What `GET webhook-trigger/:id/listen` answers. */
export interface ListenState {
  /** `over` when nobody listens: it was never begun, was stopped, or its five minutes have passed. */
  state: 'listening' | 'received' | 'over';
  /** ISO 8601: when listening ends by itself. */
  until?: string;
  sample?: Sample;
}

/** Milliseconds. */
const longest = 5 * 60_000;

/**
 * *Listen for a sample*, for the editor:
 *
 * - `POST webhook-trigger/:id/listen` `{ config, credentials }`, the values of the dialog: `{ state, until }`. A node that
 *   runs with the same path goes on as it is, and what it gets is shown; for another one the path is opened for the time,
 *   and what comes makes no event
 * - `GET webhook-trigger/:id/listen`: a `ListenState`
 * - `POST webhook-trigger/:id/listen/check` `{ config, credentials }`: a `CheckResult` for the delivery that was received,
 *   by these values
 * - `DELETE webhook-trigger/:id/listen`: `{}`; what was received is forgotten
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
  RED.httpAdmin.post(`${path}/check`, write, (request, response) => {
    const id = String(request.params.id);
    const check = async () => {
      const kept = listeners.get(id)?.kept;
      if (!kept) throw new Failure('CONFIG', 'no delivery is kept: listen for one');
      const { config, credentials } = readDialog(RED, id, request.body as DialogValues);
      const redact = redactor(secretsIn(credentials));
      return redactDeep(await checkDelivery(kept, config, credentials), redact) as CheckResult;
    };
    check().then(
      (result) => response.json(result),
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

/** @throws Failure CONFIG when a release from later saved it */
function readDialog(
  RED: NodeAPI,
  id: string,
  dialog: DialogValues,
): { config: WebhookTriggerConfig; credentials: WebhookTriggerCredentials } {
  const saved = dialogConfig(RED, dialog.config);
  const config = withDefaults(
    migrate<WebhookTriggerConfig>({ ...saved, id }, configVersion, defaults, migrations),
  );
  return { config, credentials: dialogCredentials(RED, id, dialog) };
}

function secretsIn(credentials: WebhookTriggerCredentials): string[] {
  return [...secretSlots, 'verifyToken' as const].map((slot) => credentials[slot] ?? '');
}

class Listener {
  readonly #compiled: Compiled;
  readonly #secrets: readonly string[];
  readonly #end: () => Promise<void> | void;
  readonly #timer: NodeJS.Timeout;
  readonly #until = new Date(Date.now() + longest).toISOString();
  readonly #status: number;
  #sample: Sample | undefined;
  #kept: KeptDelivery | undefined;
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
    const { config, credentials } = readDialog(RED, id, dialog);
    const node = isolatedNode(RED, id, config.z ?? '', '');
    const maxSize = Math.floor(numberOf(config.maxSize, 'the largest body', 1) * 1024);
    this.#secrets = secretsIn(credentials);
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

  /** The delivery that was received. */
  get kept(): KeptDelivery | undefined {
    return this.#kept;
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
      const tap = (arrival: Arrival) => {
        this.#note(arrival).catch((error: unknown) => RED.log.warn(`webhook trigger: ${String(error)}`));
      };
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
    const at = Date.now();
    const outcome = 'refusal' in arrival ? arrival : await this.#compiled.receiver.receive(arrival.delivery);
    if (isFirst) {
      const delivery = 'delivery' in arrival ? arrival.delivery : undefined;
      const redact = redactor(this.#secrets);
      if (delivery && delivery.body.length <= longestKept) this.#kept = { delivery, at };
      const { secretHeaders } = this.#compiled.gate.gatekeeper;
      const sample = await sampleOf(delivery, outcome, { secretHeaders, status: this.#status });
      this.#sample = redactDeep(sample, redact) as Sample;
    }
    return outcome;
  }
}

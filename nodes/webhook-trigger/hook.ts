/** A webhook at run time: from an arrival to its answer, and from the inbox to the flow. */
import type { Node, NodeAPI, NodeMessage } from 'node-red';
import { PollLease } from '../../src/polling/lease';
import { systemClock } from '../../src/polling/clock';
import { Failure } from '../../src/exchange/failure';
import type { Answer } from '../../src/webhook/answer';
import { Inbox } from '../../src/webhook/inbox/inbox';
import { type EventInbox } from '../../src/webhook/inbox/event-inbox';
import { MemoryInbox } from '../../src/webhook/inbox/memory-inbox';
import type { Handing } from '../../src/webhook/inbox/dispatcher';
import type { InboxEvent } from '../../src/webhook/inbox/event';
import { KnownAnswers } from '../../src/webhook/known-answers';
import { PathPattern } from '../../src/webhook/path-pattern';
import type { EventGroup } from '../../src/webhook/receiver';
import { Refusal } from '../../src/webhook/refusal';
import { failWithout, showFailure } from '../runtime/failures';
import { useFlowDone, type FlowDoneUse } from '../runtime/flow-done';
import type { Arrival, Ends, Route, Taken } from '../runtime/http-routes';
import { refusalsOf } from '../runtime/refusals';
import type { StoreHold } from '../runtime/store';
import { prepareAnswers, prepareFallback, type Answers } from './answers';
import { compileReceiver, inboxFull, type Compiled } from './compile-receiver';
import type { WebhookTriggerConfig, WebhookTriggerCredentials } from './config';
import { FlowAnswers, type FlowEnds } from './flow-answers';
import { readLimits, type Limits } from './limits';
import { methodsOf } from './methods';

export interface HookOptions {
  RED: NodeAPI;
  node: Node;
  config: WebhookTriggerConfig;
  credentials: WebhookTriggerCredentials;
  hold: StoreHold;
  scope: string;
  /** Shows that all is well. */
  listening: () => void;
  /** Shows that a sender's delivery came. Cheap. */
  delivered: () => void;
}

/** Sees what arrives. */
export type Tap = (arrival: Arrival) => void;

/** What an event takes in memory beside its body, in bytes, about. */
const overhead = 1024;
/** Milliseconds without a sign of life after which another instance delivers. */
const leaseTime = 15_000;
/** Milliseconds between two warnings of one kind. */
const warnEvery = 60_000;

export class Hook implements Route {
  readonly methods: readonly string[];
  readonly pattern: PathPattern;
  readonly label: string;
  readonly maxSize: number;
  readonly bodyTimeout: number;
  readonly needsExpress: boolean;
  readonly inbox: EventInbox;
  /** *Listen for a sample*. */
  tap: Tap | undefined;
  readonly #options: HookOptions;
  readonly #compiled: Compiled;
  readonly #answers: Answers;
  readonly #known = new KnownAnswers();
  readonly #limits: Limits;
  readonly #refuse: (refusal: Refusal) => Answer;
  readonly #flowAnswers: FlowAnswers | undefined;
  readonly #flowDone: FlowDoneUse | undefined;
  /** See `PartFiles`. */
  readonly #reach: (() => Promise<unknown>) | undefined;
  /** Senders who wait for the flow, by their event. */
  readonly #hanging = new Map<string, FlowEnds>();
  #trouble = false;
  #warned = 0;

  /** @throws Failure when the settings cannot work */
  constructor(options: HookOptions) {
    const { RED, node, config, hold, scope } = options;
    this.#options = options;
    this.#limits = readLimits(config);
    this.maxSize = this.#limits.maxSize;
    this.bodyTimeout = this.#limits.bodyTimeout;
    this.pattern = new PathPattern(config.path);
    // What the editor writes on the node.
    const title = config.name || config.event.trim();
    this.label = title ? `"${title}" (${node.id})` : node.id;
    this.#answers = prepareAnswers(RED, node, config);
    this.#compiled = compileReceiver({
      ...options,
      maxSize: this.maxSize,
      hasRoom: (bytes) => !this.inbox.isFull(1, bytes + overhead),
    });
    this.methods = methodsOf([...config.methods, ...this.#compiled.gate.methods]);
    this.#refuse = refusalsOf(node, this.#compiled.gate.scheme);
    this.needsExpress = config.answer === 'flow';
    if (this.needsExpress) {
      this.#flowAnswers = new FlowAnswers({
        RED,
        node,
        deadline: this.#limits.answerTimeout,
        fallback: prepareFallback(config),
        keeps: this.#compiled.keepsIds,
      });
    }
    this.#reach = hold.several ? async () => (await hold.open()).get(scope, 'reach') : undefined;
    const common = {
      scope,
      store: () => hold.open(),
      limits: this.#limits.inbox,
      concurrency: this.#limits.concurrency,
      redelivery: this.#limits.redelivery,
      deliver: (event: Handing) => this.#deliver(event),
      onDead: (event: InboxEvent, error: unknown) => this.#died(event, error),
      onFailure: (error: unknown) => this.#storeFailed(error),
    };
    if (config.durable) {
      const lease = hold.several
        ? new PollLease({ store: common.store, scope, ttl: leaseTime, clock: systemClock })
        : undefined;
      this.inbox = new Inbox({ ...common, lease, together: config.acknowledge === 'handover' });
    } else this.inbox = new MemoryInbox({ ...common, isAlone: !hold.several });
    // last, because nothing releases it when the settings cannot work
    this.#flowDone = config.acknowledge === 'done' ? useFlowDone(RED) : undefined;
  }

  opened(): void {
    const { node, listening } = this.#options;
    const { problem } = this.#compiled.gate.gatekeeper;
    if (problem) node.error(String(showFailure(node, problem)));
    else listening();
  }

  waiting(problem: Failure): void {
    const { node } = this.#options;
    node.error(String(showFailure(node, problem)));
  }

  async take(arrival: Arrival, ends: Ends): Promise<Taken> {
    this.tap?.(arrival);
    if ('refusal' in arrival) return this.#refused(arrival.refusal);
    const { delivery } = arrival;
    const outcome = await this.#compiled.receiver.receive(delivery);
    if ('refusal' in outcome) return this.#refused(outcome.refusal);
    this.#recovered();
    if ('answer' in outcome) return { answer: outcome.answer };
    const { groups } = outcome;
    const size = delivery.body.length + overhead;
    const count = groups.reduce((sum, { events }) => sum + events.length, 0);
    if (count > 1 && this.inbox.isFull(count, size + overhead * count)) return this.#refused(inboxFull());
    try {
      if (this.#flowAnswers && count > 0) return await this.#takeForFlow(outcome.groups, size, ends);
      const answer = this.#answers.fixed ?? (await this.#render(outcome.first));
      const repeated = count > 0 && !(await this.#accept(groups, size));
      return {
        answer: repeated
          ? ((await this.#known.get(groups[0]!.repeat!)) ?? answer)
          : this.#keep(groups, answer),
      };
    } catch (error) {
      return this.#refused(this.#unavailable(error));
    }
  }

  /**
   * Resolves when everybody has an answer and nothing is handed over any more.
   *
   * @param forGood there is no next start: what is in memory is handed over now
   */
  async close(forGood: boolean): Promise<void> {
    await this.#flowAnswers?.close();
    await this.inbox.close(forGood && !this.#flowDone);
    this.#flowDone?.release();
    await this.#compiled.close();
  }

  /** @returns whether any of it is new */
  async #accept(groups: readonly EventGroup[], size: number, ownFor?: number): Promise<boolean> {
    if (groups.length === 1) return this.#acceptGroup(groups[0]!, size, ownFor);
    const results = await Promise.all(groups.map((group) => this.#acceptGroup(group, size, ownFor)));
    return results.includes(true);
  }

  #acceptGroup({ events, repeat, files }: EventGroup, size: number, ownFor?: number): Promise<boolean> {
    const { repeatWindow } = this.#limits;
    const known =
      repeat !== undefined && repeatWindow > 0
        ? { id: repeat, expires: Date.now() + repeatWindow }
        : undefined;
    const kept = size - (files && !this.#options.config.rawBody ? files.bytes : 0);
    const each = Math.ceil(kept / events.length);
    const accepted = events.map((message) => ({ id: message.event.id, message, size: each, ownFor }));
    const keep = () => this.inbox.accept(accepted, known);
    return files ? files.with(keep, this.#reach) : keep();
  }

  async #takeForFlow(groups: readonly EventGroup[], size: number, ends: Ends): Promise<Taken> {
    const waiting = this.#flowAnswers!.wait(ends.request, ends.response);
    const ids = groups.flatMap(({ events }) => events.map(({ event }) => event.id));
    for (const id of ids) if (!this.#hanging.has(id)) this.#hanging.set(id, waiting.ends);
    const forget = () => {
      for (const id of ids) if (this.#hanging.get(id) === waiting.ends) this.#hanging.delete(id);
    };
    void waiting.answered.then(forget);
    const [{ repeat }] = groups as [EventGroup];
    try {
      if (await this.#accept(groups, size, this.#limits.answerTimeout + leaseTime)) {
        if (repeat !== undefined) this.#known.expect(repeat, waiting.answered);
        return {};
      }
      forget();
      const known = repeat === undefined ? undefined : await this.#known.get(repeat);
      waiting.giveUp(known ?? (await this.#render(groups[0]!.events[0]!)));
    } catch (error) {
      forget();
      waiting.giveUp(this.#refuse(this.#unavailable(error)));
      this.#trouble = true;
    }
    return {};
  }

  /** The event was accepted and goes its way: the sender must not send it again for a fault in our answer. */
  async #render(message: object): Promise<Answer> {
    try {
      return await this.#answers.render(message as NodeMessage);
    } catch (error) {
      this.#trouble = true;
      failWithout(this.#options.node, error, this.#options.config.event);
      return this.#answers.bare();
    }
  }

  /** Keeps what differs from event to event. */
  #keep(groups: readonly EventGroup[], answer: Answer): Answer {
    const repeat = groups[0]?.repeat;
    if (repeat !== undefined && answer !== this.#answers.fixed) this.#known.set(repeat, answer);
    return answer;
  }

  #deliver(event: Handing): void | Promise<void> {
    const { node, RED } = this.#options;
    let message = event.message as NodeMessage & Handing['message'];
    if (event.attempt > 1) message = { ...message, event: { ...message.event, attempt: event.attempt } };
    const ends = this.#hanging.size > 0 ? this.#hanging.get(event.id) : undefined;
    if (!this.#flowDone) {
      emit(node, ends ? Object.assign({}, message, ends) : message);
      return undefined;
    }
    // the flow changes what it gets, and may get it again
    const copy = Object.assign(RED.util.cloneMessage(message), ends);
    const { onDoneTimeout } = this.#options.config;
    return this.#flowDone.follow(
      (_msgid) => node.send(Object.assign(copy, { _msgid })),
      RED.util.generateId(),
      {
        timeout: this.#limits.doneTimeout,
        onTimeout:
          onDoneTimeout === 'done'
            ? 'done'
            : new Failure(
                'TIMEOUT',
                `the flow was not done after ${this.#limits.doneTimeout / 1000} seconds`,
              ),
      },
    );
  }

  #died({ id, message }: InboxEvent, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const sentence = `the event ${id} was given up and is kept as a dead letter: ${reason}`;
    failWithout(this.#options.node, new Failure('ABORTED', sentence, { retryable: false }), message.topic);
  }

  #storeFailed(error: unknown): void {
    const { node } = this.#options;
    this.#trouble = true;
    const failure = showFailure(node, error);
    if (Date.now() < this.#warned + warnEvery) return;
    this.#warned = Date.now();
    node.warn(String(failure));
  }

  #unavailable(error: unknown): Refusal {
    this.#storeFailed(error);
    return new Refusal('UNAVAILABLE', 'the delivery could not be kept: send it again', error);
  }

  #refused(refusal: Refusal): Taken {
    this.#trouble = true;
    return { answer: this.#refuse(refusal) };
  }

  #recovered(): void {
    if (this.#trouble) this.#options.listening();
    this.#trouble = false;
    this.#options.delivered();
  }
}

/** A message that cannot be cloned for a second wire makes `send` throw. */
function emit(node: Node, message: NodeMessage): void {
  try {
    node.send(message);
  } catch (error) {
    failWithout(node, error, message.topic);
  }
}

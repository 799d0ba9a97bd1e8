import { hash } from 'node:crypto';
import type { Answer } from './answer';
import { idOf, readCloudEvents, type CloudEventAttributes } from './cloud-events';
import { summarise, type Delivery, type DeliverySummary } from './delivery';
import type { Gatekeeper } from './gatekeeper';
import { filesOf, placeFiles, type PartFiles } from './part-files';
import { decodePayload, plainBody, type PayloadKind } from './payload';
import { Refusal } from './refusal';
import { repeatIdOf, type RepeatSource } from './repeats';
import { valueAt } from './verification/json-body';

/** `msg.event` of a delivery. */
export interface WebhookEvent {
  id: string;
  name: string;
  type: 'webhook';
  /** When it was received, ISO 8601 in UTC. */
  time: string;
  /** 1 for the first hand-over of this event to the flow. */
  attempt: number;
}

/** `msg.parts`, as the core split node sets it. */
export interface Parts {
  id: string;
  type: 'array';
  count: number;
  len: 1;
  index: number;
}

/** What a flow receives of a delivery. */
export interface EventMessage {
  topic?: string;
  payload: unknown;
  event: WebhookEvent;
  request: DeliverySummary;
  parts?: Parts;
  /** The attributes of a CloudEvent. */
  cloudEvent?: CloudEventAttributes;
}

/** Events that are kept together or not at all. */
export interface EventGroup {
  events: EventMessage[];
  /** By which a repeat of the group is known. */
  repeat?: string;
  /** What its events have on disk: to be written as they are kept. */
  files?: PartFiles;
}

/** What a delivery is. */
export type Outcome =
  /** It makes events; none when the condition holds for none. `first` is what the answer is made of. */
  | { groups: EventGroup[]; first: EventMessage }
  /** It is not for the flow, but one of the sender's tests. */
  | { answer: Answer }
  | { refusal: Refusal };

export interface ReceiverOptions {
  /** Name of the event, '' when it has none. */
  name: string;
  gatekeeper: Pick<Gatekeeper, 'admit' | 'secretHeaders'>;
  /** Asked once a delivery is known to be the sender's. @throws Refusal when there is no room for it */
  admit?: (delivery: Delivery) => void;
  payload: PayloadKind;
  /** Most bytes of a body, after its content codings are undone. */
  maxSize: number;
  /** Keep the bytes as received on the message. */
  rawBody: boolean;
  repeats?: RepeatSource;
  /** Throws or rejects when it cannot be evaluated. */
  condition?: (message: EventMessage) => boolean | Promise<boolean>;
  /** Where the files of a multipart body are put; without it they stay in the message as bytes. */
  filesFolder?: string;
  /** Makes an event of each entry of the list at this path into the payload; '' for the payload itself. */
  split?: string;
  now: () => Date;
  newId: () => string;
}

/** Entries of a list that become events of their own; more is somebody who wants us to work. */
const mostEvents = 10_000;

/** From a delivery to its events, or to the reason why there are none. Knows no server and sends nothing. */
export class Receiver {
  readonly #options: ReceiverOptions;
  /** The last time, as text: many deliveries share a millisecond. */
  #time = { ms: NaN, text: '' };

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong here is a refusal too, with the code INTERNAL and the error as its cause. */
  async receive(delivery: Delivery): Promise<Outcome> {
    try {
      return await this.#accept(delivery);
    } catch (error) {
      if (error instanceof Refusal) return { refusal: error };
      return { refusal: new Refusal('INTERNAL', 'the delivery could not be processed', error) };
    }
  }

  async #accept(delivery: Delivery): Promise<Outcome> {
    const { gatekeeper, admit, maxSize, payload: kind } = this.#options;
    const answer = await gatekeeper.admit(delivery);
    if (answer) return { answer };
    admit?.(delivery);
    const encoding = delivery.headers['content-encoding'];
    const body = encoding ? await plainBody(delivery, maxSize) : delivery.body;
    const request = summarise(delivery, gatekeeper.secretHeaders);
    if (this.#options.rawBody) request.rawBody = delivery.body;
    if (kind === 'cloudevents') return this.#cloudEvents(delivery, body, request);
    const toFiles = this.#options.filesFolder !== undefined;
    const payload = await decodePayload(delivery, body, kind, request.query, toFiles);
    return this.#events(delivery, request, payload);
  }

  async #events(delivery: Delivery, request: DeliverySummary, payload: unknown): Promise<Outcome> {
    const { repeats, newId, split, filesFolder } = this.#options;
    const found = repeats && repeatIdOf(repeats, delivery, payload);
    const id = found?.isSenders ? found.id : newId();
    const placed = filesFolder === undefined ? undefined : placeFiles(payload, filesFolder, newId);
    const first = this.#message(id, request, payload);
    const all = split === undefined ? [first] : this.#split(first, listAt(payload, split));
    const events = await this.#wanted(all);
    if (split !== undefined) number(events, id);
    if (events.length === 0) return { first, groups: [] };
    const files =
      placed &&
      filesOf(
        events.map((event) => event.payload),
        placed,
      );
    return { first, groups: [{ events, repeat: found?.id, files }] };
  }

  /** A batch may hold events that are known beside some that are not: each is a group of its own. */
  async #cloudEvents(delivery: Delivery, body: Buffer, request: DeliverySummary): Promise<Outcome> {
    const read = await readCloudEvents(delivery, body);
    if (read.length > mostEvents) throw tooMany();
    const { name, newId } = this.#options;
    const messages = read.map(({ attributes, data }) => ({
      ...this.#message(shorten(idOf(attributes)), request, data ?? null, attributes.type),
      cloudEvent: attributes,
    }));
    const events = await this.#wanted(messages);
    const first = messages[0] ?? this.#message(newId(), request, [], name);
    const groups = events.map((event) => ({ events: [event], repeat: event.event.id }));
    return { first, groups };
  }

  #message(id: string, request: DeliverySummary, payload: unknown, name = this.#options.name): EventMessage {
    const now = this.#options.now();
    const ms = now.getTime();
    if (ms !== this.#time.ms) this.#time = { ms, text: now.toISOString() };
    const event: WebhookEvent = { id, name, type: 'webhook', time: this.#time.text, attempt: 1 };
    return name ? { topic: name, payload, event, request } : { payload, event, request };
  }

  #split(whole: EventMessage, list: readonly unknown[]): EventMessage[] {
    const { event } = whole;
    return list.map((payload, index) => ({
      ...whole,
      payload,
      event: { ...event, id: `${event.id}-${index}` },
    }));
  }

  async #wanted(messages: EventMessage[]): Promise<EventMessage[]> {
    const { condition } = this.#options;
    if (!condition) return messages;
    const wanted: EventMessage[] = [];
    for (const message of messages) if (await condition(message)) wanted.push(message);
    return wanted;
  }
}

function number(events: EventMessage[], id: string): void {
  for (const [index, event] of events.entries()) {
    event.parts = { id, type: 'array', count: events.length, len: 1, index };
  }
}

/** @throws Refusal INVALID_BODY when there is no list */
function listAt(payload: unknown, path: string): readonly unknown[] {
  const list = path === '' ? payload : valueAt(payload, path);
  if (!Array.isArray(list)) {
    const place = path === '' ? 'the payload' : `"${path}" of the payload`;
    throw new Refusal('INVALID_BODY', `${place} is not a list, of which events are to be made`);
  }
  if (list.length > mostEvents) throw tooMany();
  return list;
}

function tooMany(): Refusal {
  return new Refusal('BODY_TOO_LARGE', `a delivery of more than ${mostEvents} events is not taken`);
}

function shorten(id: string): string {
  return id.length <= 300 ? id : `sha256-${hash('sha256', id)}`;
}

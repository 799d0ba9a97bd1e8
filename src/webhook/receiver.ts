import { summarise, type Delivery, type DeliverySummary } from './delivery';
import { decodePayload, plainBody, type PayloadKind } from './payload';
import { Refusal } from './refusal';
import type { Verifier } from './verification/verifier';

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

/** What a flow receives of a delivery. */
export interface EventMessage {
  topic?: string;
  payload: unknown;
  event: WebhookEvent;
  request: DeliverySummary;
}

/** A delivery is taken and becomes a message, or it is refused. */
export type Outcome = { message: EventMessage } | { refusal: Refusal };

export interface ReceiverOptions {
  /** Name of the event, '' when it has none. */
  name: string;
  verifier: Verifier;
  payload: PayloadKind;
  /** Most bytes of a body, after its content codings are undone. */
  maxSize: number;
  /** Keep the bytes as received on the message. */
  rawBody: boolean;
  now: () => Date;
  newId: () => string;
}

/** From a delivery to an event's message, or to the reason why there is none. Knows no server and sends nothing. */
export class Receiver {
  readonly #options: ReceiverOptions;

  constructor(options: ReceiverOptions) {
    this.#options = options;
  }

  /** Never rejects: what goes wrong here is a refusal too, with the code INTERNAL and the error as its cause. */
  async receive(delivery: Delivery): Promise<Outcome> {
    try {
      return { message: await this.#accept(delivery) };
    } catch (error) {
      if (error instanceof Refusal) return { refusal: error };
      return { refusal: new Refusal('INTERNAL', 'the delivery could not be processed', error) };
    }
  }

  async #accept(delivery: Delivery): Promise<EventMessage> {
    const { verifier, maxSize, payload: kind } = this.#options;
    await verifier.verify(delivery);
    const body = await plainBody(delivery, maxSize);
    const request = summarise(delivery, verifier.secretHeaders);
    const payload = await decodePayload(delivery, body, kind, request.query);
    return this.#message(delivery, request, payload);
  }

  #message(delivery: Delivery, request: DeliverySummary, payload: unknown): EventMessage {
    const { name, rawBody, now, newId } = this.#options;
    return {
      ...(name ? { topic: name } : {}),
      payload,
      event: { id: newId(), name, type: 'webhook', time: now().toISOString(), attempt: 1 },
      request: rawBody ? { ...request, rawBody: delivery.body } : request,
    };
  }
}

/** The requests of a subscription as they leave: what their templates see, and what of the answers is kept. */
import { createHash } from 'node:crypto';
import type { Request, Response } from '../../connection/connection';
import { findHeader, getHeader, setHeader, type HeaderFields } from '../../connection/headers';
import { decodeBody } from '../../exchange/decode';
import { ask, type Sender } from '../../exchange/exchange';
import { Failure } from '../../exchange/failure';
import type { TemplateView } from '../../exchange/template';
import { readPath } from '../../exchange/template-path';
import { asText, valueAt, valueBelow } from '../../exchange/values';
import { discreet } from './discreet';
import { expiryOf } from './expiry';
import { isOfAnswer, plannedWithoutSecrets, PlannedRequest } from './planned-request';
import type { Facts, Secrets, SubscriptionPlan } from './plan';
import type { Live } from './record';

/** Looks up what templates read from outside, such as `env.X`. */
export type Outside = (names: readonly string[]) => Promise<ReadonlyMap<string, unknown>>;

/** Reads an answer's body, whatever it is: that it came counts. */
async function bodyOf({ body, headers }: Response): Promise<unknown> {
  try {
    return await decodeBody(body, getHeader(headers, 'content-type') ?? '', 'auto');
  } catch {
    return body.toString('utf8');
  }
}

const isSuccess = (status: number): boolean => status >= 200 && status <= 299;

export interface RequestsOptions {
  plan: SubscriptionPlan;
  facts: Facts;
  /** Left out for what is no more: its node, and so its secrets, may be gone. */
  secrets?: Secrets;
  sender: Sender;
  outside: Outside;
  now: () => number;
}

export class Requests {
  readonly #options: RequestsOptions;
  readonly #subscribe: PlannedRequest;
  readonly #list: PlannedRequest | undefined;
  readonly #renew: PlannedRequest | undefined;
  readonly #unsubscribe: PlannedRequest | undefined;

  /** @throws Failure CONFIG, TEMPLATE when the plan cannot work */
  constructor(options: RequestsOptions) {
    const { subscribe, list, renew, unsubscribe } = options.plan;
    this.#options = { ...options, sender: discreet(options.sender, options.secrets) };
    this.#subscribe = new PlannedRequest(subscribe);
    this.#list = list && plannedWithoutSecrets(list, 'list');
    this.#renew = renew && renew !== 'again' ? new PlannedRequest(renew) : undefined;
    this.#unsubscribe = unsubscribe && plannedWithoutSecrets(unsubscribe, 'unsubscribe');
    if (this.#subscribe.readsAnswer || this.#list?.readsAnswer) {
      throw new Failure('CONFIG', 'what is sent before there is a subscription cannot have its id');
    }
  }

  /** Whether a subscription can be ended though its answer was never read. */
  get endsUnseen(): boolean {
    return this.#unsubscribe?.readsAnswer === false;
  }

  /** Whether a subscription whose answer was kept for other settings can be renewed and ended with these. */
  covers({ known }: Live): boolean {
    const kept = known.map(([name]) => name);
    return this.#namesOfAnswer.every((name) => kept.includes(name));
  }

  /** What the subscribe request says: the same as long as the settings, secrets included, are. */
  async fingerprint(connection: string): Promise<string> {
    const { plan, facts, sender } = this.#options;
    const view = await this.#view(this.#subscribe, [], 0);
    const { method, url, headers, body } = await this.#subscribe.render(view, sender);
    const settings = digest(JSON.stringify([connection, plan.subscribe, facts.callback, plan.idPath]));
    // Two bytes tell another secret and tell nobody what it is.
    const sent = JSON.stringify([facts.node, method, url, headers, textOf(body)]);
    return `${settings}-${digest(sent).slice(0, 4)}`;
  }

  /** @throws Failure */
  async subscribe(key: string, signal: AbortSignal): Promise<Live> {
    const { secrets, sender, now } = this.#options;
    if (!secrets && this.#subscribe.readsSecrets) {
      const sentence = 'whether it was subscribed is not known, and the secret to ask again is gone';
      throw new Failure('CONFIG', sentence);
    }
    const since = now();
    const request = await this.#subscribe.render(await this.#view(this.#subscribe, [], since), sender);
    const headers = request.headers ?? {};
    if (!findHeader(headers, 'idempotency-key')) setHeader(headers, 'Idempotency-Key', key);
    const response = await ask({ isSuccess }, { ...request, headers }, sender, { signal });
    const body = await bodyOf(response);
    const known = this.knownOf(body, response.headers);
    return { known, since, ...this.#endIn(body, since) };
  }

  /** @returns the subscription as it is from now on. @throws Failure */
  async renew(live: Live, signal: AbortSignal): Promise<Live> {
    const { now } = this.#options;
    const since = now();
    const response = await this.#send(this.#renew!, live.known, since, signal);
    const { known } = live;
    return { known, since, ...this.#endIn(await bodyOf(response), since) };
  }

  /** Undefined when nothing is sent to end one. @throws Failure */
  async undo(known: Live['known']): Promise<Request | undefined> {
    if (!this.#unsubscribe) return undefined;
    const missing = this.#unsubscribe.names.find(
      (name) => isOfAnswer(name) && !known.some(([kept]) => kept === name),
    );
    if (missing !== undefined) {
      const sentence = `the answer to the subscribe request had no ${missing}: the subscription cannot be ended from here`;
      throw new Failure('CONFIG', sentence);
    }
    return this.#unsubscribe.render(await this.#view(this.#unsubscribe, known, 0), this.#options.sender);
  }

  /** @throws Failure `HTTP_<status>` and all others */
  async end(request: Request, signal: AbortSignal): Promise<void> {
    await ask({ isSuccess }, request, this.#options.sender, { signal });
  }

  /** What the service lists; undefined when it is not asked. @throws Failure */
  async list(signal: AbortSignal): Promise<{ body: unknown } | undefined> {
    if (!this.#list) return undefined;
    const response = await this.#send(this.#list, [], this.#options.now(), signal);
    return { body: await bodyOf(response) };
  }

  /** What the further requests need to know of an answer, or of a list's entry in its place. What is empty is not known. */
  knownOf(body: unknown, headers: HeaderFields = {}): Live['known'] {
    const { idPath } = this.#options.plan;
    const answer = { subscription: { body, headers } };
    return this.#namesOfAnswer
      .map(
        (name) => [name, name === 'id' ? valueAt(body, idPath) : valueBelow(answer, readPath(name))] as const,
      )
      .filter(([, value]) => value !== undefined && value !== null && value !== '');
  }

  get #namesOfAnswer(): string[] {
    const names = [this.#renew, this.#unsubscribe].flatMap((request) => request?.names ?? []);
    return [...new Set(names)].filter(isOfAnswer);
  }

  async #send(
    planned: PlannedRequest,
    known: Live['known'],
    now: number,
    signal: AbortSignal,
  ): Promise<Response> {
    const { sender } = this.#options;
    const request = await planned.render(await this.#view(planned, known, now), sender);
    return ask({ isSuccess }, request, sender, { signal });
  }

  #endIn(body: unknown, since: number): Pick<Live, 'expires'> {
    const { expiryPath } = this.#options.plan;
    const expires = expiryPath === '' ? undefined : expiryOf(valueAt(body, expiryPath), since);
    return expires === undefined ? {} : { expires };
  }

  async #view({ names }: PlannedRequest, known: Live['known'], now: number): Promise<TemplateView> {
    const { plan, facts, secrets, outside } = this.#options;
    const { lifetime } = plan;
    const message = {
      ...facts,
      ...(lifetime > 0
        ? { expires: new Date(now + lifetime).toISOString(), lifetime: Math.round(lifetime / 1000) }
        : {}),
      ...secrets,
    };
    return { message, outside: new Map([...(await outside(names)), ...known]) };
  }
}

/** Whether two requests do the same. */
export function isSame(one: Request, other: Request): boolean {
  const text = ({ method, url, body }: Request) => asText([method, url, textOf(body)]);
  return text(one) === text(other);
}

function textOf(body: Request['body']): string {
  return Buffer.isBuffer(body) ? body.toString('utf8') : '';
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

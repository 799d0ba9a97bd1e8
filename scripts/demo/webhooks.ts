import { createHmac, randomUUID } from 'node:crypto';
import { request } from 'node:http';

export interface WebhookOptions {
  url: string;
  /** `whsec_` and the key in base64, as in Standard Webhooks. */
  signingSecret: string;
  /** Sent as it is in `X-Webhook-Secret`, for receivers that do not check signatures. */
  sharedSecret: string;
  /** Milliseconds before the second attempt; doubled for each one after, up to `longestDelay`. */
  firstDelay?: number;
  longestDelay?: number;
  attempts?: number;
}

/** How one attempt to deliver an event went. */
export interface Delivery<T> {
  id: string;
  type: string;
  data: T;
  attempt: number;
  /** Of the answer; missing when there was none. */
  status?: number;
  /** Why there was no answer. */
  problem?: string;
  delivered: boolean;
  /** Milliseconds of this attempt. */
  elapsed: number;
}

const answerTimeout = 10_000;

/** Sends events, signed by Standard Webhooks, again and again until the receiver takes them. */
export class WebhookSender<T> {
  readonly #options: Required<WebhookOptions>;
  readonly #key: Buffer;
  readonly #report: (delivery: Delivery<T>) => void;
  readonly #waiting = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();

  constructor(options: WebhookOptions, report: (delivery: Delivery<T>) => void) {
    this.#options = { firstDelay: 250, longestDelay: 5000, attempts: 20, ...options };
    this.#key = Buffer.from(options.signingSecret.replace(/^whsec_/, ''), 'base64');
    this.#report = report;
  }

  send(type: string, data: T): void {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    void this.#attempt(`msg_${randomUUID()}`, type, data, body, 1);
  }

  /** Gives up what has not been delivered. */
  close(): void {
    this.#closing.abort();
    for (const timer of this.#waiting) clearTimeout(timer);
    this.#waiting.clear();
  }

  async #attempt(id: string, type: string, data: T, body: string, attempt: number): Promise<void> {
    const started = performance.now();
    const answer = await this.#post(id, body);
    if (this.#closing.signal.aborted) return;
    const delivered = answer.status !== undefined && answer.status >= 200 && answer.status < 300;
    this.#report({ id, type, data, attempt, ...answer, delivered, elapsed: performance.now() - started });
    if (delivered || attempt >= this.#options.attempts) return;
    const delay = Math.min(this.#options.firstDelay * 2 ** (attempt - 1), this.#options.longestDelay);
    const timer = setTimeout(() => {
      this.#waiting.delete(timer);
      void this.#attempt(id, type, data, body, attempt + 1);
    }, delay);
    this.#waiting.add(timer);
  }

  /** Never rejects: no answer is a result like another. */
  #post(id: string, body: string): Promise<{ status: number } | { status?: undefined; problem: string }> {
    const timestamp = Math.floor(Date.now() / 1000).toString();
    const signature = createHmac('sha256', this.#key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return new Promise((done) => {
      const sent = request(
        this.#options.url,
        {
          method: 'POST',
          agent: false,
          signal: AbortSignal.any([this.#closing.signal, AbortSignal.timeout(answerTimeout)]),
          headers: {
            'content-type': 'application/json',
            'content-length': Buffer.byteLength(body),
            'user-agent': 'demo-shop',
            'webhook-id': id,
            'webhook-timestamp': timestamp,
            'webhook-signature': `v1,${signature}`,
            'x-webhook-secret': this.#options.sharedSecret,
          },
        },
        (answer) => {
          answer.on('error', (error) => done({ problem: error.message }));
          answer.on('end', () => done({ status: answer.statusCode! }));
          answer.resume();
        },
      );
      sent.on('error', (error: NodeJS.ErrnoException) => done({ problem: error.code ?? error.message }));
      sent.end(body);
    });
  }
}

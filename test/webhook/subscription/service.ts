/** A service with subscriptions behind HTTP, which misbehaves when it is told to. */
import { EventEmitter, once } from 'node:events';
import { sendJson, startServer, type Received, type TestServer } from '../../support/server';

export interface Hook {
  id: string;
  callback: string;
  secret: string;
  expires: number;
}

/**
 * How it tells a repeated request from another one: by its `Idempotency-Key`, whose first answer it gives again; not at all,
 * but it lists what it has; or by the callback URL, for which it has one subscription, whose id it does not tell.
 */
export type Manner = 'keys' | 'lists' | 'callbacks';

/** What it does with the next requests: work, refuse, quote what it got, fail before or after doing it, or break off after it. */
export type Fault = 'none' | 'refuse' | 'quote' | 'fail' | 'fail-after' | 'drop-after';

export class Service {
  readonly hooks = new Map<string, Hook>();
  /** Of the requests to come, in turn; afterwards it works. */
  faults: Fault[] = [];
  /** Milliseconds that a subscription lasts. */
  lifetime = 3_600_000;
  /** Whether a callback URL is accepted: some services call it before they answer. */
  accepts: (hook: Pick<Hook, 'callback' | 'secret'>) => Promise<boolean> = () => Promise.resolve(true);
  server!: TestServer;
  readonly #answers = new Map<string, object>();
  readonly #events = new EventEmitter();
  #made = 0;

  constructor(
    readonly manner: Manner,
    readonly now: () => number,
  ) {}

  async open(): Promise<this> {
    this.server = await startServer(async (request, response) => {
      const fault = this.faults.shift() ?? 'none';
      if (fault === 'refuse') return sendJson(response, { error: 'refused' }, 403);
      if (fault === 'quote') return sendJson(response, { got: `${request.body.toString()}` }, 400);
      if (fault === 'fail') return sendJson(response, { error: 'failed' }, 500);
      const [status, body] = await this.#work(request);
      if (fault === 'fail-after') return sendJson(response, { error: 'failed' }, 500);
      if (fault === 'drop-after') return void response.socket!.destroy();
      sendJson(response, body, status);
      this.#events.emit('answered');
    });
    return this;
  }

  /** Those that have not run out. */
  get live(): Hook[] {
    return [...this.hooks.values()].filter(({ expires }) => expires > this.now());
  }

  /** `POST /hooks`. */
  get asked(): string[] {
    return this.server.received.map(({ method, url }) => `${method} ${url}`);
  }

  /** Looks after each answer. */
  async until(holds: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(10_000);
    while (!holds()) await once(this.#events, 'answered', { signal });
  }

  close(): Promise<void> {
    return this.server.close();
  }

  async #work({ method, url, headers, body }: Received): Promise<[number, object]> {
    const id = decodeURIComponent(url.split('/')[2] ?? '');
    if (method === 'GET') {
      return [200, { items: this.live.map((hook) => ({ id: hook.id, config: { url: hook.callback } })) }];
    }
    if (method === 'POST') {
      const hook = JSON.parse(body.toString()) as { url: string; secret: string };
      if (!(await this.accepts({ callback: hook.url, secret: hook.secret })))
        return [400, { error: 'callback' }];
      return [201, this.#subscribe(String(headers['idempotency-key']), hook)];
    }
    if (!this.live.some((hook) => hook.id === id)) return [404, { error: 'unknown' }];
    if (method === 'DELETE') {
      this.hooks.delete(id);
      return [200, {}];
    }
    const hook = this.hooks.get(id)!;
    hook.expires = this.now() + this.lifetime;
    return [200, { id, expires: hook.expires }];
  }

  #subscribe(key: string, { url, secret }: { url: string; secret: string }): object {
    const before = this.manner === 'keys' ? this.#answers.get(key) : undefined;
    if (before) return before;
    const id = this.manner === 'callbacks' ? url : `hook${++this.#made}`;
    const expires = this.now() + this.lifetime;
    this.hooks.set(id, { id, callback: url, secret, expires });
    const answer =
      this.manner === 'callbacks' ? { expires } : { id, expires, 'self.id': id, token: 'not to be kept' };
    this.#answers.set(key, answer);
    return answer;
  }
}

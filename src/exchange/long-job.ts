import type { Request, Response, SendOptions } from '../connection/connection';
import { sleep } from '../connection/deadline';
import { findHeader, getHeader, type HeaderFields } from '../connection/headers';
import { readRetryAfter } from '../connection/server-limits';
import { decodeLeniently, decodeText } from './decode';
import { answered, type Sender } from './exchange';
import { Failure } from './failure';

export interface LongJobOptions {
  /** Milliseconds from the 202 to the end of the job; 0 for no limit. */
  timeout: number;
  now: () => number;
}

/** Wait before the first look when the server does not say, in milliseconds; it doubles with each look. */
const firstWait = 1000;
const longestWait = 30_000;

/** Headers of a monitor's answer that stands for the job, not for what the job makes (Azure, "Asynchronous operations"). */
const operationHeaders = ['operation-location', 'azure-asyncoperation'];

/** Words for the state of an operation; another word means that it goes on. */
const succeeded = /^(succeeded|success|successful|completed|complete|done|finished)$/i;
const failed = /^(failed|failure|error|canceled|cancelled|aborted|rejected)$/i;

/**
 * Follows what a 202 begins (RFC 9110 section 15.3.3) until it is done. `Location` is asked until it answers with
 * something else than 202; `Operation-Location` and `Azure-AsyncOperation` tell the state of the job in their body, and
 * the result is where they say, else at `Location`, else where a PUT or a PATCH went. `Retry-After` is kept to.
 */
export class LongJobs implements Sender {
  readonly #sender: Sender;
  readonly #options: LongJobOptions;

  constructor(sender: Sender, options: LongJobOptions) {
    this.#sender = sender;
    this.#options = options;
  }

  redact(text: string): string {
    return this.#sender.redact(text);
  }

  /** @throws Failure JOB_FAILED, TIMEOUT, or of the way there */
  async send(request: Request, options: SendOptions = {}): Promise<Response> {
    const first = await this.#sender.send(request, { ...options, sink: unlessAccepted(options) });
    if (first.statusCode !== 202) return first;
    const operation = operationOf(first);
    const location = getHeader(first.headers, 'location');
    if (!operation && !location) return first;
    const job = new Job(this.#sender, this.#options, request, first, options);
    return operation ? job.followOperation(operation, location) : job.followLocation(location!);
  }
}

/** The answer that only says that the job goes on is not what a sink is there for. */
function unlessAccepted({ sink }: SendOptions): SendOptions['sink'] {
  return sink && { ...sink, open: (head) => (head.statusCode === 202 ? undefined : sink.open(head)) };
}

class Job {
  readonly #sender: Sender;
  readonly #options: LongJobOptions;
  readonly #request: Request;
  readonly #sendOptions: SendOptions;
  readonly #began: number;
  #last: Response;
  #looks = 0;

  constructor(
    sender: Sender,
    options: LongJobOptions,
    request: Request,
    first: Response,
    sendOptions: SendOptions,
  ) {
    this.#sender = sender;
    this.#options = options;
    this.#request = request;
    this.#sendOptions = sendOptions;
    this.#began = options.now();
    this.#last = first;
  }

  async followLocation(location: string): Promise<Response> {
    const options = { ...this.#sendOptions, sink: unlessAccepted(this.#sendOptions) };
    for (let target = this.#absolute(location); ;) {
      await this.#wait();
      const answer = await this.#get(target, options);
      if (answer.statusCode !== 202) return answer;
      const moved = getHeader(answer.headers, 'location');
      if (moved) target = this.#absolute(moved);
    }
  }

  async followOperation(operation: string, location: string | undefined): Promise<Response> {
    const result = location && this.#absolute(location);
    for (let target = this.#absolute(operation); ;) {
      await this.#wait();
      const answer = await this.#get(target, { ...this.#sendOptions, sink: undefined });
      if (answer.statusCode < 200 || answer.statusCode > 299) return answer;
      const { status, resourceLocation } = stateOf(answer);
      // nothing that tells of a job: it is what there is
      if (status === '' && answer.statusCode !== 202) return answer;
      if (failed.test(status)) {
        throw answered('JOB_FAILED', `the job ended as "${status}"`, answer, 'GET', this.#sender);
      }
      if (succeeded.test(status)) {
        const made = resourceLocation ? this.#absolute(resourceLocation) : result;
        if (made) return this.#get(made, this.#sendOptions);
        // what a PUT or a PATCH makes is where it went
        if (!['PUT', 'PATCH'].includes(this.#request.method)) return answer;
        return this.#get(this.#request.url, this.#sendOptions, this.#request.query);
      }
      const moved = operationOf(answer);
      if (moved) target = this.#absolute(moved);
    }
  }

  async #get(url: string, options: SendOptions, query?: Request['query']): Promise<Response> {
    this.#last = await this.#sender.send({ method: 'GET', url, query, headers: this.#headers() }, options);
    return this.#last;
  }

  /** A link means what it means where it was said (RFC 3986 section 5). */
  #absolute(link: string): string {
    const url = URL.parse(link, this.#last.url);
    if (url) return url.href;
    throw new Failure('INVALID_RESPONSE', 'the link to the job cannot be read', {
      request: { method: 'GET', url: this.#last.url },
    });
  }

  /** What described the body has nothing to describe any more. */
  #headers(): HeaderFields {
    const headers = { ...this.#request.headers };
    for (const name of ['content-type', 'content-encoding', 'idempotency-key', 'prefer']) {
      const key = findHeader(headers, name);
      if (key !== undefined) delete headers[key];
    }
    return headers;
  }

  async #wait(): Promise<void> {
    const { timeout, now } = this.#options;
    const asked = readRetryAfter(getHeader(this.#last.headers, 'retry-after'), now());
    const delay = asked ?? Math.min(firstWait * 2 ** this.#looks, longestWait);
    this.#looks++;
    const until = now() + delay;
    if (timeout > 0 && until > this.#began + timeout) {
      throw new Failure('TIMEOUT', `the job was not done within ${timeout / 1000} s`, {
        request: { method: 'GET', url: this.#last.url },
      });
    }
    this.#sendOptions.onWait?.(until, 'server');
    await sleep(delay, this.#sendOptions.signal ?? new AbortController().signal);
  }
}

function operationOf({ headers }: Response): string | undefined {
  return operationHeaders.map((name) => getHeader(headers, name)).find(Boolean);
}

/** The state of an operation as its monitor tells it. */
function stateOf({ body, headers }: Response): { status: string; resourceLocation?: string } {
  const value = decodeLeniently(decodeText(body), getHeader(headers, 'content-type') ?? '');
  if (typeof value !== 'object' || value === null) return { status: '' };
  const { status, resourceLocation } = value as Record<string, unknown>;
  return {
    status: typeof status === 'string' ? status : '',
    resourceLocation: typeof resourceLocation === 'string' ? resourceLocation : undefined,
  };
}

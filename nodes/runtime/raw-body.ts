/**
 * The bytes of a delivery as received, whatever Node-RED is mounted on.
 *
 * With `httpAdminRoot: '/'`, the default, the body parsers of the admin app read every JSON and form body before a route
 * of ours is asked, and answer malformed JSON themselves. So a handler at the very front of the root application reads
 * the body of a request that belongs to one of our routes, and of no other. Where nothing else has a say (`express-stack.ts`)
 * the delivery is handled right there; else it waits until Express has come to our route, because whoever may not deliver
 * (`httpNodeAuth`) is to be told so first.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { pathOf } from '../../src/webhook/delivery';
import { tooLarge } from '../../src/webhook/payload';
import { Refusal } from '../../src/webhook/refusal';
import { updateStack, type App } from './express-stack';

/** A body as it was read. `unread`: the refusal came before the end of it. `gone`: so did the sender's hanging up. */
export type Body = { bytes: Buffer } | { refusal: Refusal; unread: boolean } | { gone: true };

/** How the body of a request may be. */
export interface BodyRules {
  /** Most bytes. */
  readonly maxSize: number;
  /** Milliseconds from the request's headers to the end of its body; 0 for no limit. */
  readonly bodyTimeout: number;
}

/** What is done with a request at the front of the server. */
export interface Catch extends BodyRules {
  /** Handles it there; without it, it goes on to Express. */
  handle?: (request: IncomingMessage, response: ServerResponse, body: Body) => void;
}

type Next = (error?: unknown) => void;

/** Body parsers leave a request alone that has this set. */
type ParsedRequest = IncomingMessage & { body?: unknown; _body?: boolean };

/** Bytes of all bodies that are under way at once, for the whole server: many slow senders must not fill the memory. */
const mostUnderWay = 64 * 1024 * 1024;

const nothing = Buffer.alloc(0);

export class RawBodies {
  readonly #bodies = new WeakMap<IncomingMessage, Promise<Body>>();
  /** Requests that were none of ours when they came: a parser may have read the body before a deploy made them ours. */
  readonly #passed = new WeakSet<IncomingMessage>();
  readonly #app: App;
  readonly #catchOf: (request: IncomingMessage, path: string) => Catch | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #underWay = { bytes: 0 };
  readonly #handler = (request: IncomingMessage, response: ServerResponse, next: Next): void =>
    this.#capture(request, response, next);
  #mounts: string[] | undefined;
  #installed = false;

  /**
   * @param app the application that our routes are on
   * @param catchOf what is done with a request to one of our routes; undefined when it is none of ours. The path is below
   *   the application's mount
   * @param onError takes what nobody else could
   */
  constructor(
    app: App,
    catchOf: (request: IncomingMessage, path: string) => Catch | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#app = app;
    this.#catchOf = catchOf;
    this.#onError = onError;
  }

  /** Puts the handler to the front, once. It stays: with no route of ours it does nothing but ask for one. */
  install(): void {
    if (this.#installed) return;
    this.#installed = true;
    let root = this.#app;
    while (root.parent) root = root.parent;
    root.use(this.#handler);
    updateStack(root, (stack) => [
      ...stack.filter((layer) => layer.handle === this.#handler),
      ...stack.filter((layer) => layer.handle !== this.#handler),
    ]);
  }

  /** Whether this is the handler at the front. */
  isHandler(handler: unknown): boolean {
    return handler === this.#handler;
  }

  /** The body of a request to a route of ours; read now when the handler at the front did not come by it. */
  of(request: IncomingMessage, rules: BodyRules): Promise<Body> {
    let body = this.#bodies.get(request);
    if (!body) {
      body = new Promise<Body>((resolve) => read(request, rules, this.#underWay, resolve)).then((read) =>
        this.#judged(request, read),
      );
      this.#bodies.set(request, body);
    }
    return body;
  }

  /** Counts a body that was read as under way until what it returns is called: its work is still ahead. */
  hold(body: Body): () => void {
    const size = 'bytes' in body ? body.bytes.length : 0;
    this.#underWay.bytes += size;
    return () => {
      this.#underWay.bytes -= size;
    };
  }

  #judged(request: IncomingMessage, body: Body): Body {
    const consumedEarly =
      'refusal' in body && body.refusal.code === 'BODY_CONSUMED' && this.#passed.has(request);
    if (!consumedEarly) return body;
    const sentence = 'the delivery came before the webhook was there: send it again';
    return { refusal: new Refusal('NOT_READY', sentence), unread: false };
  }

  #capture(request: ParsedRequest, response: ServerResponse, next: Next): void {
    const caught = this.#catch(request);
    if (caught === undefined) {
      this.#passed.add(request);
      next();
      return;
    }
    const { handle } = caught;
    if (handle) {
      read(request, caught, this.#underWay, (body) => handle(request, response, body));
      return;
    }
    this.of(request, caught)
      .then((body) => {
        if ('gone' in body) return;
        request.body = 'bytes' in body ? body.bytes : nothing;
        request._body = true;
        next();
      })
      .catch(this.#onError);
  }

  #catch(request: IncomingMessage): Catch | undefined {
    const path = pathOf(request.url ?? '');
    for (const mount of (this.#mounts ??= mountsOf(this.#app))) {
      const below = belowMount(path, mount);
      const caught = below === undefined ? undefined : this.#catchOf(request, below);
      if (caught) return caught;
    }
    return undefined;
  }
}

/**
 * Reads a body and tells once. The listeners go when it is done, and a sender that hangs up ends it.
 *
 * @param underWay what all that are read at the moment have received
 */
function read(
  request: ParsedRequest,
  { maxSize, bodyTimeout }: BodyRules,
  underWay: { bytes: number },
  tell: (body: Body) => void,
): void {
  // An error on a request that nobody reads any more has to have a listener, else it ends the process.
  request.on('error', ignore);
  if (!hasBody(request)) return tell({ bytes: nothing });
  if (request._body || request.readableEnded || request.readableFlowing) return tell(consumed());
  if (Number(request.headers['content-length']) > maxSize) {
    return tell({ refusal: tooLarge(maxSize), unread: true });
  }
  const chunks: Buffer[] = [];
  let size = 0;
  const timer = bodyTimeout > 0 ? setTimeout(late, bodyTimeout) : undefined;
  request.on('data', onData).on('end', onEnd).on('close', onClose);

  function finish(body: Body): void {
    clearTimeout(timer);
    underWay.bytes -= size;
    request.off('data', onData).off('end', onEnd).off('close', onClose);
    tell(body);
  }
  function onData(chunk: Buffer): void {
    size += chunk.length;
    underWay.bytes += chunk.length;
    chunks.push(chunk);
    if (size > maxSize) refuse(tooLarge(maxSize));
    else if (underWay.bytes > mostUnderWay && underWay.bytes > maxSize) {
      refuse(new Refusal('BUSY', 'more is arriving than this server can hold: send it again', undefined));
    }
  }
  function refuse(refusal: Refusal): void {
    request.pause();
    finish({ refusal, unread: true });
  }
  function late(): void {
    refuse(new Refusal('TIMEOUT', `the body did not arrive within ${bodyTimeout / 1000} seconds`));
  }
  function onEnd(): void {
    finish({ bytes: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size) });
  }
  function onClose(): void {
    finish({ gone: true });
  }
}

function ignore(): void {
  // see above
}

/** Whether a request has content at all (RFC 9112 section 6.3). */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function consumed(): Body {
  const sentence = 'another part of this server has read the body before the webhook could';
  return { refusal: new Refusal('BODY_CONSUMED', sentence), unread: false };
}

/** Every path that an application is mounted on, without a slash at the end. */
function mountsOf(app: App): string[] {
  if (!app.parent) return [''];
  const own = [app.mountpath ?? '/'].flat();
  return mountsOf(app.parent).flatMap((above) => own.map((path) => `${above}${path}`.replace(/\/+$/, '')));
}

/** Mounts are matched as Express does: whole segments, in any letter case. */
export function belowMount(path: string, mount: string): string | undefined {
  if (mount === '') return path;
  const rest = path.slice(mount.length);
  const inside = path.slice(0, mount.length).toLowerCase() === mount.toLowerCase();
  return inside && rest.startsWith('/') ? rest : undefined;
}

/**
 * The bytes of a delivery as received, whatever Node-RED is mounted on.
 *
 * With `httpAdminRoot: '/'`, the default, the body parsers of the admin app read every JSON and form body before a route
 * of ours is asked, and answer malformed JSON themselves. So a handler at the very front of the root application reads
 * the body of a request that belongs to one of our routes, and of no other. It answers nothing: at that place Express has
 * not prepared the response yet, and whoever may not deliver (`httpNodeAuth`) is to be told so first. What it read, or
 * why it could not, waits until the route asks for it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import getRawBody from 'raw-body';
import { pathOf } from '../../src/webhook/delivery';
import { tooLarge } from '../../src/webhook/payload';
import { Refusal } from '../../src/webhook/refusal';

/** A body as it was read. `unread`: the refusal came before the end of it. `gone`: so did the sender's hanging up. */
export type Body = { bytes: Buffer } | { refusal: Refusal; unread: boolean } | { gone: true };

type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** What we need of an Express application (4, and 5 when somebody embeds Node-RED in one), its innards included. */
export interface App {
  parent?: App;
  mountpath?: string | string[];
  use(handler: Handler): unknown;
  _router?: { stack: Layer[] };
  router?: { stack: Layer[] };
}

interface Layer {
  handle?: unknown;
  route?: unknown;
}

/** Body parsers leave a request alone that has this set. */
type ParsedRequest = IncomingMessage & { body?: unknown; _body?: boolean };

export class RawBodies {
  readonly #bodies = new WeakMap<IncomingMessage, Promise<Body>>();
  /** Requests that were none of ours when they came: a parser may have read the body before a deploy made them ours. */
  readonly #passed = new WeakSet<IncomingMessage>();
  readonly #app: App;
  readonly #limitOf: (method: string, path: string) => number | undefined;
  readonly #onError: (error: unknown) => void;
  #installed = false;

  /**
   * @param app the application that our routes are on
   * @param limitOf most bytes of the body of a request to one of our routes; undefined when it is none of ours. The path
   *   is below the application's mount
   * @param onError takes what nobody else could
   */
  constructor(
    app: App,
    limitOf: (method: string, path: string) => number | undefined,
    onError: (error: unknown) => void,
  ) {
    this.#app = app;
    this.#limitOf = limitOf;
    this.#onError = onError;
  }

  /** Puts the handler to the front, once. It stays: with no route of ours it does nothing but ask for one. */
  install(): void {
    if (this.#installed) return;
    this.#installed = true;
    let root = this.#app;
    while (root.parent) root = root.parent;
    const handler: Handler = (request, _response, next) => this.#capture(request, next);
    root.use(handler);
    updateStack(root, (stack) => [
      ...stack.filter((layer) => layer.handle === handler),
      ...stack.filter((layer) => layer.handle !== handler),
    ]);
  }

  /** The body of a request to a route of ours; read now when the handler at the front did not come by it. */
  of(request: IncomingMessage, limit: number): Promise<Body> {
    let body = this.#bodies.get(request);
    if (!body) {
      body = read(request, limit).then((read) => this.#judged(request, read));
      this.#bodies.set(request, body);
    }
    return body;
  }

  #judged(request: IncomingMessage, body: Body): Body {
    const consumedEarly =
      'refusal' in body && body.refusal.code === 'BODY_CONSUMED' && this.#passed.has(request);
    if (!consumedEarly) return body;
    const sentence = 'the delivery came before the webhook was there: send it again';
    return { refusal: new Refusal('NOT_READY', sentence), unread: false };
  }

  #capture(request: ParsedRequest, next: (error?: unknown) => void): void {
    const limit = this.#limitFor(request);
    if (limit === undefined) {
      this.#passed.add(request);
      next();
      return;
    }
    this.of(request, limit)
      .then((body) => {
        if ('gone' in body) return;
        request.body = 'bytes' in body ? body.bytes : Buffer.alloc(0);
        request._body = true;
        next();
      })
      .catch(this.#onError);
  }

  #limitFor({ method = '', url = '' }: IncomingMessage): number | undefined {
    const path = pathOf(url);
    for (const mount of mountsOf(this.#app)) {
      const below = belowMount(path, mount);
      const limit = below === undefined ? undefined : this.#limitOf(method, below);
      if (limit !== undefined) return limit;
    }
    return undefined;
  }
}

/**
 * Changes an application's stack of handlers by putting a new one in its place: a request that is on its way through the
 * old one must not skip a handler, which may be the one that asks for a password.
 */
export function updateStack(app: App, change: (stack: Layer[]) => Layer[]): void {
  const router = app._router ?? app.router;
  if (router) router.stack = change(router.stack);
}

/** Never rejects. The listeners go when it is done, and a sender that hangs up ends it. */
async function read(request: ParsedRequest, limit: number): Promise<Body> {
  // An error on a request that nobody reads any more has to have a listener, else it ends the process.
  request.on('error', () => undefined);
  if (!hasBody(request)) return { bytes: Buffer.alloc(0) };
  if (request._body || request.readableEnded || request.readableFlowing) return consumed();
  try {
    return { bytes: await getRawBody(request, { length: request.headers['content-length'], limit }) };
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === 'entity.too.large') return { refusal: tooLarge(limit), unread: true };
    if (request.destroyed || type === 'request.aborted') return { gone: true };
    return consumed(error);
  }
}

/** Whether a request has content at all (RFC 9112 section 6.3). */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function consumed(cause?: unknown): Body {
  const sentence = 'another part of this server has read the body before the webhook could';
  return { refusal: new Refusal('BODY_CONSUMED', sentence, cause), unread: false };
}

/** Every path that an application is mounted on, without a slash at the end. */
function mountsOf(app: App): string[] {
  if (!app.parent) return [''];
  const own = [app.mountpath ?? '/'].flat();
  return mountsOf(app.parent).flatMap((above) => own.map((path) => `${above}${path}`.replace(/\/+$/, '')));
}

/** Mounts are matched as Express does: whole segments, in any letter case. */
function belowMount(path: string, mount: string): string | undefined {
  if (mount === '') return path;
  const rest = path.slice(mount.length);
  const inside = path.slice(0, mount.length).toLowerCase() === mount.toLowerCase();
  return inside && rest.startsWith('/') ? rest : undefined;
}

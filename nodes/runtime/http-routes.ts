/** The routes of our nodes on Node-RED's HTTP server: which node takes which request, and the way in and out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { refusalAnswer, writeAnswer, writeAnswerUnread, type Answer } from '../../src/webhook/answer';
import type { Delivery } from '../../src/webhook/delivery';
import type { PathPattern } from '../../src/webhook/path-pattern';
import { Refusal } from '../../src/webhook/refusal';
import { RouteTable, RouteTaken, type TableRoute } from '../../src/webhook/route-table';
import { cors, preflight, type CorsSetting } from './cors';
import { RawBodies, updateStack, type App } from './raw-body';

/** A delivery, or why what came is none. */
export type Arrival = { delivery: Delivery } | { refusal: Refusal };

/** What a node makes of an arrival. The answer leaves before `afterwards` is called. */
export interface Taken {
  answer: Answer;
  afterwards?: () => void;
}

export interface Route extends TableRoute {
  readonly methods: readonly string[];
  readonly pattern: PathPattern;
  /** What a user knows the node by. */
  readonly label: string;
  /** Most bytes of a body as received. */
  readonly maxSize: number;
  /** The route takes requests from now on. */
  opened(): void;
  /** Another node has the route; it opens when that one goes. */
  waiting(problem: Failure): void;
  take(arrival: Arrival): Promise<Taken>;
}

type Next = (error?: unknown) => void;
type Request = IncomingMessage & { path: string; originalUrl: string; ip?: string };
type Handler = (request: Request, response: ServerResponse, next: Next) => void;
type ErrorHandler = (error: unknown, request: Request, response: ServerResponse, next: Next) => void;
type ExpressRoute = Record<string, (...handlers: (Handler | Handler[] | ErrorHandler)[]) => unknown>;

/** What is done when a route closes: it is off the server, and what it had taken is answered and handed on. */
interface Open {
  expressRoute: ExpressRoute;
  inFlight: Set<Promise<void>>;
}

export class HttpRoutes {
  readonly #RED: NodeAPI;
  readonly #app: App & { route(path: RegExp): ExpressRoute };
  readonly #table = new RouteTable<Route>();
  readonly #open = new Map<Route, Open>();
  readonly #waiting = new Set<Route>();
  readonly #bodies: RawBodies;

  constructor(RED: NodeAPI) {
    this.#RED = RED;
    this.#app = RED.httpNode as unknown as App & { route(path: RegExp): ExpressRoute };
    this.#bodies = new RawBodies(
      this.#app,
      (method, path) => this.#table.find(method, path)?.maxSize,
      (error) => RED.log.error(`webhook trigger: ${String(error)}`),
    );
  }

  /** @throws Failure CONFIG when Node-RED serves no routes of nodes at all */
  add(route: Route): void {
    if ((this.#RED.settings.httpNodeRoot as unknown) === false) {
      throw new Failure('CONFIG', 'no webhook can arrive: httpNodeRoot is false in settings.js');
    }
    const problem = this.#tryOpen(route);
    if (!problem) return;
    this.#waiting.add(route);
    route.waiting(problem);
  }

  /** Resolves when everything that the route had taken is answered and handed on. */
  async close(route: Route): Promise<void> {
    this.#waiting.delete(route);
    const open = this.#open.get(route);
    if (!open) return;
    this.#open.delete(route);
    this.#table.delete(route);
    updateStack(this.#app, (stack) => stack.filter((layer) => layer.route !== open.expressRoute));
    // Not at once: on a full deploy the waiting nodes are about to close too.
    setImmediate(() => this.#openWaiting());
    await Promise.all(open.inFlight);
  }

  #openWaiting(): void {
    for (const route of this.#waiting) {
      try {
        if (!this.#tryOpen(route)) this.#waiting.delete(route);
      } catch (error) {
        this.#RED.log.error(`webhook trigger: ${route.label}: ${String(error)}`);
      }
    }
  }

  #tryOpen(route: Route): Failure | undefined {
    try {
      this.#table.add(route);
    } catch (error) {
      if (!(error instanceof RouteTaken)) throw error;
      const by = (error as RouteTaken<Route>).by.label;
      return new Failure(
        'CONFIG',
        `${by} has the same path and takes ${error.method} too: change one of the two`,
      );
    }
    this.#bodies.install();
    const inFlight = new Set<Promise<void>>();
    this.#open.set(route, { expressRoute: this.#register(route, inFlight), inFlight });
    route.opened();
    return undefined;
  }

  /** Puts the route on the server, with what settings.js wants in front of every route of a node. */
  #register(route: Route, inFlight: Set<Promise<void>>): ExpressRoute {
    const { httpNodeCors, httpNodeMiddleware } = this.#RED.settings as unknown as {
      httpNodeCors?: CorsSetting;
      httpNodeMiddleware?: unknown;
    };
    const middleware = [httpNodeMiddleware]
      .flat()
      .filter((entry) => typeof entry === 'function') as Handler[];
    const expressRoute = this.#app.route(route.pattern.toRegExp());
    // Another route of ours may be the more specific one for this path.
    const mine: Handler = (request, _response, next) =>
      next(this.#table.find(request.method ?? '', request.path) === route ? undefined : 'route');
    const enter: Handler = (request, response) => {
      const handling = this.#handle(route, request, response).finally(() => inFlight.delete(handling));
      inFlight.add(handling);
    };
    const failed: ErrorHandler = (error, _request, response, _next) => {
      this.#RED.log.warn(
        `webhook trigger: ${route.label}: a middleware of settings.js failed: ${String(error)}`,
      );
      writeAnswer(response, refusalAnswer(new Refusal('INTERNAL', 'the delivery could not be processed')));
    };
    const crossOrigin = httpNodeCors ? [cors(httpNodeCors)] : [];
    for (const method of route.methods) {
      expressRoute[method.toLowerCase()]!(mine, ...middleware, ...crossOrigin, enter, failed);
    }
    if (httpNodeCors && !route.methods.includes('OPTIONS')) expressRoute.options!(preflight(httpNodeCors));
    return expressRoute;
  }

  /** Never rejects: nobody would hear of it but the process, which would end. */
  async #handle(route: Route, request: Request, response: ServerResponse): Promise<void> {
    try {
      const body = await this.#bodies.of(request, route.maxSize);
      if ('gone' in body) return;
      const { answer, afterwards } = await route.take(arrivalOf(route, request, body));
      if ('unread' in body && body.unread) writeAnswerUnread(request, response, answer);
      else writeAnswer(response, answer);
      afterwards?.();
    } catch (error) {
      this.#RED.log.error(`webhook trigger: ${route.label}: ${String(error)}`);
      try {
        writeAnswer(response, refusalAnswer(new Refusal('INTERNAL', 'the delivery could not be processed')));
      } catch {
        response.destroy();
      }
    }
  }
}

function arrivalOf(route: Route, request: Request, body: { bytes: Buffer } | { refusal: Refusal }): Arrival {
  if ('refusal' in body) return body;
  try {
    const delivery: Delivery = {
      method: request.method ?? '',
      url: request.originalUrl,
      params: route.pattern.parameters(request.path),
      headers: request.headers,
      ip: request.ip ?? '',
      body: body.bytes,
    };
    return { delivery };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

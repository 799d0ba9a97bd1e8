/** The routes of our nodes on Node-RED's HTTP server: which node takes which request, and the way in and out. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { NodeAPI } from 'node-red';
import { Failure } from '../../src/exchange/failure';
import { refusalAnswer, writeAnswer, writeAnswerUnread, type Answer } from '../../src/webhook/answer';
import type { Delivery } from '../../src/webhook/delivery';
import type { PathPattern } from '../../src/webhook/path-pattern';
import { Refusal } from '../../src/webhook/refusal';
import { overlap, RouteTable, type TableRoute } from '../../src/webhook/route-table';
import { cors, preflight, type CorsSetting } from './cors';
import { isForEditor } from './editor-paths';
import { updateStack, type App, type Layer } from './express-stack';
import { belowMount, RawBodies, type Body, type BodyRules, type Catch } from './raw-body';
import { adminOf, mountOf, Shortcuts } from './shortcuts';

/** A delivery, or why what came is none. */
export type Arrival = { delivery: Delivery } | { refusal: Refusal };

/** What a node makes of an arrival. The answer leaves before `afterwards` is called; without one, the node answers itself. */
export interface Taken {
  answer?: Answer;
  afterwards?: () => void;
}

/** The two ends of a request, for a node that lets its flow answer. */
export interface Ends {
  request: IncomingMessage;
  response: ServerResponse;
}

export interface Route extends TableRoute, BodyRules {
  readonly methods: readonly string[];
  readonly pattern: PathPattern;
  /** What a user knows the node by. */
  readonly label: string;
  /** Whether `take` needs request and response as Express prepares them. */
  readonly needsExpress: boolean;
  /** The route takes requests from now on. */
  opened(): void;
  /** Another node wants the same route: it opens when that one goes. */
  waiting(problem: Failure): void;
  /** Never rejects. */
  take(arrival: Arrival, ends: Ends): Promise<Taken>;
}

type Next = (error?: unknown) => void;
type Request = IncomingMessage & { path: string; originalUrl: string; ip?: string };
type Handler = (request: Request, response: ServerResponse, next: Next) => void;
type ErrorHandler = (error: unknown, request: Request, response: ServerResponse, next: Next) => void;
type ExpressRoute = Record<string, (...handlers: (Handler | Handler[] | ErrorHandler)[]) => unknown>;
type RoutedApp = App & { route(path: RegExp): ExpressRoute };

/** What is done when a route closes: it is off the server, and what it had taken is answered and handed on. */
interface Open {
  expressRoute: ExpressRoute;
  inFlight: Set<Promise<void>>;
}

interface HttpSettings {
  httpNodeRoot?: unknown;
  httpNodeAuth?: unknown;
  httpNodeCors?: CorsSetting;
  httpNodeMiddleware?: unknown;
}

export class HttpRoutes {
  readonly #RED: NodeAPI;
  readonly #app: RoutedApp;
  readonly #table = new RouteTable<Route>();
  /** All that were added, in that order. */
  readonly #routes = new Set<Route>();
  readonly #open = new Map<Route, Open>();
  readonly #bodies: RawBodies;
  readonly #shortcuts: Shortcuts;
  /** The turn of the event loop that is going on, once a delivery came in it. */
  #turn: { deliveries: number; end: Promise<void> } | undefined;
  /** Whether several came in the turn before. */
  #isBusy = false;

  constructor(RED: NodeAPI) {
    this.#RED = RED;
    this.#app = RED.httpNode as unknown as RoutedApp;
    this.#shortcuts = new Shortcuts(RED, this.#app, (layer) => this.#isOurs(layer));
    this.#bodies = new RawBodies(
      this.#app,
      (request, path) => this.#catchOf(request, path),
      (error) => RED.log.error(`webhook trigger: ${String(error)}`),
    );
  }

  /** @throws Failure CONFIG when Node-RED serves no routes of nodes at all, or has the path itself */
  add(route: Route): void {
    if (this.#settings.httpNodeRoot === false) {
      throw new Failure('CONFIG', 'no webhook can arrive: httpNodeRoot is false in settings.js');
    }
    const taken = route.methods.find((method) => this.#isNodeReds(method, route.pattern.example));
    if (taken) {
      throw new Failure(
        'CONFIG',
        `${taken} ${route.pattern.example} belongs to Node-RED itself, whose editor is mounted there: choose another path`,
      );
    }
    this.#routes.add(route);
    this.#review();
  }

  /** Whether another route is in this one's way. */
  isTaken(route: TableRoute): boolean {
    return [...this.#routes].some((other) => other !== route && overlap(route, other) !== undefined);
  }

  /** Resolves when everything that the route had taken is answered and handed on. */
  async close(route: Route): Promise<void> {
    this.#routes.delete(route);
    const open = this.#shut(route);
    // Not at once: on a full deploy the other nodes are about to close too.
    setImmediate(() => this.#review());
    if (open) await Promise.all(open.inFlight);
  }

  get #settings(): HttpSettings {
    return this.#RED.settings as unknown as HttpSettings;
  }

  /** Opens what nothing stands in the way of. Of two that want the same, neither is open. */
  #review(): void {
    for (const route of this.#routes) {
      const rival = [...this.#routes].find((other) => other !== route && overlap(route, other) !== undefined);
      const isOpen = this.#open.has(route);
      try {
        if (!rival && !isOpen) this.#tryOpen(route);
        else if (rival && (isOpen || !this.#told.has(route))) this.#refuse(route, rival);
      } catch (error) {
        this.#RED.log.error(`webhook trigger: ${route.label}: ${String(error)}`);
      }
    }
  }

  /** Routes that know that they wait. */
  readonly #told = new WeakSet<Route>();

  #refuse(route: Route, rival: Route): void {
    this.#shut(route);
    this.#told.add(route);
    const method = overlap(route, rival)!;
    const sentence = `${rival.label} has the same path and takes ${method} too, so neither of the two gets a delivery: change one`;
    route.waiting(new Failure('CONFIG', sentence));
  }

  #shut(route: Route): Open | undefined {
    const open = this.#open.get(route);
    if (!open) return undefined;
    this.#open.delete(route);
    this.#table.delete(route);
    updateStack(this.#app, (stack) => stack.filter((layer) => layer.route !== open.expressRoute));
    return open;
  }

  #tryOpen(route: Route): void {
    this.#told.delete(route);
    this.#table.add(route);
    this.#bodies.install();
    const inFlight = new Set<Promise<void>>();
    this.#open.set(route, { expressRoute: this.#register(route, inFlight), inFlight });
    route.opened();
  }

  /** Puts the route on the server, with what settings.js wants in front of every route of a node. */
  #register(route: Route, inFlight: Set<Promise<void>>): ExpressRoute {
    const { httpNodeCors, httpNodeMiddleware } = this.#settings;
    const middleware = [httpNodeMiddleware]
      .flat()
      .filter((entry) => typeof entry === 'function') as Handler[];
    const expressRoute = this.#app.route(route.pattern.toRegExp());
    // Another route of ours may be the more specific one for this path.
    const mine: Handler = (request, _response, next) =>
      next(this.#table.find(request.method ?? '', request.path) === route ? undefined : 'route');
    const enter: Handler = (request, response) => {
      const arrives = async () => {
        const body = await this.#bodies.of(request, route);
        await this.#handle(route, request, response, body, request.path, request.ip);
      };
      track(inFlight, arrives());
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

  #catchOf(request: IncomingMessage, path: string): Catch | undefined {
    const route = this.#table.find(request.method ?? '', path);
    if (!route) return undefined;
    if (route.needsExpress || !this.#shortcuts.has(request, path)) return route;
    const { maxSize, bodyTimeout } = route;
    const handle: Catch['handle'] = (incoming, response, body) => {
      // a deploy may have closed it while the body came
      const inFlight = this.#open.get(route)?.inFlight ?? new Set();
      track(inFlight, this.#handle(route, incoming, response, body, path, incoming.socket.remoteAddress));
    };
    return { maxSize, bodyTimeout, handle };
  }

  /** Never rejects: nobody would hear of it but the process, which would end. */
  async #handle(
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    body: Body,
    path: string,
    ip = '',
  ): Promise<void> {
    const turn = this.#endOfTurn();
    const release = this.#bodies.hold(body);
    try {
      if ('gone' in body) return;
      const arrival = arrivalOf(route, request, body, path, ip);
      const { answer, afterwards } = await route.take(arrival, { request, response });
      if (turn) await turn;
      if (answer) {
        if ('unread' in body && body.unread) writeAnswerUnread(request, response, answer);
        else writeAnswer(response, answer);
      }
      afterwards?.();
    } catch (error) {
      this.#RED.log.error(`webhook trigger: ${route.label}: ${String(error)}`);
      try {
        writeAnswer(response, refusalAnswer(new Refusal('INTERNAL', 'the delivery could not be processed')));
      } catch {
        response.destroy();
      }
    } finally {
      release();
    }
  }

  /**
   * Answers to what was read in one turn of the event loop leave together: each by itself would wake its receiver, and that
   * is a quarter of what a small delivery costs. One that comes alone does not wait.
   */
  #endOfTurn(): Promise<void> | undefined {
    this.#turn ??= {
      deliveries: 0,
      end: new Promise((resolve) => {
        setImmediate(() => {
          this.#isBusy = this.#turn!.deliveries > 1;
          this.#turn = undefined;
          resolve();
        });
      }),
    };
    this.#turn.deliveries++;
    return this.#isBusy ? this.#turn.end : undefined;
  }

  #isOurs(layer: Layer): boolean {
    if (this.#bodies.isHandler(layer.handle)) return true;
    for (const { expressRoute } of this.#open.values()) if (layer.route === expressRoute) return true;
    return false;
  }

  /** With the editor at the same mount, its API comes first. */
  #isNodeReds(method: string, path: string): boolean {
    const whole = `${mountOf(this.#app)}${path}`;
    const admin = adminOf(this.#RED);
    const below = admin && belowMount(whole, mountOf(admin));
    return below !== undefined && isForEditor(admin!, method, below);
  }
}

function track(inFlight: Set<Promise<void>>, handling: Promise<void>): void {
  const tracked: Promise<void> = handling.finally(() => inFlight.delete(tracked));
  inFlight.add(tracked);
}

function arrivalOf(
  route: Route,
  request: IncomingMessage & { originalUrl?: string },
  body: { bytes: Buffer } | { refusal: Refusal },
  path: string,
  ip: string,
): Arrival {
  if ('refusal' in body) return body;
  try {
    const delivery: Delivery = {
      method: request.method ?? '',
      url: request.originalUrl ?? request.url ?? '',
      params: route.pattern.parameters(path),
      headers: request.headers,
      ip,
      body: body.bytes,
    };
    return { delivery };
  } catch (error) {
    if (error instanceof Refusal) return { refusal: error };
    throw error;
  }
}

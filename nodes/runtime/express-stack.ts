/** What we need to know of the Express applications that Node-RED is made of, their innards included. */
import type { IncomingMessage, ServerResponse } from 'node:http';

type Handler = (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void;

/** Express 4, and 5 when somebody embeds Node-RED in one. */
export interface App {
  parent?: App;
  mountpath?: string | string[];
  use(handler: Handler): unknown;
  get?(setting: string): unknown;
  _router?: { stack: Layer[] };
  router?: { stack: Layer[] };
}

export interface Layer {
  name?: string;
  handle?: { stack?: Layer[] } & object;
  /** Not in Express 5. */
  regexp?: RegExp & { fast_slash?: boolean; fast_star?: boolean };
  route?: { methods?: Record<string, boolean> } & object;
}

/** An application's handlers, in the order in which they are asked. */
export function stackOf(app: App): readonly Layer[] | undefined {
  return (app._router ?? app.router)?.stack;
}

/**
 * Changes an application's stack of handlers by putting a new one in its place: a request that is on its way through the
 * old one must not skip a handler, which may be the one that asks for a password.
 */
export function updateStack(app: App, change: (stack: Layer[]) => Layer[]): void {
  const router = app._router ?? app.router;
  if (router) router.stack = change(router.stack);
}

/** Those of Express and Node-RED that prepare a request and decide nothing. */
const harmless: ReadonlySet<string> = new Set(['query', 'expressInit', 'rawBodyCapture', 'corsMiddleware']);

/** Whether a layer takes the path; one of which that cannot be seen does. */
function takes({ regexp }: Layer, path: string): boolean {
  return !regexp || regexp.fast_slash === true || regexp.fast_star === true || regexp.test(path);
}

function takesMethod({ route }: Layer, method: string): boolean {
  const methods = route?.methods;
  return !methods || methods._all === true || methods[method.toLowerCase()] === true;
}

/**
 * Whether nothing on the way from the root application to a route of ours has a say in a request, so that it can be answered
 * without asking: no middleware that might want a password, no other route, no application but Node-RED's own.
 *
 * @param apps how many applications Node-RED has at the root
 * @param own what is ours in both stacks
 */
export function isUndisputed(
  root: App,
  app: App,
  { method, path, below }: { method: string; path: string; below: string },
  apps: number,
  own: (layer: Layer) => boolean,
): boolean {
  const atRoot = (stackOf(root) ?? []).filter((layer) => !own(layer) && takes(layer, path));
  const mounted = atRoot.filter(({ name }) => name === 'mounted_app');
  // a static file is for GET and HEAD
  const isRead = method === 'GET' || method === 'HEAD';
  const others = atRoot.filter(
    ({ name = '' }) => name !== 'mounted_app' && !harmless.has(name) && (isRead || name !== 'serveStatic'),
  );
  if (others.length > 0 || mounted.length > apps) return false;
  return !(stackOf(app) ?? []).some(
    (layer) =>
      !own(layer) &&
      !harmless.has(layer.name ?? '') &&
      takes(layer, below) &&
      (layer.route === undefined || takesMethod(layer, method)),
  );
}

/** Whether an application has a route of its own for a request; handlers for all paths are none. */
export function hasRoute(app: App, method: string, path: string): boolean {
  return routeIn(stackOf(app) ?? [], method, path);
}

function routeIn(stack: readonly Layer[], method: string, path: string): boolean {
  return stack.some((layer) => {
    const { regexp, route, handle } = layer;
    if (!regexp || regexp.fast_star) return false;
    if (route) return !isCatchAll(regexp) && takesMethod(layer, method) && regexp.test(path);
    if (!handle?.stack || !takes(layer, path)) return false;
    return routeIn(handle.stack, method, regexp.fast_slash ? path : path.replace(regexp, '/'));
  });
}

/** `*` and the like. */
function isCatchAll(regexp: RegExp): boolean {
  return regexp.test('/\u0000/no/such/path');
}

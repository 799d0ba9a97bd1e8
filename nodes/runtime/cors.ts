import type { IncomingMessage, ServerResponse } from 'node:http';
import { corsHeaders, preflightHeaders, type CorsOptions } from '../../src/webhook/cors';

type Callback<T> = (error: unknown, value?: T) => void;
type OriginFunction = (origin: string | undefined, callback: Callback<CorsOptions['origin']>) => void;
type Settings = Omit<CorsOptions, 'origin'> & { origin?: CorsOptions['origin'] | OriginFunction };

/** `httpNodeCors` of settings.js: what the `cors` package takes, functions included. */
export type CorsSetting = Settings | ((request: IncomingMessage, callback: Callback<Settings>) => void);

type Next = (error?: unknown) => void;

/** Sets the headers of an answer that a page of another origin may read. */
export function cors(setting: CorsSetting) {
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    resolve(setting, request)
      .then((options) => setHeaders(response, corsHeaders(options, request.headers)))
      .then(() => next(), next);
  };
}

/** Answers a preflight. The core `http in` node answers them for all paths, but it can be left out of a Node-RED. */
export function preflight(setting: CorsSetting) {
  return (request: IncomingMessage, response: ServerResponse, next: Next): void => {
    resolve(setting, request)
      .then((options) => {
        setHeaders(response, preflightHeaders(options, request.headers));
        response.statusCode = options.optionsSuccessStatus ?? 204;
        response.setHeader('Content-Length', '0');
        response.end();
      })
      .catch(next);
  };
}

async function resolve(setting: CorsSetting, request: IncomingMessage): Promise<CorsOptions> {
  const settings =
    typeof setting === 'function'
      ? await called<Settings>((callback) => setting(request, callback))
      : setting;
  const { origin, ...rest } = settings ?? {};
  if (typeof origin !== 'function') return { ...rest, origin };
  // To the package, nothing from the function means that the origin is refused.
  const allowed = await called<CorsOptions['origin']>((callback) => origin(request.headers.origin, callback));
  return { ...rest, origin: allowed ?? false };
}

function called<T>(call: (callback: Callback<T>) => void): Promise<T | undefined> {
  return new Promise((resolve, reject) => {
    call((error, value) => {
      if (error)
        reject(error instanceof Error ? error : new Error('the origin was refused', { cause: error }));
      else resolve(value);
    });
  });
}

function setHeaders(response: ServerResponse, headers: Record<string, string>): void {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
}

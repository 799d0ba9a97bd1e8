import type { IncomingHttpHeaders } from 'node:http';

type Origin = boolean | string | RegExp | readonly (string | RegExp)[];

/** The settings of the `cors` package, which Node-RED's `httpNodeCors` is handed to, as far as they are data. */
export interface CorsOptions {
  origin?: Origin;
  methods?: string | readonly string[];
  allowedHeaders?: string | readonly string[];
  exposedHeaders?: string | readonly string[];
  credentials?: boolean;
  maxAge?: number;
  optionsSuccessStatus?: number;
}

const list = (value: string | readonly string[]) => (typeof value === 'string' ? value : value.join(','));

/**
 * Headers that let pages of the allowed origins read an answer (Fetch standard, CORS protocol).
 *
 * @returns no header when the settings turn CORS off
 */
export function corsHeaders(options: CorsOptions, request: IncomingHttpHeaders): Record<string, string> {
  const { origin = '*', credentials, exposedHeaders } = options;
  if (origin === false) return {};
  const headers: Record<string, string> = {};
  if (origin === '*') headers['Access-Control-Allow-Origin'] = '*';
  else {
    headers.Vary = 'Origin';
    const allowed =
      typeof origin === 'string' ? origin : allows(origin, request.origin) ? request.origin : undefined;
    if (allowed) headers['Access-Control-Allow-Origin'] = allowed;
  }
  if (credentials) headers['Access-Control-Allow-Credentials'] = 'true';
  if (exposedHeaders?.length) headers['Access-Control-Expose-Headers'] = list(exposedHeaders);
  return headers;
}

/** The same for a preflight, which asks what a later request may have. */
export function preflightHeaders(options: CorsOptions, request: IncomingHttpHeaders): Record<string, string> {
  const headers = corsHeaders({ ...options, exposedHeaders: undefined }, request);
  if (options.origin === false) return headers;
  headers['Access-Control-Allow-Methods'] = list(options.methods ?? 'GET,HEAD,PUT,PATCH,POST,DELETE');
  const asked = request['access-control-request-headers'];
  if (options.allowedHeaders?.length) headers['Access-Control-Allow-Headers'] = list(options.allowedHeaders);
  else if (asked) {
    headers.Vary = [headers.Vary, 'Access-Control-Request-Headers'].filter(Boolean).join(', ');
    headers['Access-Control-Allow-Headers'] = asked;
  }
  if (options.maxAge !== undefined) headers['Access-Control-Max-Age'] = String(options.maxAge);
  return headers;
}

function allows(rule: Exclude<Origin, false> | false, origin: string | undefined): boolean {
  if (typeof rule === 'boolean') return rule;
  if (origin === undefined) return false;
  if (typeof rule === 'string') return rule === origin;
  if (rule instanceof RegExp) return rule.test(origin);
  return rule.some((entry) => allows(entry, origin));
}

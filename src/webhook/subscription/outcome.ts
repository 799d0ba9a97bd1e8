import type { Failure } from '../../exchange/failure';

/** Nothing was sent. */
const unsent: ReadonlySet<string> = new Set([
  'TEMPLATE',
  'INVALID_REQUEST',
  'CONFIG',
  'HOST_NOT_ALLOWED',
  'AUTHENTICATION',
  'RATE_LIMITED',
  'DNS',
  'CONNECTION_REFUSED',
  'CONNECT_TIMEOUT',
  'TLS',
]);

/**
 * Statuses from 400 on that do not say that nothing was done: timeouts; "there is one already", which may be the one that was
 * asked for before; too early, too many.
 */
const unclear: ReadonlySet<string> = new Set([408, 409, 422, 423, 425, 429].map((code) => `HTTP_${code}`));

/** Whether a request that failed has certainly done nothing. Of several attempts, one before may have. */
export function didNothing({ code, attempts }: Failure): boolean {
  if (attempts > 1) return false;
  return unsent.has(code) || (/^HTTP_4\d\d$/.test(code) && !unclear.has(code));
}

/** The service does not know it (any more). */
export function isGoneStatus(code: string): boolean {
  return code === 'HTTP_404' || code === 'HTTP_410';
}

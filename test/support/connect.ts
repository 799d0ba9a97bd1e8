import { Connection, type ConnectionOptions } from '../../src/connection/connection';

/** A connection with the defaults of the dialog, but for what a test sets. */
export function connect(options: Partial<ConnectionOptions> = {}): Connection {
  return new Connection({
    baseUrl: '',
    allowedHosts: [],
    connectTimeout: 10_000,
    firstByteTimeout: 60_000,
    idleTimeout: 60_000,
    totalTimeout: 120_000,
    keepAlive: true,
    maxResponseSize: 50 * 1024 * 1024,
    maxRedirects: 10,
    userAgent: 'test',
    ...options,
  });
}

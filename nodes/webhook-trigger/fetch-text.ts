import { Connection } from '../../src/connection/connection';
import { proxyFromEnvironment } from '../../src/connection/proxy';
import { Failure } from '../../src/exchange/failure';
import type { FetchText } from '../../src/webhook/verification/fetch-text';

/** Key sets and certificates are small. */
const largest = 1024 * 1024;

/** A way to fetch key sets and certificates, and to confirm subscriptions; made on first use. */
export class TextFetcher {
  #connection: Connection | undefined;

  readonly fetch: FetchText = async (url) => {
    this.#connection ??= new Connection({
      baseUrl: '',
      allowedHosts: [],
      proxy: proxyFromEnvironment(process.env),
      maxRedirects: 0,
      userAgent: 'node-red-contrib-http-connector',
      connectTimeout: 5000,
      firstByteTimeout: 10_000,
      idleTimeout: 10_000,
      totalTimeout: 15_000,
      maxResponseSize: largest,
      keepAlive: false,
    });
    const { statusCode, body } = await this.#connection.send({ method: 'GET', url });
    if (statusCode < 200 || statusCode > 299) {
      throw new Failure(`HTTP_${statusCode}`, `the answer was ${statusCode}`);
    }
    return body.toString('utf8');
  };

  async close(): Promise<void> {
    await this.#connection?.close();
  }
}

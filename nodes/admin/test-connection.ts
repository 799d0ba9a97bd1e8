import type { NodeAPI } from 'node-red';
import { diagnose, type Diagnosis } from '../../src/connection/diagnose';
import { classify } from '../../src/exchange/failure';
import {
  configVersion,
  defaults,
  type HttpConnectionConfig,
  type HttpConnectionCredentials,
} from '../http-connection/config';
import { migrations } from '../http-connection/migrations';
import { openConnection } from '../http-connection/open';
import { migrate } from '../runtime/migrate';

/** What the dialog sends: the values as they stand in it. */
interface TestRequest {
  config: Record<string, unknown>;
  /** Untouched secrets come as Node-RED's placeholder. */
  credentials: Record<string, string>;
  /** Relative to the base URL. */
  path?: string;
}

/** What the editor shows and sends in place of a stored secret that was not touched. */
const untouched = '__PWRD__';

/**
 * `POST http-connection/:id/test`: sends one GET with the values as they stand in the dialog. Unsaved values are used, a
 * secret that was not touched is the stored one; no secret goes back.
 */
export function serveConnectionTest(RED: NodeAPI): void {
  RED.httpAdmin.post(
    '/http-connection/:id/test',
    RED.auth.needsPermission('http-connection.write'),
    (request, response) => {
      const id = String(request.params.id);
      test(RED, id, request.body as TestRequest).then(
        (diagnosis) => response.json(diagnosis),
        (error: unknown) => {
          const { code, message } = classify(error);
          response.json({ ok: false, code, message, hints: [], elapsed: 0 } satisfies Diagnosis);
        },
      );
    },
  );
}

async function test(
  RED: NodeAPI,
  id: string,
  { config, credentials, path }: TestRequest,
): Promise<Diagnosis> {
  const stored = (RED.nodes.getCredentials(id) ?? {}) as Record<string, string>;
  const values = Object.entries(credentials ?? {}).map(([name, value]) => [
    name,
    value === untouched ? stored[name] : fromEnvironment(RED, value),
  ]);
  const connection = openConnection(
    RED,
    migrate<HttpConnectionConfig>(
      fromEnvironment(RED, { ...config, id, type: 'http-connection' }),
      configVersion,
      defaults,
      migrations,
    ),
    Object.fromEntries(values) as HttpConnectionCredentials,
  );
  try {
    return await diagnose(connection, { method: 'GET', url: path ?? '' });
  } finally {
    await connection.close();
  }
}

/** `${NAME}` as a whole value, at any depth, as the runtime does it for a deployed node. */
function fromEnvironment<T>(RED: NodeAPI, value: T): T {
  if (typeof value === 'string') {
    const [, name] = /^\$\{(\S+)\}$/.exec(value) ?? [];
    const found: unknown = name ? RED.util.getSetting({} as never, name) : undefined;
    return (found ?? value) as T;
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => fromEnvironment(RED, entry)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, fromEnvironment(RED, entry)]),
  ) as T;
}

import type { NodeAPI } from 'node-red';
import type { Look } from '../../src/connection/discovery/look';
import { Scope } from '../../src/connection/scope';
import { classify, Failure } from '../../src/exchange/failure';
import { openTokenConnection } from '../http-connection/open';
import { readConfig } from '../http-connection/read';
import { dialogConfig, type DialogValues } from './dialog-values';

/** What the dialog sends. */
interface LookRequest extends DialogValues {
  /** Relative to the base URL. */
  path?: string;
}

/** Milliseconds; a person waits. */
const longest = 20_000;

/**
 * `POST http-connection/look/:id`: asks the service of a dialog, deployed or not, which authentication it wants. The way
 * there is the dialog's (TLS, proxy, timeouts, network guard); no credentials, headers or parameters go along.
 */
export function serveLook(RED: NodeAPI): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const permission = RED.auth.needsPermission('http-connection.write');
  RED.httpAdmin.post('/http-connection/look/:id', permission, (request, response) => {
    const closed = new AbortController();
    response.on('close', () => closed.abort(new Failure('ABORTED', 'the dialog was closed')));
    lookAt(RED, request.body as LookRequest, closed.signal).then(
      (seen) => response.json(seen),
      (error: unknown) => {
        const { code, message } = classify(error);
        response.json({ problem: { code, message }, suggestions: [] } satisfies Look);
      },
    );
  });
}

async function lookAt(RED: NodeAPI, dialog: LookRequest, closed: AbortSignal): Promise<Look> {
  const config = readConfig(dialogConfig(RED, dialog.config));
  const hosts = config.allowedHosts.split(/[\s,]+/).filter(Boolean);
  const url = new Scope(config.baseUrl, hosts).resolve(dialog.path ?? '');
  const base = config.baseUrl ? new URL(config.baseUrl) : url;
  const http = openTokenConnection(RED, config);
  try {
    // only now: this is not needed by a Node-RED that nobody sets up
    const { look } = await import('../../src/connection/discovery/look.js');
    return await look(http, url, base, AbortSignal.any([closed, AbortSignal.timeout(longest)]));
  } finally {
    await http.close();
  }
}

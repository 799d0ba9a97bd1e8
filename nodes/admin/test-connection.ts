import type { NodeAPI } from 'node-red';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { diagnose, type Diagnosis } from '../../src/connection/diagnose';
import { classify } from '../../src/exchange/failure';
import { openDialogConnection } from './dialog-connection';
import type { DialogValues } from './dialog-values';

/** What the dialog sends. */
interface TestRequest extends DialogValues {
  /** Relative to the base URL. */
  path?: string;
}

/**
 * `POST http-connection/test/:id`: sends one GET with the values as they stand in the dialog. Unsaved values are used, a
 * secret that was not touched is the stored one; no secret goes back.
 */
export function serveConnectionTest(RED: NodeAPI, vault: TokenVault): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const permission = RED.auth.needsPermission('http-connection.write');
  RED.httpAdmin.post('/http-connection/test/:id', permission, (request, response) => {
    test(RED, vault, String(request.params.id), request.body as TestRequest).then(
      (diagnosis) => response.json(diagnosis),
      (error: unknown) => {
        const { code, message } = classify(error);
        response.json({ ok: false, code, message, hints: [], elapsed: 0 } satisfies Diagnosis);
      },
    );
  });
}

async function test(RED: NodeAPI, vault: TokenVault, id: string, dialog: TestRequest): Promise<Diagnosis> {
  const connection = openDialogConnection(RED, vault, id, dialog);
  try {
    return await diagnose(connection, { method: 'GET', url: dialog.path ?? '' });
  } finally {
    await connection.close();
  }
}

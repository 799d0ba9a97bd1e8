import type { NodeAPI } from 'node-red';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { redactDeep } from '../../src/exchange/exchange';
import { classify, Failure, redactFailure } from '../../src/exchange/failure';
import { systemClock } from '../../src/polling/clock';
import { Poller } from '../../src/polling/poller';
import type { Preview } from '../../src/polling/preview';
import { compilePoll } from '../polling-trigger/compile-poll';
import { configVersion, defaults, type PollingTriggerConfig } from '../polling-trigger/config';
import { migrations } from '../polling-trigger/migrations';
import { asText } from '../../src/exchange/values';
import { migrate } from '../runtime/migrate';
import { holdStore } from '../runtime/store';
import { openDialogConnection } from './dialog-connection';
import { dialogConfig, type DialogValues } from './dialog-values';
import { isolatedNode } from './isolated-node';

/** What the dialog sends. */
interface PreviewRequest {
  /** The polling-trigger node as it stands in the dialog. */
  config: Record<string, unknown>;
  connection: DialogValues & { id: string };
}

/** What the dialog shows; without secrets of the connection. */
export interface PreviewResult {
  ok: boolean;
  code?: string;
  message?: string;
  /** Milliseconds. */
  elapsed: number;
  preview?: Preview;
}

/** `POST polling-trigger/preview/:id`: what a poll with the values of the dialog would do. No state is moved. */
export function servePollingPreview(RED: NodeAPI, vault: TokenVault): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const permission = RED.auth.needsPermission('polling-trigger.write');
  RED.httpAdmin.post('/polling-trigger/preview/:id', permission, (request, response) => {
    const closed = new AbortController();
    response.on('close', () => closed.abort(new Failure('ABORTED', 'the dialog was closed')));
    const began = performance.now();
    const answer = (result: Omit<PreviewResult, 'elapsed'>) =>
      response.json({ ...result, elapsed: Math.round(performance.now() - began) });
    preview(RED, vault, String(request.params.id), request.body as PreviewRequest, closed.signal).then(
      (found) => answer({ ok: true, preview: found }),
      (error: unknown) => {
        const { code, message } = classify(error);
        answer({ ok: false, code, message });
      },
    );
  });
}

async function preview(
  RED: NodeAPI,
  vault: TokenVault,
  id: string,
  { config: saved, connection: dialog }: PreviewRequest,
  closed: AbortSignal,
): Promise<Preview> {
  const config = migrate<PollingTriggerConfig>(dialogConfig(RED, saved), configVersion, defaults, migrations);
  const connection = openDialogConnection(RED, vault, dialog.id, dialog);
  const hold = holdStore(RED);
  try {
    const node = isolatedNode(RED, id, asText(saved.z), dialog.id);
    const poller = new Poller({
      ...compilePoll(RED, node, { ...config, connection: dialog.id }, connection),
      owner: id,
      store: () => hold.open(),
      clock: systemClock,
      emit: () => undefined,
    });
    const found = await poller.preview(closed);
    return redactDeep(found, (text) => connection.redact(text)) as Preview;
  } catch (error) {
    throw redactFailure(error, (text) => connection.redact(text));
  } finally {
    await connection.close();
    await hold.release();
  }
}

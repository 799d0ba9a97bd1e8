import type { NodeAPI } from 'node-red';
import type { TokenVault } from '../../src/connection/auth/token-vault';
import { exchange, redactDeep } from '../../src/exchange/exchange';
import { classify, Failure, redactFailure } from '../../src/exchange/failure';
import { asText } from '../../src/exchange/values';
import { wasXml } from '../../src/paging/records';
import type { AnswerSuggestions } from '../../src/sample/suggest-records';
import { compileRequest } from '../polling-trigger/compile-poll';
import { configVersion, defaults, type PollingTriggerConfig } from '../polling-trigger/config';
import { migrations } from '../polling-trigger/migrations';
import { migrate } from '../runtime/migrate';
import { openDialogConnection } from './dialog-connection';
import { dialogConfig, type DialogValues } from './dialog-values';
import { isolatedNode } from './isolated-node';

/** What the dialog sends. */
interface SampleRequest {
  /** The polling-trigger node as it stands in the dialog. */
  config: Record<string, unknown>;
  connection: DialogValues & { id: string };
}

/** What the guided set-up shows; without secrets of the connection. */
export interface SampleResult extends Partial<AnswerSuggestions> {
  ok: boolean;
  code?: string;
  message?: string;
  /** Milliseconds. */
  elapsed: number;
  statusCode?: number;
}

/** Milliseconds; a person waits. */
const longest = 60_000;
/** Characters of a record that is shown. */
const mostShown = 32 * 1024;

/**
 * `POST polling-trigger/sample/:id`: the first answer to the request of a dialog, deployed or not, and what it says of the
 * settings that are left. Only the request's settings are looked at, and no state is moved.
 */
export function servePollingSample(RED: NodeAPI, vault: TokenVault): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const permission = RED.auth.needsPermission('polling-trigger.write');
  RED.httpAdmin.post('/polling-trigger/sample/:id', permission, (request, response) => {
    const closed = new AbortController();
    response.on('close', () => closed.abort(new Failure('ABORTED', 'the dialog was closed')));
    const began = performance.now();
    const answer = (result: Omit<SampleResult, 'elapsed'>) =>
      response.json({ ...result, elapsed: Math.round(performance.now() - began) });
    sample(RED, vault, String(request.params.id), request.body as SampleRequest, closed.signal).then(
      (found) => answer({ ok: true, ...found }),
      (error: unknown) => {
        const { code, message } = classify(error);
        answer({ ok: false, code, message });
      },
    );
  });
}

async function sample(
  RED: NodeAPI,
  vault: TokenVault,
  id: string,
  { config: saved, connection: dialog }: SampleRequest,
  closed: AbortSignal,
): Promise<Omit<SampleResult, 'ok' | 'elapsed'>> {
  const config = migrate<PollingTriggerConfig>(dialogConfig(RED, saved), configVersion, defaults, migrations);
  const connection = openDialogConnection(RED, vault, dialog.id, dialog);
  try {
    const node = isolatedNode(RED, id, asText(saved.z), dialog.id);
    const { plan, inputOf } = compileRequest(RED, node, { ...config, connection: dialog.id });
    const input = await inputOf({
      now: new Date().toISOString(),
      lastPoll: '',
      cursor: config.cursor.trim() === '' ? '' : config.cursorStart.trim(),
    });
    const signal = AbortSignal.any([closed, AbortSignal.timeout(longest)]);
    const answer = await exchange(plan, input, connection, { signal });
    const { url, headers, statusCode } = answer.summary;
    // only now: this is not needed by a Node-RED that nobody sets up
    const { suggestRecords } = await import('../../src/sample/suggest-records.js');
    const isXml = wasXml(answer, plan.decode);
    const found = await suggestRecords({ url, headers, body: answer.body, isXml });
    const lists = found.lists.map((list) => ({ ...list, first: shown(list.first) }));
    return redactDeep({ statusCode, ...found, lists }, (text) =>
      connection.redact(text),
    ) as AnswerSuggestions;
  } catch (error) {
    throw redactFailure(error, (text) => connection.redact(text));
  } finally {
    await connection.close();
  }
}

/** What is too much for a dialog is not shown. */
function shown(record: unknown): unknown {
  const text = JSON.stringify(record) as string | undefined;
  return text === undefined || text.length > mostShown ? undefined : record;
}

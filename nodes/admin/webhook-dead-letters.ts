import type { Request, Response } from 'express';
import type { NodeAPI } from 'node-red';
import { classify } from '../../src/exchange/failure';
import { DeadLetters } from '../../src/webhook/inbox/dead-letters';
import type { EventMessage } from '../../src/webhook/receiver';
import { holdStore } from '../runtime/store';
import { redactHeaders, showMessage } from './webhook-show';

/** What the endpoints need of a node that runs. */
export interface DeadLetterOwner {
  /** The inbox's. */
  scope: string;
  /** An event was put back. */
  look(): void;
}

type Handler = (
  letters: DeadLetters,
  request: Request,
  owner: DeadLetterOwner | undefined,
) => Promise<unknown>;

const parameter = (request: Request, name: string): string => {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
};

/**
 * Dead letters for the editor, below `webhook-trigger/:id/dead-letters`; ids are percent-encoded:
 *
 * - `GET` `?after=<position>`: `{ count, letters }`, a page, oldest first
 * - `GET /:letter`: `{ letter, message }`; secrets in headers are masked
 * - `POST /:letter/replay`, `POST /replay`: `{ replayed: <how many> }`
 * - `DELETE /:letter`, `DELETE`: `{}`
 *
 * An error is `{ code, message }` with the status 500, or 404 when there is no such letter.
 *
 * @param ownerOf the node when it runs: letters are there without it too, but can only be replayed to one that runs
 * @param scopeOf the inbox of a node
 */
export function serveDeadLetters(
  RED: NodeAPI,
  ownerOf: (id: string) => DeadLetterOwner | undefined,
  scopeOf: (id: string) => string,
): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  const path = '/webhook-trigger/:id/dead-letters';
  const read = RED.auth.needsPermission('webhook-trigger.read');
  const write = RED.auth.needsPermission('webhook-trigger.write');
  const handle = (handler: Handler) => (request: Request, response: Response) => {
    const id = parameter(request, 'id');
    const hold = holdStore(RED);
    const work = async () => handler(new DeadLetters(await hold.open(), scopeOf(id)), request, ownerOf(id));
    work()
      .then(
        (result) => {
          if (result === undefined)
            response.status(404).json({ code: 'NOT_FOUND', message: 'there is no such letter' });
          else response.json(result);
        },
        (error: unknown) => {
          const { code, message } = classify(error);
          response.status(500).json({ code, message });
        },
      )
      .finally(() => void hold.release());
  };
  RED.httpAdmin.get(path, read, handle(list));
  RED.httpAdmin.get(`${path}/:letter`, read, handle(show));
  RED.httpAdmin.post(`${path}/replay`, write, handle(replayAll));
  RED.httpAdmin.post(`${path}/:letter/replay`, write, handle(replay));
  RED.httpAdmin.delete(path, write, handle(removeAll));
  RED.httpAdmin.delete(`${path}/:letter`, write, handle(remove));
}

const list: Handler = async (letters, { query }) => {
  const after = Number(query.after ?? 0);
  return { count: await letters.count(), letters: await letters.list(Number.isFinite(after) ? after : 0) };
};

const show: Handler = async (letters, request) => {
  const found = await letters.show(parameter(request, 'letter'));
  if (!found) return undefined;
  const { letter, message } = found;
  const headers = redactHeaders(message.request.headers);
  const shown: EventMessage = { ...message, request: { ...message.request, headers, cookies: {} } };
  return { letter, message: showMessage(shown) };
};

const replay: Handler = async (letters, request, owner) => {
  if (!owner) return undefined;
  if (!(await letters.replay(parameter(request, 'letter')))) return undefined;
  owner.look();
  return { replayed: 1 };
};

const replayAll: Handler = async (letters, _request, owner) => {
  if (!owner) return undefined;
  const replayed = await letters.replayAll();
  owner.look();
  return { replayed };
};

const remove: Handler = async (letters, request) => {
  await letters.delete(parameter(request, 'letter'));
  return {};
};

const removeAll: Handler = async (letters) => {
  await letters.deleteAll();
  return {};
};

/** The node as the runtime has it: what it does now, and what it can be told to do. */
import { EndpointError, post } from '../../editor/endpoint';
import { t } from './checks';

/** What `GET polling-trigger/:id/state` answers. */
export interface PollState {
  paused: boolean;
  /** When the next poll is due, milliseconds since 1970; or why none is. */
  next: number | 'paused' | 'elsewhere' | null;
  last?: {
    /** Milliseconds since 1970, or ISO. */
    time: number | string;
    found: number;
    /** The answer was the one of the poll before: it was not read, and `found` is 0. */
    unchanged?: boolean;
    fired: number;
    waiting: number;
    cursor: string;
  };
}

export type Command = 'poll' | 'pause' | 'resume' | 'reset' | 'keep' | 'rewind';

/** Whether the runtime has it; a subflow's nodes have other ids there. */
export function isDeployed({ id, z }: EditorNode): boolean {
  if (z && RED.nodes.subflow(z)) return false;
  return RED.nodes.originalFlow()?.some((node) => node.id === id) ?? false;
}

/** @throws EndpointError */
export function command(id: string, name: Command, body: object, closed: AbortSignal): Promise<unknown> {
  return post(`polling-trigger/${encodeURIComponent(id)}/${name}`, body, closed, t);
}

/** @throws EndpointError; nothing after `closed` */
export function readState(id: string, closed: AbortSignal): Promise<PollState> {
  return new Promise((resolve, reject) => {
    const asked = $.ajax({
      url: `polling-trigger/${encodeURIComponent(id)}/state`,
      dataType: 'json',
      cache: false,
    });
    closed.addEventListener('abort', () => asked.abort(), { once: true });
    asked.then(
      (state: PollState) => !closed.aborted && resolve(state),
      ({ status }: JQuery.jqXHR<unknown>) => {
        if (closed.aborted) return;
        reject(new EndpointError(status === 404 ? t('now.unknown') : t('error.status', { status })));
      },
    );
  });
}

/** The button beside the node. */
export async function pollNow(node: EditorNode): Promise<void> {
  const open = new AbortController();
  try {
    await command(node.id, 'poll', {}, open.signal);
    tell(t('now.polling', { name: RED.utils.getNodeLabel(node, t('label.node')) }), 'success');
  } catch (error) {
    tell((error as Error).message, 'error');
  }
}

function tell(text: string, type: 'success' | 'error'): void {
  RED.notify($('<p>').text(text)[0]!, {
    type,
    timeout: type === 'success' ? 2000 : 5000,
    id: 'polling-trigger',
  });
}

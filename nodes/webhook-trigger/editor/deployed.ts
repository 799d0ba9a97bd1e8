/** The node as the runtime has it. */
import { EndpointError } from '../../editor/endpoint';
import { t } from './checks';

/** Whether the runtime has it; a subflow's nodes have other ids there. */
export function isDeployed({ id, z }: EditorNode): boolean {
  if (z && RED.nodes.subflow(z)) return false;
  return RED.nodes.originalFlow()?.some((node) => node.id === id) ?? false;
}

export type Verb = 'GET' | 'POST' | 'DELETE';

/**
 * Asks an endpoint below `webhook-trigger/ID/`.
 *
 * @param steps of the path, not encoded
 * @throws EndpointError; nothing after `closed`
 */
export function ask<T>(
  verb: Verb,
  steps: readonly string[],
  closed: AbortSignal,
  query: Record<string, string | number> = {},
): Promise<T> {
  return new Promise((resolve, reject) => {
    const path = ['webhook-trigger', ...steps].map((step) => encodeURIComponent(step)).join('/');
    // Relative: only then does the editor add its token and its root. In the URL: jQuery would make a body of it.
    const url = `${path}?${new URLSearchParams(Object.entries(query).map(([name, value]) => [name, String(value)]))}`;
    const asked = $.ajax({
      url: url.replace(/\?$/, ''),
      type: verb,
      dataType: 'json',
      cache: verb !== 'GET',
    });
    closed.addEventListener('abort', () => asked.abort(), { once: true });
    asked.then(
      (answer: T) => !closed.aborted && resolve(answer),
      ({ status, responseJSON }: JQuery.jqXHR<unknown>) => {
        if (closed.aborted) return;
        const said = (responseJSON as { message?: unknown } | undefined)?.message;
        reject(new EndpointError(typeof said === 'string' ? said : reason(status)));
      },
    );
  });
}

function reason(status: number): string {
  if (status === 0) return t('error.noAnswer');
  return status === 401 || status === 403 ? t('error.notAllowed') : t('error.status', { status });
}

import { t } from './checks';

/** An endpoint of this package said no, or did not answer; the message is for the user. */
export class EndpointError extends Error {}

/**
 * Asks an endpoint of nodes/admin. A relative URL: only then does the editor add its token and its root.
 *
 * @throws EndpointError; nothing after `closed`
 */
export function post<T>(path: string, body: object, closed: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = $.ajax({
      url: `http-connection/${path}`,
      type: 'POST',
      contentType: 'application/json; charset=utf-8',
      dataType: 'json',
      data: JSON.stringify(body),
    });
    asked.then(
      (answer: T) => !closed.aborted && resolve(answer),
      ({ status, responseJSON }: JQuery.jqXHR<unknown>) => {
        if (closed.aborted) return;
        const said = (responseJSON as { message?: unknown } | undefined)?.message;
        reject(new EndpointError(typeof said === 'string' ? said : reason(status)));
      },
    );
    closed.addEventListener('abort', () => asked.abort());
  });
}

function reason(status: number): string {
  if (status === 0) return t('error.noAnswer');
  return status === 401 || status === 403 ? t('error.notAllowed') : t('error.status', { status });
}

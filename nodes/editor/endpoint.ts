import type { Texts } from './texts';

/** An endpoint of this package said no, or did not answer; the message is for the user. */
export class EndpointError extends Error {}

/**
 * Asks an endpoint of nodes/admin.
 *
 * @param url relative: only then does the editor add its token and its root
 * @throws EndpointError; nothing after `closed`
 */
export function post<T>(url: string, body: object, closed: AbortSignal, t: Texts): Promise<T> {
  return new Promise((resolve, reject) => {
    const asked = $.ajax({
      url,
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
        reject(new EndpointError(typeof said === 'string' ? said : reason(status, t)));
      },
    );
    closed.addEventListener('abort', () => asked.abort());
  });
}

function reason(status: number, t: Texts): string {
  if (status === 0) return t('error.noAnswer');
  return status === 401 || status === 403 ? t('error.notAllowed') : t('error.status', { status });
}

import * as endpoint from '../../editor/endpoint';
import { t } from './checks';

/** Asks an endpoint of a connection. @throws EndpointError; nothing after `closed` */
export function post<T>(path: string, body: object, closed: AbortSignal): Promise<T> {
  return endpoint.post<T>(`http-connection/${path}`, body, closed, t);
}

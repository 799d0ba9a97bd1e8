/** From the dialog's fields to what a service is asked for. */
import { Failure } from '../../src/exchange/failure';
import type { BodyPlan, RequestPlan, SubscriptionPlan } from '../../src/webhook/subscription/plan';
import { numberOf } from '../runtime/settings';
import type { SubscriptionBody, SubscriptionFields, SubscriptionRow } from './subscription-config';

const hour = 3_600_000;

/** @throws Failure CONFIG */
export function planOf(fields: SubscriptionFields): SubscriptionPlan {
  const headers = pairsOf(fields.headers);
  const request = (
    method: string,
    url: string,
    body: readonly [SubscriptionBody, string, SubscriptionRow[]],
  ): RequestPlan => ({ method, url: url.trim(), headers, body: bodyOf(...body) });
  if (fields.url.trim() === '') throw new Failure('CONFIG', 'the URL of the subscribe request is empty');
  const { listUrl, endUrl } = fields;
  return {
    subscribe: request(fields.method, fields.url, [fields.bodyKind, fields.body, fields.form]),
    ...(listUrl.trim() ? { list: request('GET', listUrl, ['none', '', []]) } : {}),
    ...renewOf(fields, request),
    ...(endUrl.trim()
      ? {
          unsubscribe: request(fields.endMethod, endUrl, [
            fields.endBodyKind,
            fields.endBody,
            fields.endForm,
          ]),
        }
      : {}),
    idPath: fields.idPath.trim(),
    expiryPath: fields.expiryPath.trim(),
    lifetime: numberOf(fields.lifetime, 'the time that a subscription lasts') * hour,
  };
}

function renewOf(
  { renewal, renewMethod, renewUrl, renewBodyKind, renewBody, renewForm }: SubscriptionFields,
  request: (...args: [string, string, [SubscriptionBody, string, SubscriptionRow[]]]) => RequestPlan,
): Pick<SubscriptionPlan, 'renew'> {
  if (renewal === 'again') return { renew: renewal };
  if (renewal !== 'request') return {};
  if (renewUrl.trim() === '') throw new Failure('CONFIG', 'the URL of the renew request is empty');
  return { renew: request(renewMethod, renewUrl, [renewBodyKind, renewBody, renewForm]) };
}

function bodyOf(kind: SubscriptionBody, text: string, form: SubscriptionRow[]): BodyPlan {
  if (kind === 'none') return { kind };
  if (kind === 'json') return { kind, text };
  return { kind: 'form', fields: pairsOf(form) };
}

function pairsOf(rows: readonly SubscriptionRow[]): [string, string][] {
  return rows.filter(({ name }) => name.trim()).map(({ name, value }) => [name.trim(), value]);
}

/**
 * The URL that the service is to call.
 *
 * @param base the public URL: an origin, to which the path is added; or the whole URL
 * @param root where Node-RED has its nodes' routes
 * @throws Failure CONFIG
 */
export function callbackOf(base: string, root: string, path: string): string {
  const told = base.trim();
  if (!URL.canParse(told)) {
    throw new Failure('CONFIG', 'to subscribe, set the public URL: the service must know what to call');
  }
  const url = new URL(told);
  if (url.pathname !== '/') return told;
  if (path.split('/').some((segment) => segment.startsWith(':'))) {
    const sentence = 'the path has parameters: to subscribe, enter a whole URL as the public URL';
    throw new Failure('CONFIG', sentence);
  }
  return new URL(`/${root}/${path}`.replace(/\/+/g, '/'), url.origin).href;
}

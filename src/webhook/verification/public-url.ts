import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';

/** How a sender writes the URL that it signs. */
export type UrlForm = keyof typeof forms;

const defaultPorts: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' };

const forms = {
  'as-is': (url: string) => url,
  /** Twilio's senders differ in whether they sign the standard port. */
  'with-port': (url: string) =>
    url.replace(/^(https?:)\/\/[^/?#]*/, (origin, scheme: string) =>
      /:\d+$/.test(origin) ? origin : `${origin}:${defaultPorts[scheme]}`,
    ),
  'without-port': (url: string) => url.replace(/^(https?:\/\/[^/?#]*?):\d+(?=[/?#]|$)/, '$1'),
  /** HubSpot decodes these, and only these (developers.hubspot.com, "Validating requests", version 3). */
  'hubspot-decoded': (url: string) =>
    url.replace(/%(?:3A|2F|3F|40|21|24|27|28|29|2A|2C|3B)/gi, decodeURIComponent),
};

export const urlForms = Object.keys(forms) as UrlForm[];

export function writeUrl(url: string, form: UrlForm): string {
  return forms[form](url);
}

/**
 * The URL of a delivery as its sender knows it.
 *
 * @param base what the sender was told: an origin (`https://example.com`), to which the request's path and query are added;
 *   or a whole URL with a path, to which only the query is; '' where nothing is set, and the request's own headers
 *   tell it. Those may be wrong behind a proxy, and let a delivery that was signed with the same secret for another
 *   host be repeated here.
 */
export function publicUrl(delivery: Delivery, base: string): string {
  const target = targetOf(delivery.url);
  const [, origin, path = ''] = splitUrl.exec(base) ?? [];
  if (origin === undefined) return ownUrl(delivery, target);
  if (path === '' || path === '/') return origin + target;
  const query = target.indexOf('?');
  return origin + path + (query < 0 ? '' : target.slice(query));
}

/** @throws Failure CONFIG for what is neither '' nor an http(s) URL */
export function checkPublicUrl(base: string): void {
  if (base !== '' && !(splitUrl.test(base) && URL.canParse(base))) {
    throw new Failure('CONFIG', 'the public URL is not one such as https://example.com/hooks');
  }
}

/** What else the sender may have signed: to tell why a signature does not match. */
export function otherUrls(delivery: Delivery, base: string): string[] {
  const target = targetOf(delivery.url);
  const url = publicUrl(delivery, base);
  const [, origin = '', path = '', query = ''] = splitUrl.exec(url) ?? [];
  const { host = '' } = delivery.headers;
  const others = [
    ownUrl(delivery, target),
    `https://${host}${target}`,
    `http://${host}${target}`,
    `${origin.replace(/^http:/, 'https:')}${path}${query}`,
    `${origin.replace(/^https:/, 'http:')}${path}${query}`,
    `${origin}${path.endsWith('/') ? path.slice(0, -1) : `${path}/`}${query}`,
    `${origin}${path}`,
    writeUrl(url, 'with-port'),
    writeUrl(url, 'without-port'),
  ];
  return [...new Set(others)].filter((other) => other !== url);
}

/** Origin, path and query; a fragment is never sent. */
const splitUrl = /^(https?:\/\/[^/?#\s]+)(\/[^?#\s]*)?(\?[^#\s]*)?/i;

function targetOf(url: string): string {
  const target = url.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, '').split('#', 1)[0]!;
  return target.startsWith('/') ? target : `/${target}`;
}

/** What the request says, and the proxies in front of it; https where none says anything, as webhooks are. */
function ownUrl({ headers }: Delivery, target: string): string {
  const first = (value: string | string[] | undefined): string =>
    (typeof value === 'string' ? value : '').split(',', 1)[0]!.trim();
  const scheme = first(headers['x-forwarded-proto']).toLowerCase() === 'http' ? 'http' : 'https';
  return `${scheme}://${first(headers['x-forwarded-host']) || (headers.host ?? '')}${target}`;
}

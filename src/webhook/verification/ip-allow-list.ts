import { isIP, type BlockList } from 'node:net';
import { readRanges } from '../../connection/network-guard';
import { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';
import { Refusal } from '../refusal';
import { notSetUp, refusesAll } from './unauthorized';
import type { Verifier } from './verifier';

/** More proxies than that in a row is somebody who wants us to work. */
const mostHops = 32;
const longestHeader = 4096;

/**
 * Takes deliveries from some addresses only. Whoever connects to us is believed; what `X-Forwarded-For` says is believed
 * only as far back as each address on the way is a proxy that was named as trusted.
 */
export class IpAllowList implements Verifier {
  readonly secretHeaders = [];
  readonly problem: Failure | undefined;
  readonly #allowed: BlockList | undefined;
  readonly #proxies: BlockList | undefined;

  /** @param ranges addresses and CIDR ranges of both families */
  constructor(ranges: readonly string[], trustedProxies: readonly string[] = []) {
    try {
      if (ranges.length === 0) this.problem = refusesAll('no address is allowed to deliver');
      this.#allowed = readRanges(ranges);
      this.#proxies = readRanges(trustedProxies);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      this.problem = refusesAll(error.message);
    }
  }

  verify(delivery: Delivery): void {
    if (this.problem) throw notSetUp(this.problem);
    const sender = this.senderOf(delivery);
    if (!has(this.#allowed!, sender)) throw forbidden(`${sender} is not an address that may deliver`);
  }

  /**
   * The address that the delivery came from, in the form in which it is compared.
   *
   * @throws Refusal FORBIDDEN when a trusted proxy does not say it in a form that can be read
   */
  senderOf({ ip, headers }: Delivery): string {
    const proxies = this.#proxies!;
    let sender = readAddress(ip);
    if (sender === undefined) throw forbidden('the address that the delivery came from is not known');
    if (!has(proxies, sender)) return sender;
    const header = headers['x-forwarded-for'] ?? '';
    const text = typeof header === 'string' ? header : header.join(',');
    if (text.length > longestHeader) throw forbidden('the header "x-forwarded-for" is too long');
    const hops = text.split(',').filter((hop) => hop.trim() !== '');
    for (let passed = 0; hops.length > 0 && has(proxies, sender); passed++) {
      if (passed === mostHops) throw forbidden('the delivery passed too many proxies');
      const hop = readAddress(hops.pop()!);
      if (hop === undefined) throw forbidden('a proxy put no address into the header "x-forwarded-for"');
      sender = hop;
    }
    return sender;
  }
}

/** An address without port, zone and brackets, and an IPv4 one as such however it was written; undefined for no address. */
export function readAddress(text: string): string | undefined {
  const trimmed = text.trim();
  const [, bracketed] = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(trimmed) ?? [];
  const [, beforePort] = /^([\d.]+):\d{1,5}$/.exec(trimmed) ?? [];
  const address = (bracketed ?? beforePort ?? trimmed).replace(/%.*$/, '').toLowerCase();
  if (isIP(address) === 0) return undefined;
  if (isIP(address) === 4) return address;
  // The URL standard writes every form of an IPv6 address in one way: ::ffff:1.2.3.4 becomes ::ffff:102:304.
  const canonical = new URL(`http://[${address}]/`).hostname.slice(1, -1);
  const [, high, low] = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(canonical) ?? [];
  if (high === undefined || low === undefined) return canonical;
  const bytes = [high, low].flatMap((part) => [parseInt(part, 16) >> 8, parseInt(part, 16) & 0xff]);
  return bytes.join('.');
}

function has(list: BlockList, address: string): boolean {
  return list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

function forbidden(detail: string): Refusal {
  return new Refusal('FORBIDDEN', 'this address may not deliver here', undefined, detail);
}

import { lookup as lookupHost, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { Failure } from '../exchange/failure';

/**
 * Addresses that are not the public internet (IANA special-purpose registries, RFC 6890 and its successors), and the ways
 * to write an IPv4 address inside an IPv6 one.
 */
const special: readonly [address: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
  ['::', 96],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
  ['5f00::', 16],
  ['fc00::', 7],
  ['fe80::', 10],
  ['fec0::', 10],
  ['ff00::', 8],
];

/**
 * Refuses private, loopback, link-local and metadata addresses. It is asked at name resolution, for the very address
 * that is then connected to, so a name that rebinds and a redirect are covered.
 */
export class NetworkGuard {
  readonly #refused = new BlockList();
  readonly #allowed: BlockList;
  readonly #lookup: typeof lookupHost;

  /**
   * @param exceptions addresses and CIDR ranges that are allowed all the same
   * @param lookup resolves names
   * @throws Failure CONFIG for one that cannot be read
   */
  constructor(exceptions: readonly string[] = [], lookup = lookupHost) {
    this.#lookup = lookup;
    for (const [address, prefix] of special) this.#refused.addSubnet(address, prefix, family(address));
    this.#allowed = readRanges(exceptions);
  }

  allows(address: string): boolean {
    const kind = family(address);
    return this.#allowed.check(address, kind) || !this.#refused.check(address, kind);
  }

  /** @throws Failure HOST_NOT_ALLOWED for a URL whose host is an address that is refused: those are never looked up */
  checkLiteral(url: URL): void {
    const host = url.hostname.replace(/^\[|\]$/g, '');
    if (isIP(host) && !this.allows(host)) throw refusal(url.hostname);
  }

  /**
   * For a proxy, which resolves the name itself: looks it up first. The proxy may find another address than we do; what it
   * may reach is its own to say.
   *
   * @throws Failure HOST_NOT_ALLOWED when any of its addresses is refused
   */
  async checkName(url: URL): Promise<void> {
    this.checkLiteral(url);
    const host = url.hostname;
    if (isIP(host.replace(/^\[|\]$/g, ''))) return;
    await new Promise<void>((resolve, reject) => {
      this.lookup(host, { all: true }, (error) => (error ? reject(error) : resolve()));
    });
  }

  /** `dns.lookup` that fails when any address of the name is refused. */
  readonly lookup: LookupFunction = (hostname, options, callback) => {
    this.#lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
      if (error) return callback(error, '', 4);
      if (!addresses.every(({ address }) => this.allows(address))) return callback(refusal(hostname), '', 4);
      if (options.all) callback(null, addresses);
      else callback(null, addresses[0]!.address, addresses[0]!.family);
    });
  };
}

/** Reads addresses and CIDR ranges. @throws Failure CONFIG for one that cannot be read */
export function readRanges(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const [address = '', prefix] = entry.split('/');
    const bits = isIP(address) === 6 ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (!isIP(address) || !Number.isInteger(length) || length < 0 || length > bits || prefix === '') {
      throw new Failure('CONFIG', `"${entry}" is not an address or a range such as 10.0.0.0/8`);
    }
    list.addSubnet(address, length, family(address));
  }
  return list;
}

function family(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4';
}

function refusal(host: string): Failure {
  return new Failure(
    'HOST_NOT_ALLOWED',
    `${host} is a private or special address, which the network guard refuses`,
  );
}

import type { SignatureScheme } from './scheme';
import { headerOf } from './signed-content';
import { unauthorized } from './unauthorized';
import type { Delivery } from '../delivery';

/** Longer, or with more signatures, is somebody who wants us to work. */
const longestHeader = 8192;
const mostSignatures = 16;

/** What a scheme's signature header holds. */
export interface SignatureHeader {
  signatures: readonly string[];
  /** The timestamp in it, for a scheme that has one there. */
  timestamp?: string;
}

/** @throws Refusal UNAUTHORIZED when there is no signature in it that the scheme could check */
export function readSignatureHeader(scheme: SignatureScheme, delivery: Delivery): SignatureHeader {
  const { separator, prefix, timestamp } = scheme;
  const name = scheme.header.toLowerCase();
  const value = headerOf(delivery, name)?.trim();
  if (value === undefined)
    throw unauthorized(`the signature header "${name}" is missing${insteadOf(delivery, name)}`);
  if (value === '') throw unauthorized(`the signature header "${name}" is empty`);
  if (value.length > longestHeader) {
    throw unauthorized(`the signature header "${name}" is longer than ${longestHeader} characters`);
  }
  const entries = separator === '' ? [value] : value.split(separator).map((entry) => entry.trim());
  const signatures = after(prefix, entries);
  if (signatures.length === 0) throw unauthorized(noneOf(scheme, name));
  if (signatures.length > mostSignatures) {
    throw unauthorized(`the signature header "${name}" holds more than ${mostSignatures} signatures`);
  }
  if (timestamp?.from !== 'entry') return { signatures };
  const times = after(timestamp.name, entries);
  if (times.length !== 1) {
    const count = times.length === 0 ? 'no' : 'more than one';
    throw unauthorized(`the signature header "${name}" holds ${count} timestamp "${timestamp.name}"`);
  }
  return { signatures, timestamp: times[0]! };
}

function after(prefix: string, entries: readonly string[]): string[] {
  return entries
    .filter((entry) => entry.startsWith(prefix))
    .map((entry) => entry.slice(prefix.length).trim());
}

function noneOf({ separator, prefix }: SignatureScheme, name: string): string {
  return separator === ''
    ? `the signature header "${name}" does not begin with "${prefix}"`
    : `no entry of the signature header "${name}" begins with "${prefix}"`;
}

/** Names of headers that look like signatures: another version of the scheme, or another scheme. */
function insteadOf({ headers }: Delivery, name: string): string {
  const similar = Object.keys(headers).filter((other) => /signature|hmac/.test(other) && other !== name);
  return similar.length === 0 ? '' : `; there is "${similar.slice(0, 3).join('", "').slice(0, 200)}"`;
}

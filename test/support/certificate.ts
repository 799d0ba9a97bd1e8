import { generateKeyPairSync, sign } from 'node:crypto';
import { isIP } from 'node:net';

/** PEM texts, as a TLS server and a `tls-config` node take them. */
export interface Certificate {
  cert: string;
  key: string;
}

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string) => der(tag, Buffer.from(value, 'latin1'));
const bits = (value: Buffer) => der(0x03, Buffer.from([0]), value);
const time = (date: Date) => text(0x17, `${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`);

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const commonName = oid('550403');
const basicConstraints = oid('551d13');
const subjectAltName = oid('551d11');

const alternative = (name: string) =>
  isIP(name) ? der(0x87, Buffer.from(name.split('.').map(Number))) : text(0x82, name);

/**
 * A self-signed certificate (X.509 v3, ECDSA P-256), made here so that a test needs no program and no file of an age.
 *
 * @param names host names and IPv4 addresses that it is for
 * @param until the end of its validity
 */
export function selfSigned(names: readonly string[], until = new Date(Date.now() + 86_400_000)): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(commonName, text(0x0c, names[0]!))));
  const authority = sequence(
    basicConstraints,
    der(0x01, Buffer.from([0xff])),
    der(0x04, sequence(der(0x01, Buffer.from([0xff])))),
  );
  const alternatives = sequence(subjectAltName, der(0x04, sequence(...names.map(alternative))));
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    sequence(time(new Date(until.getTime() - 7 * 86_400_000)), time(until)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(authority, alternatives)),
  );
  const certificate = sequence(toBeSigned, ecdsaWithSha256, bits(sign('sha256', toBeSigned, privateKey)));
  const base64 = certificate.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

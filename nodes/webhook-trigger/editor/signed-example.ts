/** What a scheme signs, shown with a delivery that is made up. */
import type { SignatureScheme } from '../../../src/webhook/verification/scheme';
import type { SignatureFields } from '../verification-config';

/** Of a scheme, what an example is made of. */
export type ExampleScheme = Pick<
  SignatureScheme,
  'text' | 'encoding' | 'header' | 'separator' | 'prefix' | 'idHeader'
> & {
  timestamp?: Pick<NonNullable<SignatureScheme['timestamp']>, 'from' | 'name' | 'unit'>;
};

export interface SignedExample {
  /** Headers and, where the timestamp stands there, the body. */
  headers: [name: string, value: string][];
  body: string;
  /** The text whose signature that is. */
  signed: string;
}

const id = 'evt_1';
const stamps = { seconds: '1790000000', milliseconds: '1790000000000', iso: '2026-09-21T14:13:20Z' };
const signatures = { hex: '5257a869e7ecebed…', base64: 'UleoaefsEB4+…=', base64url: 'UleoaefsEB4-…' };

/** @param url the whole URL of the webhook; a method other than POST is not made up */
export function signedExample(scheme: ExampleScheme, url: string): SignedExample {
  const { text, encoding, header, separator, prefix, idHeader, timestamp } = scheme;
  const stamp = timestamp ? stamps[timestamp.unit] : '';
  const inBody = timestamp?.from === 'body' && timestamp.name !== '';
  const isForm = /\{form\}/.test(text);
  const body = isForm
    ? 'Body=Hi&From=%2B49'
    : JSON.stringify({ n: 42, ...(inBody ? nested(timestamp.name, stamp) : {}) });
  const target = url.replace(/^[a-z]+:\/\/[^/]*/i, '');
  const values: Record<string, string> = {
    id,
    timestamp: stamp,
    method: 'POST',
    url,
    host: /^[a-z]+:\/\/([^/]*)/i.exec(url)?.[1] ?? '',
    path: target,
    query: '',
    body,
    form: isForm ? 'BodyHiFrom+49' : '',
  };
  const signed = text.replace(
    /\{(\w+)(?::([^}]+))?\}|\\([n\\])/g,
    (match: string, name: string | undefined, of: string | undefined, escaped: string | undefined) => {
      if (escaped !== undefined) return escaped === 'n' ? '\n' : '\\';
      if (name === 'header' && of !== undefined) return `(${of})`;
      return values[name!] ?? match;
    },
  );
  const entries = [
    ...(timestamp?.from === 'entry' ? [`${timestamp.name}${stamp}`] : []),
    `${prefix}${signatures[encoding]}`,
  ];
  const headers: [string, string][] = [[header || '…', entries.join(separator || ' ')]];
  if (timestamp?.from === 'header') headers.unshift([timestamp.name || '…', stamp]);
  if (idHeader !== '') headers.unshift([idHeader, id]);
  return { headers, body, signed };
}

/** The fields of the dialog as such a scheme. */
export function exampleScheme(fields: SignatureFields): ExampleScheme {
  const { timestampFrom, timestampName, timestampUnit, ...scheme } = fields;
  if (timestampFrom === 'none') return scheme;
  return { ...scheme, timestamp: { from: timestampFrom, name: timestampName, unit: timestampUnit } };
}

function nested(path: string, stamp: string): object {
  const value = /^\d+$/.test(stamp) ? Number(stamp) : stamp;
  return path
    .split('.')
    .reverse()
    .reduce<unknown>((inner, step) => ({ [step]: inner }), value) as object;
}

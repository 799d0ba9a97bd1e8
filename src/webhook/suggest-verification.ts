/** How a delivery seems to be proven, when nothing is known but the delivery. Pure; no value that may be a secret is said. */
import type { Reason } from '../sample/reason';
import { queryOf, type Delivery } from './delivery';
import { schemeOf, shapeOf } from './signature-shape';
import { suggestServices, type ServiceReason } from './suggest-service';
import { algorithms } from './verification/algorithms';
import { parseJson, valuesAt } from './verification/json-body';
import { messageAlgorithms, type MessageAlgorithm } from './verification/message-signature';
import { presets, type PresetId } from './verification/presets';
import type { SignatureScheme } from './verification/scheme';
import { headerOf } from './verification/signed-content';
import { parseDictionary } from './verification/structured-fields';

/** A way to verify, without the secrets. */
export type SuggestedSettings =
  | { kind: 'preset'; preset: PresetId }
  | { kind: 'signature'; scheme: SignatureScheme }
  | {
      kind: 'message-signature';
      algorithm?: MessageAlgorithm;
      keyId: string;
      required: string[];
      tag: string;
    }
  | { kind: 'jwt'; header: string; algorithm: string; issuer: string }
  | { kind: 'basic'; user: string }
  | { kind: 'secret-header'; header: string }
  | { kind: 'query-token'; parameter: string }
  | { kind: 'body-token'; path: string }
  | { kind: 'none' };

export interface VerificationSuggestion {
  settings: SuggestedSettings;
  /** What in the delivery speaks for it. */
  reasons: Reason<VerificationReason>[];
}

export type VerificationReason =
  | ServiceReason
  /** With `name`, a header, `size` in bytes, `encoding` and `algorithm`; and what is beside it, with `name`. */
  | 'signature'
  | 'behind'
  | 'timestamp'
  | 'rfc9421'
  /** With `name`, the user. */
  | 'basic'
  | 'wholeValue'
  /** With `name`, a header, and `algorithm`. */
  | 'token'
  /** With `name`. */
  | 'secretName'
  | 'parameter'
  | 'inBody'
  | 'nobody'
  | 'nothing';

type Rated = VerificationSuggestion & { score: number };
type Sign = (delivery: Delivery) => Rated[];

const most = 6;
const longestBody = 1024 * 1024;

/** The likeliest first, `none` last. Whatever the delivery is, this does not throw. */
export function suggestVerification(delivery: Delivery): VerificationSuggestion[] {
  const rated = signs.flatMap((sign) => sign(delivery)).sort((a, b) => b.score - a.score);
  return rated
    .filter((one, index) => !isSaid(one, rated.slice(0, index)))
    .slice(0, most)
    .concat(nothing(rated.length === 0))
    .map(({ settings, reasons }) => ({ settings, reasons }));
}

/** What a likelier suggestion says of the same header. Several services may have it. */
function isSaid({ settings }: Rated, before: readonly Rated[]): boolean {
  const header = headerIn(settings);
  if (settings.kind === 'preset' || header === undefined) return false;
  return before.some((other) => headerIn(other.settings) === header);
}

function nothing(alone: boolean): Rated {
  return { settings: { kind: 'none' }, reasons: [{ code: alone ? 'nothing' : 'nobody' }], score: 0 };
}

/** The header that a suggestion is about. */
function headerIn(settings: SuggestedSettings): string | undefined {
  if (settings.kind === 'signature') return settings.scheme.header;
  if (settings.kind === 'secret-header' || settings.kind === 'jwt') return settings.header;
  if (settings.kind !== 'preset') return undefined;
  const { verification } = presets[settings.preset];
  if (verification.kind === 'signature') return verification.scheme.header;
  return verification.kind === 'secret-header' ? verification.header : undefined;
}

/** Headers that are hashes, ids or credentials of something else. */
const otherHeaders =
  /^(?:etag|if-none-match|digest|content-digest|content-md5|repr-digest|cookie|authorization|proxy-.*|traceparent|tracestate|signature|signature-input|x-request-id|x-correlation-id|cf-.*|x-amz-.*|x-amzn-.*|x-b3-.*|x-cloud-trace-context|x-forwarded-.*|via|host|user-agent|accept.*|content-.*|sec-.*)$/;

const signatures: Sign = (delivery) =>
  Object.entries(delivery.headers).flatMap(([header, value]): Rated[] => {
    if (typeof value !== 'string' || otherHeaders.test(header)) return [];
    const says = /sign|hmac|sha\d|mac$/.test(header);
    const shape = shapeOf(value);
    if (!shape || (!says && !/hash|digest|sig$|auth|token/.test(header) && shape.prefix === '')) return [];
    // an opaque token may be as long as a signature
    if (!says && /token|secret/.test(header)) return [];
    const scheme = schemeOf(header, shape, delivery);
    const prefix = shape.prefix.trim();
    const { bytes, encoding } = shape;
    const values = {
      name: header,
      size: bytes.length,
      encoding,
      algorithm: algorithms[scheme.algorithm].label,
    };
    const reasons: Rated['reasons'] = [{ code: 'signature', values }];
    if (prefix) reasons.push({ code: 'behind', values: { name: prefix } });
    if (scheme.timestamp) reasons.push({ code: 'timestamp', values: { name: scheme.timestamp.name } });
    return [{ settings: { kind: 'signature', scheme }, reasons, score: says ? 55 : 35 }];
  });

/** RFC 9421. */
const messageSignatures: Sign = (delivery) => {
  const input = headerOf(delivery, 'signature-input');
  if (input === undefined || headerOf(delivery, 'signature') === undefined) return [];
  let found: { algorithm?: MessageAlgorithm; keyId: string; tag: string; required: string[] };
  try {
    const member = [...parseDictionary(input).values()].find((one) => 'items' in one);
    if (!member || !('items' in member)) return [];
    const text = (name: string) => String(member.parameters.get(name)?.value ?? '');
    const algorithm = text('alg');
    found = {
      ...(Object.hasOwn(messageAlgorithms, algorithm) ? { algorithm: algorithm as MessageAlgorithm } : {}),
      keyId: text('keyid'),
      tag: text('tag'),
      required: member.items
        .filter(({ parameters }) => parameters.size === 0)
        .map(({ item }) => String(item.value)),
    };
  } catch {
    return [];
  }
  return [{ settings: { kind: 'message-signature', ...found }, reasons: [{ code: 'rfc9421' }], score: 90 }];
};

const authorization: Sign = (delivery) => {
  const value = headerOf(delivery, 'authorization')?.trim();
  if (value === undefined || value === '') return [];
  const [, basic] = /^basic +([a-z0-9+/_-]+={0,2})$/i.exec(value) ?? [];
  if (basic !== undefined) {
    const user = Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0]!;
    const reasons: Rated['reasons'] = [{ code: 'basic', values: { name: user.slice(0, 60) } }];
    return [{ settings: { kind: 'basic', user }, reasons, score: 65 }];
  }
  const bearer = value.replace(/^bearer +/i, '');
  if (tokenOf(bearer)) return [];
  const settings = { kind: 'secret-header', header: 'authorization' } as const;
  return [{ settings, reasons: [{ code: 'wholeValue' }], score: 50 }];
};

const tokens: Sign = (delivery) =>
  Object.entries(delivery.headers).flatMap(([header, value]): Rated[] => {
    const token = typeof value === 'string' ? tokenOf(value.trim().replace(/^bearer +/i, '')) : undefined;
    if (!token) return [];
    const reasons: Rated['reasons'] = [
      { code: 'token', values: { name: header, algorithm: token.algorithm } },
    ];
    const score = header === 'cookie' ? 5 : 64;
    return [{ settings: { kind: 'jwt', header, ...token }, reasons, score }];
  });

/** What a JSON Web Token says of itself; undefined for any other text. */
function tokenOf(text: string): { algorithm: string; issuer: string } | undefined {
  const [, first = '', second = ''] = /^(ey[\w-]{5,2000})\.([\w-]{2,8000})\.[\w-]{10,2000}$/.exec(text) ?? [];
  const [header, claims] = [first, second].map((part) => parseJson(Buffer.from(part, 'base64url'), 16_384));
  const [algorithm] = valuesAt(header, 'alg');
  const [issuer] = valuesAt(claims, 'iss');
  if (typeof algorithm !== 'string' || !/^[A-Za-z0-9]{4,10}$/.test(algorithm)) return undefined;
  return { algorithm, issuer: typeof issuer === 'string' && !/\s/.test(issuer) ? issuer : '' };
}

/** A value that somebody chose: no number, date or short word. */
function isOpaque(value: unknown): value is string {
  return typeof value === 'string' && /^\S{8,512}$/.test(value) && !/^\d+$/.test(value);
}

const secretNames = /(?:token|secret|api-?_?key|password|passwd|(?:^|[-_.])(?:auth|key|sig|signature))$/i;

const secretHeaders: Sign = (delivery) =>
  Object.entries(delivery.headers).flatMap(([header, value]): Rated[] => {
    if (otherHeaders.test(header) || !secretNames.test(header)) return [];
    if (!isOpaque(value) || tokenOf(value)) return [];
    const reasons: Rated['reasons'] = [{ code: 'secretName', values: { name: header } }];
    return [{ settings: { kind: 'secret-header', header }, reasons, score: 45 }];
  });

const queryTokens: Sign = ({ url }) =>
  [...new URLSearchParams(queryOf(url))].flatMap(([parameter, value]): Rated[] => {
    if (!secretNames.test(parameter) && !/^(?:code|pass)$/i.test(parameter)) return [];
    if (!isOpaque(value)) return [];
    const reasons: Rated['reasons'] = [{ code: 'parameter', values: { name: parameter } }];
    return [{ settings: { kind: 'query-token', parameter }, reasons, score: 40 }];
  });

const tokenNames = /^(?:(?:verification_?)?token|secret|clientState|api_?key)$/i;

const bodyTokens: Sign = ({ body }) => {
  const json = parseJson(body, longestBody);
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return [];
  return Object.entries(json)
    .filter(([name, value]) => tokenNames.test(name) && isOpaque(value))
    .slice(0, 2)
    .map(([path]): Rated => {
      const reasons: Rated['reasons'] = [{ code: 'inBody', values: { name: path } }];
      return { settings: { kind: 'body-token', path }, reasons, score: 30 };
    });
};

const services: Sign = (delivery) =>
  suggestServices(delivery).map(({ preset, ...rest }) => ({ settings: { kind: 'preset', preset }, ...rest }));

const signs: readonly Sign[] = [
  services,
  messageSignatures,
  signatures,
  tokens,
  authorization,
  secretHeaders,
  queryTokens,
  bodyTokens,
];

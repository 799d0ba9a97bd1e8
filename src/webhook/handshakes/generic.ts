import type { HmacAlgorithm, SignatureEncoding } from '../../connection/auth/signed-text';
import type { JsonPath } from '../verification/json-body';
import type { Handshake } from './handshake';

/** A query parameter comes back as text; with `token`, only when another parameter has the value of the setting `verifyToken`. */
export function echoQuery(parameter: string, { method = 'GET', token = '' } = {}): Handshake {
  return {
    label: `echo the query parameter "${parameter}"`,
    methods: [method],
    when: {},
    ...(token === '' ? {} : { check: [{ query: token, setting: 'verifyToken' }] }),
    challenge: { query: parameter },
    answer: { status: 200, body: 'text' },
  };
}

/** A field of the JSON body comes back in JSON, once the delivery is verified. */
export function echoJson(path: JsonPath, answerField = path.split('.').at(-1)!): Handshake {
  return {
    label: `echo the JSON field "${path}"`,
    methods: ['POST'],
    when: {},
    signed: true,
    challenge: { json: path },
    answer: { status: 200, body: { [answerField]: { echo: true } } },
  };
}

/** The HMAC of a query parameter comes back in JSON. What it signs is bounded to what no delivery can be. */
export function hmacOfQuery(
  parameter: string,
  answerField: string,
  {
    algorithm = 'sha256',
    encoding = 'hex',
    prefix = '',
  }: { algorithm?: HmacAlgorithm; encoding?: SignatureEncoding; prefix?: string } = {},
): Handshake {
  return {
    label: `HMAC of the query parameter "${parameter}"`,
    methods: ['GET'],
    when: {},
    challenge: { query: parameter },
    answer: { status: 200, body: { [answerField]: { hmac: algorithm, encoding, prefix } } },
  };
}

/** The first delivery brings the secret in a header, which is kept and comes back in the same header. */
export function learnFromHeader(header: string): Handshake {
  return {
    label: `learn the secret from the header "${header}"`,
    methods: ['POST'],
    when: {},
    challenge: { header: header.toLowerCase() },
    learn: true,
    answer: { status: 200, body: 'none', headers: { [header]: { echo: true } } },
  };
}

/** A URL in the JSON body is called, with https at these hosts only, once the delivery is verified. */
export function confirmByGet(path: JsonPath, hosts: readonly string[]): Handshake {
  return {
    label: `call the URL in the JSON field "${path}"`,
    methods: ['POST'],
    when: {},
    signed: true,
    challenge: { json: path },
    confirm: { json: path, at: hosts },
    answer: { status: 200, body: 'none' },
  };
}

import { hmac, type HmacAlgorithm, type SignatureEncoding } from '../../connection/auth/signed-text';
import type { Answer } from '../answer';
import { queryOf, type Delivery } from '../delivery';
import { Refusal } from '../refusal';
import { isAwsSnsUrl } from '../verification/aws-sns';
import { parseJson, valueAt, type JsonPath } from '../verification/json-body';
import { SharedSecrets } from '../verification/shared-secrets';

/** Where a value of the delivery stands. */
export type Place = { query: string } | { json: JsonPath } | { header: string };

/** A value of the answer. */
export type AnswerValue =
  | { echo: true }
  | { hmac: HmacAlgorithm; encoding: SignatureEncoding; prefix: string }
  | { value: string | number }
  | { header: string; otherwise: string };

/** What a sender tests before it delivers, and the answer that it wants: data, so that a new one is a row in `presets.ts`. */
export interface Handshake {
  label: string;
  methods: readonly string[];
  /** All of it must hold; what has no challenge must be told from an event by this. */
  when: { query?: Record<string, readonly string[]>; json?: Record<JsonPath, string | number> };
  /** What is echoed or signed. A delivery without it is no handshake. */
  challenge?: Place;
  /** The delivery has to pass the verification first. */
  signed?: true;
  /** Query parameters that must have the value of a setting; without the setting nothing passes. */
  check?: readonly { query: string; setting: string }[];
  /** What a check that fails is answered with; 403 when it is not here. */
  refusedWith?: 404;
  /** The challenge is the secret of all that follows. */
  learn?: true;
  /** A URL in the delivery that is called: with https, at these hosts or hosts of this kind only. */
  confirm?: { json: JsonPath; at: 'aws-sns' | readonly string[] };
  answer: {
    status: number;
    /** `text` is the bare challenge. */
    body: 'none' | 'text' | Record<string, AnswerValue>;
    headers?: Record<string, AnswerValue>;
  };
}

/** What a handshake needs from its surroundings. */
export interface HandshakeContext {
  /** Those of the verifier; the first is the one to sign with. */
  secrets: readonly string[];
  /** `verifyToken` of Meta, `topic` and `mode` of WebSub: `mode` is what was asked of the hub last. */
  settings: Readonly<Record<string, string>>;
  /** @throws Refusal as a verifier does */
  verify(delivery: Delivery): void | Promise<void>;
  /** Keeps a secret that was learned, durably, and verifies with it from now on. */
  learn(secret: string): Promise<void>;
  /** GET, with no credentials and no redirect to another host. @throws when the answer is no success */
  confirm(url: string): Promise<void>;
}

/** Handshakes are small: more is an event, and is not parsed twice. */
const longestBody = 64 * 1024;
const longestEcho = 2048;
/**
 * What is signed for a sender who has not proved itself. It must never be what a delivery of the same sender could be:
 * signing a body on demand would give signatures away. So no braces, quotes and colons: no JSON, no `v0:time:body`.
 */
const harmless = /^[\w.~+/=-]{1,256}$/;
/** What a header can carry back: visible, and nothing that ends it. */
const visible = /^[\x21-\x7e]{1,512}$/;

/**
 * Answers a delivery that is one of these handshakes; undefined when it is none and goes the way of an event.
 *
 * @throws Refusal when it is one, but not from whom it should be
 */
export async function answerHandshake(
  handshakes: readonly Handshake[],
  delivery: Delivery,
  context: HandshakeContext,
): Promise<Answer | undefined> {
  for (const handshake of handshakes) {
    const answer = await answerOne(handshake, delivery, context);
    if (answer) return answer;
  }
  return undefined;
}

async function answerOne(
  handshake: Handshake,
  delivery: Delivery,
  context: HandshakeContext,
): Promise<Answer | undefined> {
  if (!handshake.methods.includes(delivery.method)) return undefined;
  const read = reader(handshake, delivery);
  if (!read || !isMeant(handshake, read)) return undefined;
  const challenge = handshake.challenge ? textOf(read(handshake.challenge)) : '';
  if (challenge === undefined) return undefined;
  if (handshake.signed) await context.verify(delivery);
  for (const { query, setting } of handshake.check ?? []) {
    checkSetting(handshake, textOf(read({ query })) ?? '', query, context.settings[setting]);
  }
  if (handshake.learn) await learn(challenge, context);
  if (handshake.confirm) await confirm(handshake.confirm, read, context);
  return answerOf(handshake, challenge, read, context);
}

type Read = (place: Place) => unknown;

/** Reads from the delivery; undefined when the body cannot be that of this handshake. The body is parsed at most once. */
function reader({ when, challenge, confirm }: Handshake, { url, headers, body }: Delivery): Read | undefined {
  let json: unknown;
  if (when.json ?? confirm ?? (challenge && 'json' in challenge)) {
    // an event is parsed later, and for most a look at its bytes tells that it is one
    const words = Object.values(when.json ?? {}).filter((value) => typeof value === 'string');
    if (body.length > longestBody || !words.every((word) => body.includes(word))) return undefined;
    json = parseJson(body, longestBody);
  }
  const query = new URLSearchParams(queryOf(url));
  return (place) => {
    if ('query' in place) return query.getAll(place.query).length === 1 ? query.get(place.query) : undefined;
    if ('json' in place) return valueAt(json, place.json);
    return Object.hasOwn(headers, place.header) ? headers[place.header] : undefined;
  };
}

function isMeant({ when }: Handshake, read: Read): boolean {
  return (
    Object.entries(when.query ?? {}).every(([query, values]) =>
      values.includes(textOf(read({ query })) ?? ''),
    ) && Object.entries(when.json ?? {}).every(([json, value]) => read({ json }) === value)
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function checkSetting(
  { refusedWith }: Handshake,
  given: string,
  query: string,
  wanted: string | undefined,
): void {
  const known = new SharedSecrets(wanted === undefined ? [] : [wanted]);
  if (!known.problem && known.has(given, 'utf8')) return;
  const detail = known.problem
    ? `a handshake came, but nothing is set that its "${query}" could be compared with`
    : `the handshake's "${query}" is another than is set`;
  const code = refusedWith === 404 ? 'NOT_FOUND' : 'FORBIDDEN';
  throw new Refusal(code, 'the handshake is not accepted', undefined, detail);
}

/** Only the first is believed: whoever knows the URL could bring another. The same again is a repeat. */
async function learn(secret: string, context: HandshakeContext): Promise<void> {
  if (!visible.test(secret)) throw unusable();
  if (context.secrets.length === 0) return context.learn(secret);
  const known = new SharedSecrets(context.secrets);
  if (known.problem || known.has(secret, 'latin1')) return;
  const detail =
    'a handshake brought another secret than the one that is known: clear that to learn a new one';
  throw new Refusal('FORBIDDEN', 'the handshake is not accepted', undefined, detail);
}

async function confirm(
  { json, at }: NonNullable<Handshake['confirm']>,
  read: Read,
  context: HandshakeContext,
): Promise<void> {
  const url = textOf(read({ json })) ?? '';
  if (!(at === 'aws-sns' ? isAwsSnsUrl(url) : isHttpsAt(url, at))) {
    const detail = "the handshake is to be confirmed at a host that is not the sender's";
    throw new Refusal('FORBIDDEN', 'the handshake is not accepted', undefined, detail);
  }
  try {
    await context.confirm(url);
  } catch (cause) {
    // the sender repeats its handshake
    throw new Refusal('NOT_READY', 'the handshake could not be confirmed', cause);
  }
}

function isHttpsAt(text: string, hosts: readonly string[]): boolean {
  const url = URL.parse(text);
  return url?.protocol === 'https:' && url.username === '' && url.password === '' && hosts.includes(url.host);
}

function answerOf({ answer }: Handshake, challenge: string, read: Read, context: HandshakeContext): Answer {
  const value = (wanted: AnswerValue): string | number => valueFor(wanted, challenge, read, context);
  const headers: Record<string, string> = {
    'Cache-Control': 'no-store',
    // a challenge is anybody's text: no browser may take it for a page
    'X-Content-Type-Options': 'nosniff',
    'Content-Security-Policy': "default-src 'none'",
  };
  for (const [name, wanted] of Object.entries(answer.headers ?? {})) {
    const text = String(value(wanted));
    if (!visible.test(text)) throw unusable();
    headers[name] = text;
  }
  const { status, body } = answer;
  if (body === 'none') return { status, headers, body: Buffer.alloc(0) };
  if (challenge.length > longestEcho) throw unusable();
  if (body === 'text') {
    headers['Content-Type'] = 'text/plain; charset=utf-8';
    return { status, headers, body: Buffer.from(challenge, 'utf8') };
  }
  headers['Content-Type'] = 'application/json';
  const fields = Object.entries(body).map(([name, wanted]) => [name, value(wanted)] as const);
  return { status, headers, body: Buffer.from(JSON.stringify(Object.fromEntries(fields)), 'utf8') };
}

function valueFor(wanted: AnswerValue, challenge: string, read: Read, { secrets }: HandshakeContext) {
  if ('echo' in wanted) return challenge;
  if ('value' in wanted) return wanted.value;
  if ('header' in wanted) return textOf(read({ header: wanted.header })) ?? wanted.otherwise;
  const [secret = ''] = secrets;
  if (secret.trim() === '') {
    const detail = 'a handshake came, but no secret is set to answer it with';
    throw new Refusal('CONFIG', 'this webhook is not set up yet', undefined, detail);
  }
  if (!harmless.test(challenge)) throw unusable();
  const key = Buffer.from(secret, 'utf8');
  return wanted.prefix + hmac(wanted.hmac, wanted.encoding, key, Buffer.from(challenge, 'utf8'));
}

function unusable(): Refusal {
  return new Refusal('INVALID_REQUEST', 'the challenge of the handshake cannot be answered');
}

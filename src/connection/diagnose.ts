/** What the *Test* button says: one request, and what a person can do about its outcome. */
import type { PeerCertificate } from 'node:tls';
import { classify, type Failure } from '../exchange/failure';
import type { Connection, Request, Response } from './connection';

export interface Diagnosis {
  ok: boolean;
  /** A sentence. */
  message: string;
  /** What to look at, or nothing. */
  hints: string[];
  statusCode?: number;
  /** The URL that was called, redacted. */
  url?: string;
  code?: string;
  /** Milliseconds. */
  elapsed: number;
}

/** Sends the request and describes what came of it. Never rejects for a failure of the request. */
export async function diagnose(connection: Connection, request: Request): Promise<Diagnosis> {
  const started = performance.now();
  const elapsed = () => Math.round(performance.now() - started);
  try {
    const response = await connection.send(request);
    return { ...describeAnswer(response, connection), elapsed: elapsed() };
  } catch (error) {
    const failure = classify(error);
    const hints = failure.code === 'TLS' ? await certificateHints(connection, failure) : hintsFor(failure);
    const { code, message, request: sent } = failure;
    return { ok: false, code, message, hints, url: sent?.url, elapsed: elapsed() };
  }
}

function describeAnswer(response: Response, connection: Connection): Omit<Diagnosis, 'elapsed'> {
  const { statusCode, statusText, url } = response;
  const ok = statusCode >= 200 && statusCode < 400;
  const hints: string[] = [];
  if (statusCode === 401) {
    const asked = response.headers['www-authenticate'];
    const wants = Array.isArray(asked) ? asked.join(', ') : asked;
    hints.push(
      wants
        ? `The server asks for: ${connection.redact(wants)}`
        : 'The server does not say which credentials it wants.',
    );
  }
  if (statusCode === 403) hints.push('The credentials were understood, but they do not allow this.');
  if (statusCode === 404) hints.push(`There is nothing at ${url}: check the base URL and the path.`);
  if (statusCode === 407) hints.push('The proxy wants credentials: set them on the proxy node.');
  if (statusCode === 429) hints.push('The server limits how often it may be asked: set a rate limit.');
  if (response.redirects.length > 0) hints.push(`Redirected to ${url}.`);
  const code = ok ? undefined : `HTTP_${statusCode}`;
  return { ok, statusCode, url, code, message: `${statusCode} ${statusText}`.trim(), hints };
}

const advice: Readonly<Record<string, string>> = {
  DNS: 'Check the spelling of the host name, and that this machine can resolve it.',
  CONNECTION_REFUSED: 'Check the port, and that the service runs.',
  CONNECTION_RESET: 'The port may speak another protocol (http instead of https, or the other way round).',
  CONNECT_TIMEOUT: 'A firewall may be in between, or a proxy may be needed.',
  PROXY: 'Check the address and the credentials on the proxy node or, without one, in the environment.',
  INVALID_RESPONSE: 'The port may speak another protocol (http instead of https, or the other way round).',
  HOST_NOT_ALLOWED: 'Change the base URL, the allowed hosts or the exceptions of the network guard.',
};

function hintsFor({ code }: Failure): string[] {
  const hint = advice[code];
  return hint ? [hint] : [];
}

/** Which certificate the server showed: looked at once more without checking it. Nothing is sent. */
async function certificateHints(connection: Connection, failure: Failure): Promise<string[]> {
  const url = failure.request && URL.parse(failure.request.url);
  if (url?.protocol !== 'https:') return [];
  try {
    const [own, ...issuers] = await connection.certificates(url);
    return own ? describe(own, issuers) : [];
  } catch {
    return [];
  }
}

function describe(own: PeerCertificate, issuers: readonly PeerCertificate[]): string[] {
  const now = Date.now();
  const validity = ({ valid_from: from, valid_to: to }: PeerCertificate) => `valid from ${from} to ${to}`;
  const outdated = issuers.filter(
    ({ valid_from: from, valid_to: to }) => Date.parse(from) > now || Date.parse(to) < now,
  );
  return [
    `The server’s certificate: ${nameOf(own.subject)}, issued by ${nameOf(own.issuer)}, ${validity(own)}.`,
    ...(own.subjectaltname ? [`It is for: ${own.subjectaltname}.`] : []),
    ...outdated.map(
      (issuer) => `The certificate of its authority ${nameOf(issuer.subject)} is ${validity(issuer)}.`,
    ),
  ];
}

function nameOf({ CN, O }: { CN?: string | string[]; O?: string | string[] }): string {
  return String(CN ?? O ?? 'unknown');
}

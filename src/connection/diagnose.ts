/** What the *Test* button says: one request, and what a person can do about its outcome. */
import { connect as connectTls, type PeerCertificate } from 'node:tls';
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
    const hints = failure.code === 'TLS' ? await certificateHints(failure) : hintsFor(failure);
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
  INVALID_RESPONSE: 'The port may speak another protocol (http instead of https, or the other way round).',
  HOST_NOT_ALLOWED: 'Change the base URL, the allowed hosts or the exceptions of the network guard.',
};

function hintsFor({ code }: Failure): string[] {
  const hint = advice[code];
  return hint ? [hint] : [];
}

/** Which certificate the server showed: looked at once more without checking it. Nothing is sent. */
function certificateHints(failure: Failure): Promise<string[]> {
  const url = failure.request && URL.parse(failure.request.url);
  if (url?.protocol !== 'https:') return Promise.resolve([]);
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return new Promise((resolve) => {
    const socket = connectTls({
      host,
      port: Number(url.port || 443),
      servername: host,
      rejectUnauthorized: false,
      timeout: 5000,
    });
    const end = (hints: string[]): void => {
      socket.destroy();
      resolve(hints);
    };
    socket.once('secureConnect', () => end(describeCertificate(socket.getPeerCertificate())));
    socket.once('timeout', () => end([]));
    socket.once('error', () => end([]));
  });
}

function describeCertificate(certificate: PeerCertificate): string[] {
  if (!certificate.subject) return [];
  const name = (entity: { CN?: string | string[]; O?: string | string[] }) =>
    String(entity.CN ?? entity.O ?? 'unknown');
  return [
    `The server’s certificate: ${name(certificate.subject)}, issued by ${name(certificate.issuer)}, valid from ${certificate.valid_from} to ${certificate.valid_to}.`,
    ...(certificate.subjectaltname ? [`It is for: ${certificate.subjectaltname}.`] : []),
  ];
}

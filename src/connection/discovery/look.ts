/** Looks at a service without any credentials: what it answers, and what it publishes about its authentication. */
import { parseChallenges } from '../auth/challenge';
import type { Connection, RequestRules, Response } from '../connection';
import { getHeader } from '../headers';
import { classify } from '../../exchange/failure';
import {
  isSafe,
  issuerDocuments,
  issuersBeside,
  readIssuer,
  readResource,
  resourceDocuments,
} from './documents';
import { suggestAuth } from './signs';
import type { AuthSuggestion, ServerDescription } from './suggestion';

export interface Look {
  /** What the service answered; `location` is where it sends us instead, which is not followed: often to a login page. */
  answer?: { statusCode: number; statusText: string; location?: string };
  /** Why nothing answered. */
  problem?: { code: string; message: string };
  /** The surest first. */
  suggestions: AuthSuggestion[];
}

/** Bytes of a document; the answer of the service itself is not read further either. */
const mostBytes = 256 * 1024;

const rules: Partial<RequestRules> = { maxResponseSize: mostBytes, maxRedirects: 0, totalTimeout: 10_000 };

/**
 * @param http a connection without credentials and without a scope of its own: it is asked for URLs of other origins too
 * @param url what the connection that is set up would ask
 * @param base its base URL: documents are looked for beside it; the URL itself when it has none
 * @throws Failure ABORTED alone: what does not answer is a part of the result
 */
export async function look(http: Connection, url: URL, base: URL, signal: AbortSignal): Promise<Look> {
  const published = publishedBeside(http, base, signal);
  const outcome = await firstAnswer(http, url, signal);
  const challenges = outcome.challenges ?? [];
  const hint = challenges.map(({ params }) => params.get('resource_metadata')).find(Boolean);
  const [named, beside] = await Promise.all([namedServers(http, base, hint, signal), published]);
  signal.throwIfAborted();
  const { answer, problem } = outcome;
  const facts = { url, named, beside, ...(answer ? { answer: { ...answer, challenges } } : {}) };
  return {
    ...(answer ? { answer } : {}),
    ...(problem ? { problem } : {}),
    suggestions: suggestAuth(facts),
  };
}

async function firstAnswer(http: Connection, url: URL, signal: AbortSignal) {
  let head: Pick<Response, 'statusCode' | 'headers'> | undefined;
  const sink = {
    restartable: false,
    open(seen: NonNullable<typeof head>) {
      head = seen;
      return undefined;
    },
  };
  let response: Partial<Response> = {};
  try {
    response = await http.send({ method: 'GET', url: url.href }, { signal, rules, sink });
  } catch (error) {
    // a body that is too long or broken does not matter: the head was there
    if (!head) return { problem: problemOf(error) };
  }
  const { statusCode, headers } = head ?? (response as Response);
  const { statusText = '' } = response;
  const location = getHeader(headers, 'location');
  const challenges = parseChallenges(getHeader(headers, 'www-authenticate') ?? '');
  const moved = statusCode >= 300 && statusCode < 400 && location !== undefined;
  return { answer: { statusCode, statusText, ...(moved ? { location } : {}) }, challenges };
}

function problemOf(error: unknown): Look['problem'] {
  const { code, message } = classify(error);
  return { code, message };
}

async function publishedBeside(
  http: Connection,
  base: URL,
  signal: AbortSignal,
): Promise<ServerDescription[]> {
  return distinct(await Promise.all(issuersBeside(base).map((issuer) => describe(http, issuer, signal))));
}

/** @param hint where the challenge says the metadata are (RFC 9728 section 5.1) */
async function namedServers(
  http: Connection,
  base: URL,
  hint: string | undefined,
  signal: AbortSignal,
): Promise<ServerDescription[]> {
  const told = hint === undefined ? null : URL.parse(hint);
  const places = told && isSafe(told, base) ? [told] : resourceDocuments(base);
  const documents = await Promise.all(places.map((place) => read(http, place, signal)));
  const issuers = documents.map((document) => readResource(document, base)).find(({ length }) => length > 0);
  return distinct(await Promise.all((issuers ?? []).map((issuer) => describe(http, issuer, signal))));
}

/** The first of an issuer's documents that holds. */
async function describe(
  http: Connection,
  issuer: URL,
  signal: AbortSignal,
): Promise<ServerDescription | undefined> {
  const documents = await Promise.all(issuerDocuments(issuer).map((place) => read(http, place, signal)));
  return documents.map((document) => readIssuer(document, issuer)).find(Boolean);
}

/** A JSON document, undefined for everything else. */
async function read(http: Connection, url: URL, signal: AbortSignal): Promise<unknown> {
  try {
    const headers = { Accept: 'application/json' };
    const { statusCode, body } = await http.send(
      { method: 'GET', url: url.href, headers },
      { signal, rules },
    );
    return statusCode === 200 ? (JSON.parse(body.toString('utf8')) as unknown) : undefined;
  } catch {
    return undefined;
  }
}

function distinct(found: readonly (ServerDescription | undefined)[]): ServerDescription[] {
  const servers = found.filter((server) => server !== undefined);
  return servers.filter(({ issuer }, index) => servers.findIndex((one) => one.issuer === issuer) === index);
}

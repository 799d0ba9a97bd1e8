import type { Challenge } from '../auth/challenge';
import { awsHost, azureHost } from './hosts';
import type { AuthSuggestion, Facts, ServerDescription } from './suggestion';

/** A suggestion with how sure it is; only the order of the weights counts. */
type Weighed = AuthSuggestion & { weight: number };
type Sign = (facts: Facts) => Weighed[];

/** What a server seems to want, the surest first; each scheme once. Pure. */
export function suggestAuth(facts: Facts): AuthSuggestion[] {
  const all = signs.flatMap((sign) => sign(facts)).sort((a, b) => b.weight - a.weight);
  const seen = new Set<string>();
  const sure = all.filter(({ scheme }) => !seen.has(scheme) && seen.add(scheme));
  const found = sure.length > 0 ? sure : silent(facts);
  return found.map(({ scheme, reason, settings }) => ({
    scheme,
    reason,
    ...(settings ? { settings } : {}),
  }));
}

/** The host is a service of AWS, which signs; there a challenge is rarely sent. */
const aws: Sign = ({ url, answer }) => {
  const found = awsHost(url.hostname);
  if (!found) return [];
  const { service, region } = found;
  const weight = isOpen(answer) ? 60 : 100;
  return [
    {
      scheme: 'aws',
      weight,
      settings: { service, region },
      reason: { code: 'aws', values: { host: url.hostname, service, region } },
    },
  ];
};

const azure: Sign = ({ url, answer }) => {
  const settings = azureHost(url, answer?.challenges ?? []);
  if (!settings) return [];
  const reason = { code: 'azure', values: { host: url.hostname } } as const;
  return [
    { scheme: 'oauth-client', weight: 98, settings, reason },
    { scheme: 'oauth-code', weight: 97, settings, reason },
  ];
};

/** The service's own word on who gives out its tokens. */
const named: Sign = ({ named: servers, answer }) =>
  servers.flatMap((server) => grants(server, 'resource', 90, scopeOf(answer)));

/** Somebody gives out tokens there; when the service asks for a bearer token, most likely these. */
const beside: Sign = ({ beside: servers, answer }) => {
  const wanted = answer?.challenges.some(({ scheme }) => scheme === 'bearer') ?? false;
  return servers.flatMap((server) => grants(server, 'wellKnown', wanted ? 82 : 40, scopeOf(answer)));
};

function grants(
  { issuer, code, client }: ServerDescription,
  reason: 'resource' | 'wellKnown',
  weight: number,
  scope: string | undefined,
): Weighed[] {
  const settings = { issuer, ...(scope ? { scope } : {}) };
  const because = { code: reason, values: { issuer } } as const;
  return [
    ...(code ? [{ scheme: 'oauth-code', weight, settings, reason: because } as const] : []),
    ...(client ? [{ scheme: 'oauth-client', weight: weight - 1, settings, reason: because } as const] : []),
  ];
}

/** RFC 6750 section 3. */
function scopeOf(answer: Facts['answer']): string | undefined {
  return answer?.challenges.find(({ scheme }) => scheme === 'bearer')?.params.get('scope');
}

/** By the challenge's name. With digest no password is sent, so it goes before basic. */
const schemes: Readonly<Record<string, readonly [scheme: AuthSuggestion['scheme'], weight: number]>> = {
  digest: ['digest', 88],
  basic: ['basic', 86],
  bearer: ['bearer', 80],
  ntlm: ['ntlm', 78],
  // mostly Kerberos or NTLM, whichever comes to pass
  negotiate: ['ntlm', 76],
  'aws4-hmac-sha256': ['aws', 84],
};

const challenged: Sign = ({ answer }) =>
  (answer?.challenges ?? []).map((challenge): Weighed => {
    const { statusCode: status } = answer!;
    const realm = challenge.params.get('realm');
    const known = Object.hasOwn(schemes, challenge.scheme) ? schemes[challenge.scheme] : undefined;
    const [scheme, weight] = known ?? ['headers', 50];
    const code = !known ? 'otherChallenge' : realm ? 'challengeRealm' : 'challenge';
    const values = { status, asked: nameOf(challenge), ...(realm ? { realm } : {}) };
    return { scheme, weight, reason: { code, values } };
  });

/** It answers to anybody. */
const open: Sign = ({ answer }) => {
  if (!isOpen(answer)) return [];
  return [{ scheme: 'none', weight: 70, reason: { code: 'open', values: { status: answer!.statusCode } } }];
};

const signs: readonly Sign[] = [aws, azure, named, beside, challenged, open];

/** Credentials are missing and nothing says which: keys in a header are the most common, then tokens. */
const silent: Sign = ({ answer }) => {
  const status = answer?.statusCode;
  if (status !== 401 && status !== 403) return [];
  const reason = { code: 'silent', values: { status } } as const;
  return [
    { scheme: 'headers', weight: 20, reason },
    { scheme: 'bearer', weight: 19, reason },
  ];
};

function isOpen(answer: Facts['answer']): boolean {
  return answer !== undefined && answer.statusCode >= 200 && answer.statusCode < 300;
}

/** As it is written in the RFCs; others with a capital. */
function nameOf({ scheme }: Challenge): string {
  if (scheme === 'ntlm') return 'NTLM';
  if (scheme === 'aws4-hmac-sha256') return 'AWS4-HMAC-SHA256';
  return scheme.slice(0, 1).toUpperCase() + scheme.slice(1);
}

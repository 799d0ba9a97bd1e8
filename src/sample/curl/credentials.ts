/** Who the command says that it is: `-u`, `--oauth2-bearer`, `--aws-sigv4`, `Authorization`, `user:password@`. */
import type { Settings } from './options';
import type { CurlAuth, Notes, Pair } from './types';
import type { Place } from './url';

interface Credentials {
  auth: CurlAuth;
  /** Without those that the scheme sets. */
  headers: Pair[];
}

export function credentialsOf(
  settings: Settings,
  place: Place,
  headers: readonly Pair[],
  notes: Notes,
): Credentials {
  const typed = headers.filter(([name]) => name.toLowerCase() === 'authorization');
  const given = typed.length > 0 ? { kind: 'none' as const } : byOption(settings, place, notes);
  if (typed.length > 0 && (settings.user ?? settings.bearer ?? place.username) !== undefined) {
    notes.add('credentialsTwice');
  }
  const auth = typed.length === 1 ? byHeader(typed[0]![1]) : given;
  if (auth.kind === 'aws') {
    const isToken = ([name]: Pair) => name.toLowerCase() === 'x-amz-security-token';
    const sessionToken = headers.find(isToken)?.[1] ?? '';
    return { auth: { ...auth, sessionToken }, headers: headers.filter((pair) => !isToken(pair)) };
  }
  const [taken] = auth.kind === 'none' ? [] : typed;
  return { auth, headers: headers.filter((pair) => pair !== taken) };
}

/** What is neither basic nor bearer, or would come out otherwise, stays a header. */
function byHeader(value: string): CurlAuth {
  const [, token] = /^Bearer (\S+)$/.exec(value) ?? [];
  if (token !== undefined) return { kind: 'bearer', token };
  const [, encoded] = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(value) ?? [];
  const user = encoded === undefined ? undefined : fromBase64(encoded);
  const colon = user?.indexOf(':') ?? -1;
  if (!user || colon < 1) return { kind: 'none' };
  return { kind: 'basic', username: user.slice(0, colon), password: user.slice(colon + 1) };
}

/** UTF-8 text; undefined unless encoding it gives the same again. */
function fromBase64(encoded: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const again = String.fromCharCode(...new TextEncoder().encode(text));
    return btoa(again) === encoded ? text : undefined;
  } catch {
    return undefined;
  }
}

function byOption(settings: Settings, place: Place, notes: Notes): CurlAuth {
  const { user, scheme, sigv4, bearer } = settings;
  const colon = user?.indexOf(':') ?? -1;
  let { username, password = '' } = place;
  if (user !== undefined) {
    username = colon < 0 ? user : user.slice(0, colon);
    password = colon < 0 ? '' : user.slice(colon + 1);
  }
  if (sigv4 !== undefined) {
    // aws:amz:region:service
    const [, , region = '', service = ''] = sigv4.split(':');
    return {
      kind: 'aws',
      accessKeyId: username ?? '',
      secretAccessKey: password,
      sessionToken: '',
      region,
      service,
    };
  }
  if (bearer !== undefined) return { kind: 'bearer', token: bearer };
  if (username === undefined) return { kind: 'none' };
  if (user !== undefined && colon < 0) notes.add('passwordMissing', { user });
  return { kind: scheme, username, password };
}

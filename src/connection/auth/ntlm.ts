import { Failure } from '../../exchange/failure';
import { getHeader, setHeader } from '../headers';
import { isStreamed } from '../body';
import type { Hop, HopAnswer, Sending } from '../transport';
import type { Authenticator, Lane } from './authenticator';

/** What is used of the optional peer `httpntlm`: the three messages of MS-NLMP, as header values. */
export interface NtlmMessages {
  createType1Message(options: { domain: string; workstation: string }): string;
  /** The callback is told why the server's message cannot be read. */
  parseType2Message(header: string, callback: (error: Error) => void): object | null;
  createType3Message(
    challenge: object,
    options: { domain: string; workstation: string; username: string; password: string },
  ): string;
}

/** Sockets that are kept logged in while no request uses them. */
const mostIdle = 64;

/**
 * NTLM over HTTP (MS-NTHT): it logs in a socket, not a request. Each request has a socket to itself; one that is logged in
 * is used again, and logged in again when the server has closed it in between.
 *
 * @param user `name` or `DOMAIN\name`
 * @param load gives the messages; the optional peer unless a test brings them
 * @throws Failure CONFIG when there is no user name
 */
export function ntlm(
  user: string,
  password: string,
  load: () => Promise<NtlmMessages> = loadPeer,
): Authenticator {
  const [, domain = '', username = ''] = /^(?:([^\\]*)\\)?(.*)$/s.exec(user) ?? [];
  if (!username) throw new Failure('CONFIG', 'the user name for NTLM is empty');
  const secrets = [password];
  /** By origin, the one used last at the end. */
  const idle = new Map<string, Lane[]>();
  let closed = false;

  /** Type 1 without the body, the server's challenge, type 3 with it: on one socket. */
  async function logIn(lane: Lane, hop: Hop, signal: AbortSignal, how?: Sending): Promise<HopAnswer> {
    const messages = await load();
    const options = { domain, workstation: '', username, password };
    const opening: Hop = { ...hop, headers: { ...hop.headers }, body: undefined };
    setHeader(opening.headers, 'Authorization', messages.createType1Message(options));
    const asked = await lane.send(opening, signal, how);
    const challenge = challengeOf(asked, messages);
    if (!challenge) return asked;
    const closing: Hop = { ...hop, headers: { ...hop.headers } };
    setHeader(closing.headers, 'Authorization', messages.createType3Message(challenge, options));
    return lane.send(closing, signal, how);
  }

  function putBack(origin: string, lane: Lane): void {
    if (closed) return void lane.close();
    const lanes = idle.get(origin) ?? [];
    idle.set(origin, lanes);
    lanes.push(lane);
    if (lanes.length > mostIdle) void lanes.shift()!.close();
  }

  return {
    authorize() {},
    async exchange(hop, open, signal, how) {
      const { origin } = hop.url;
      // one that was closed in between costs the body another sending
      let lane = isStreamed(hop.body) && !hop.body.repeatable ? undefined : idle.get(origin)?.pop();
      try {
        let answer = await lane?.send(hop, signal, how);
        if (!answer || wantsLogIn(answer)) {
          // the server has closed the socket that was logged in: what comes after it is not trusted to stay one socket
          await lane?.close();
          lane = open();
          answer = await logIn(lane, hop, signal, how);
        }
        const used = lane!;
        const stays = answer.statusCode !== 401 && !endsSocket(answer);
        const release = () => (stays ? putBack(origin, used) : used.close());
        lane = undefined;
        // while its body is on its way the socket is not free
        if (answer.incoming) void answer.incoming.ended.then(release);
        else await release();
        return answer;
      } finally {
        await lane?.close();
      }
    },
    secrets: () => secrets,
    async close() {
      closed = true;
      const lanes = [...idle.values()].flat();
      idle.clear();
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

function endsSocket({ headers }: HopAnswer): boolean {
  return /\bclose\b/i.test(getHeader(headers, 'connection') ?? '');
}

function wantsLogIn({ statusCode, headers }: HopAnswer): boolean {
  return statusCode === 401 && /(?:^|,)\s*NTLM\b/i.test(getHeader(headers, 'www-authenticate') ?? '');
}

/** @throws Failure AUTHENTICATION for a challenge that cannot be read */
function challengeOf({ statusCode, headers }: HopAnswer, messages: NtlmMessages): object | undefined {
  const [, token] =
    /(?:^|,)\s*NTLM\s+([A-Za-z0-9+/=]+)/i.exec(getHeader(headers, 'www-authenticate') ?? '') ?? [];
  if (statusCode !== 401 || !token) return undefined;
  let reason = 'it is empty';
  let challenge: object | null = null;
  try {
    challenge = messages.parseType2Message(`NTLM ${token}`, (error) => (reason = error.message));
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error);
  }
  if (!challenge)
    throw new Failure('AUTHENTICATION', `the server's NTLM challenge cannot be read: ${reason}`);
  return challenge;
}

async function loadPeer(): Promise<NtlmMessages> {
  // not known to the compiler: it is an optional peer without types
  const name = 'httpntlm';
  try {
    const module = (await import(name)) as { ntlm?: NtlmMessages; default?: { ntlm: NtlmMessages } };
    return (module.ntlm ?? module.default?.ntlm)!;
  } catch (cause) {
    throw new Failure(
      'CONFIG',
      'NTLM needs the package httpntlm, which is not installed: run npm install httpntlm in the user directory',
      { cause },
    );
  }
}

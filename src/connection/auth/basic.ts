import { Failure } from '../../exchange/failure';
import { setHeader } from '../headers';
import type { Authenticator } from './authenticator';

/**
 * HTTP Basic (RFC 7617), user name and password in UTF-8.
 *
 * @throws Failure CONFIG when the user name holds a colon, which the scheme cannot carry
 */
export function basic(username: string, password: string): Authenticator {
  if (username.includes(':')) throw new Failure('CONFIG', 'a user name for basic must not hold a colon');
  const credentials = Buffer.from(`${username}:${password}`, 'utf8').toString('base64');
  const secrets = [password, credentials];
  return {
    authorize(hop) {
      setHeader(hop.headers, 'Authorization', `Basic ${credentials}`);
    },
    secrets: () => secrets,
  };
}

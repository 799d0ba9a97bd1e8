import { Failure } from '../../exchange/failure';
import { setHeader } from '../headers';
import type { Authenticator } from './authenticator';

/**
 * Bearer token (RFC 6750 section 2.1).
 *
 * @throws Failure CONFIG when there is no token
 */
export function bearer(token: string): Authenticator {
  if (!token) throw new Failure('CONFIG', 'the bearer token is empty');
  const secrets = [token];
  return {
    authorize(hop) {
      setHeader(hop.headers, 'Authorization', `Bearer ${token}`);
    },
    secrets: () => secrets,
  };
}

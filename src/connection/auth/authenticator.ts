import type { Hop } from '../transport';

/**
 * Puts a connection's credentials on a request. Called once for each hop that lies inside the connection's scope,
 * after the request is complete; one file a scheme.
 */
export interface Authenticator {
  /** Adds credentials to the hop in place. */
  authorize(hop: Hop): void | Promise<void>;
  /** Every value that must never be shown: redacted by value wherever it turns up. */
  secrets(): readonly string[];
}

export const noAuthentication: Authenticator = {
  authorize() {},
  secrets: () => [],
};

import type { Head, Hop, HopAnswer, Sending } from '../transport';

/**
 * Puts a connection's credentials on a request. Called for each hop that lies inside the connection's scope, after the
 * request is complete; one file a scheme.
 */
export interface Authenticator {
  /**
   * Adds credentials to the hop in place. May wait (for a token); ends with the signal's reason when it aborts.
   *
   * @throws Failure CONFIG when the settings cannot work, or the failure of the token request
   */
  authorize(hop: Hop, signal: AbortSignal): void | Promise<void>;
  /**
   * Looks at the answer to an authorised hop. Resolves true when it said that the credentials were missing or expired and
   * they are fresh now: the hop is then authorised and sent once more, never a third time.
   */
  renew?(answer: HopAnswer, hop: Hop, signal: AbortSignal): Promise<boolean>;
  /**
   * Whether `renew` has to see the body of an answer with this head, which is then not streamed. Of answers with a status
   * from 400 on it sees the body anyway.
   */
  readsBody?(head: Head): boolean;
  /** Sees the answer to the hop that was sent once more, to remember what it says: nothing is sent again. */
  settled?(answer: HopAnswer, hop: Hop): void;
  /**
   * For a scheme that logs in a socket and not a request (NTLM): sends the hop itself and gives its last answer. Takes
   * the place of `authorize` and `renew`.
   *
   * @param open makes a lane, which the scheme closes
   * @param how to be handed to the lane with each hop
   */
  exchange?(hop: Hop, open: () => Lane, signal: AbortSignal, how?: Sending): Promise<HopAnswer>;
  /**
   * Every value that must never be shown, tokens that were fetched included: redacted by value wherever it turns up. The
   * same array as before while nothing changed.
   */
  secrets(): readonly string[];
  /** Ends what the scheme keeps open. */
  close?(): Promise<void>;
}

/** A way to the server with one socket to itself: what is sent one after another goes over the same one while it lives. */
export interface Lane {
  send(hop: Hop, signal: AbortSignal, how?: Sending): Promise<HopAnswer>;
  close(): Promise<void>;
}

const noSecrets: readonly string[] = [];

export const noAuthentication: Authenticator = {
  authorize() {},
  secrets: () => noSecrets,
};

import type { Failure } from '../../exchange/failure';
import type { Delivery } from '../delivery';

/** Decides whether a delivery comes from whom it claims to come from, on the bytes as received. */
export interface Verifier {
  /** Headers in lower case that carry a secret: they are not put on the message. */
  readonly secretHeaders: readonly string[];
  /** Why nothing can be verified, when that is so: every delivery is refused then. */
  readonly problem?: Failure;

  /**
   * @throws Refusal UNAUTHORIZED when the delivery does not prove it; CONFIG when there is a `problem`, because nothing
   *   could prove it
   */
  verify(delivery: Delivery): void | Promise<void>;
}

/** No verification: whoever knows the URL may deliver. */
export const acceptAll: Verifier = { secretHeaders: [], verify: () => undefined };

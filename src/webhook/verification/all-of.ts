import type { Delivery } from '../delivery';
import type { Verifier } from './verifier';

/** Every one of them must be content; the first that is not says why. */
export class AllOf implements Verifier {
  readonly secretHeaders: readonly string[];
  readonly #verifiers: readonly Verifier[];

  constructor(...verifiers: Verifier[]) {
    this.#verifiers = verifiers;
    this.secretHeaders = [...new Set(verifiers.flatMap((verifier) => verifier.secretHeaders))];
  }

  get problem() {
    return this.#verifiers.find((verifier) => verifier.problem)?.problem;
  }

  async verify(delivery: Delivery): Promise<void> {
    for (const verifier of this.#verifiers) await verifier.verify(delivery);
  }
}

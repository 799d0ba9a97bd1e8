import type { Failure } from '../exchange/failure';
import type { Answer } from './answer';
import type { Delivery } from './delivery';
import { answerHandshake, type Handshake } from './handshakes/handshake';
import type { Verifier } from './verification/verifier';

/** Keeps a secret that a sender brought in its handshake. */
export interface SecretKeeper {
  /** @throws Failure STATE */
  load(): Promise<string | undefined>;
  /** Resolves when it is durable. @throws Failure STATE */
  save(secret: string): Promise<void>;
}

export interface GatekeeperOptions {
  /** Looked at first: who may deliver at all. */
  allow?: Pick<Verifier, 'verify' | 'problem'>;
  /** The verifier for these secrets. */
  verifier: (secrets: readonly string[]) => Verifier;
  secrets: readonly string[];
  handshakes: readonly Handshake[];
  /** See `HandshakeContext`. */
  settings: Readonly<Record<string, string>>;
  confirm: (url: string) => Promise<void>;
  /** For handshakes that bring a secret; it is asked only when none is set. */
  keeper?: SecretKeeper;
}

/** Who comes in: first by address, then the sender's tests, then the proof that a delivery is the sender's. */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  readonly #learns: boolean;
  #secrets: readonly string[];
  #verifier: Verifier;
  #loaded: Promise<void> | undefined;

  /** @throws Failure CONFIG */
  constructor(options: GatekeeperOptions) {
    this.#options = options;
    this.#secrets = options.secrets;
    this.#verifier = options.verifier(options.secrets);
    this.#learns =
      options.keeper !== undefined &&
      options.secrets.length === 0 &&
      options.handshakes.some(({ learn }) => learn);
  }

  /** Headers in lower case that carry a secret. */
  get secretHeaders(): readonly string[] {
    return this.#verifier.secretHeaders;
  }

  /** Why every delivery is refused, when that is so. A secret that is still to be learned is no problem. */
  get problem(): Failure | undefined {
    return this.#options.allow?.problem ?? (this.#learns ? undefined : this.#verifier.problem);
  }

  /**
   * @returns the answer to a test of the sender, which makes no event; undefined for a delivery that may come in
   * @throws Refusal for one that may not
   */
  async admit(delivery: Delivery): Promise<Answer | undefined> {
    const { allow, handshakes } = this.#options;
    await allow?.verify(delivery);
    if (this.#learns) await this.#load();
    const answer = handshakes.length > 0 ? await this.#handshake(delivery) : undefined;
    if (!answer) await this.#verifier.verify(delivery);
    return answer;
  }

  #handshake(delivery: Delivery): Promise<Answer | undefined> {
    const { handshakes, settings, confirm } = this.#options;
    return answerHandshake(handshakes, delivery, {
      secrets: this.#secrets,
      settings,
      verify: (candidate) => this.#verifier.verify(candidate),
      learn: (secret) => this.#learn(secret),
      confirm,
    });
  }

  async #learn(secret: string): Promise<void> {
    await this.#options.keeper?.save(secret);
    this.#use([secret]);
  }

  /** After an error the next delivery tries again. */
  async #load(): Promise<void> {
    this.#loaded ??= this.#options.keeper!.load().then((secret) => {
      if (secret !== undefined) this.#use([secret]);
    });
    try {
      await this.#loaded;
    } catch (error) {
      this.#loaded = undefined;
      throw error;
    }
  }

  #use(secrets: readonly string[]): void {
    this.#secrets = secrets;
    this.#verifier = this.#options.verifier(secrets);
  }
}

/** One of several that run side by side. */
export interface Turn {
  /** Resolves when everything that began before has ended. */
  readonly come: Promise<void>;
  end(): void;
}

/** Lets what runs side by side come out in the order in which it began. */
export class Order {
  #last: Promise<void> = Promise.resolve();

  begin(): Turn {
    const come = this.#last;
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    this.#last = come.then(() => ended);
    return { come, end };
  }
}

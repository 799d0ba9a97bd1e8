import type { Writable } from 'node:stream';
import { classify, fileFailure } from '../exchange/failure';
import type { HeaderFields } from './headers';
import { pourBuffer } from './incoming';
import type { HopAnswer } from './transport';

/** Takes bodies of answers as they arrive, decompressed. */
export interface Sink {
  /**
   * Asked once the head of the final answer of an attempt is there (no redirect, not one that an authenticator renews its
   * credentials for): where its body goes; undefined leaves it to be collected as usual.
   */
  open(head: { statusCode: number; headers: HeaderFields; url: string }): Writable | undefined;
  /** Whether another attempt may begin anew after a part of a body has come. */
  restartable: boolean;
}

/** The sink for one attempt. */
export class Delivery {
  #opened = false;
  readonly #sink: Sink;

  constructor(sink: Sink) {
    this.#sink = sink;
  }

  /** A writable was opened, and what has come to it cannot be taken back. */
  get final(): boolean {
    return this.#opened && !this.#sink.restartable;
  }

  /**
   * Brings the body of an answer where it belongs, and resolves when it is all there.
   *
   * @param url redacted
   * @returns the body, empty when the sink took it; and its bytes
   * @throws Failure, FILE when the writable failed with an error of the file system
   */
  async take(answer: HopAnswer, url: string, signal: AbortSignal): Promise<{ body: Buffer; size: number }> {
    const { statusCode, headers, body, incoming } = answer;
    let writable: Writable | undefined;
    try {
      signal.throwIfAborted();
      writable = this.#sink.open({ statusCode, headers, url });
    } catch (error) {
      incoming?.discard();
      throw fileFailure(error) ?? classify(error);
    }
    if (writable) {
      this.#opened = true;
      const size = await (incoming?.pour(writable, signal) ?? pourBuffer(body, writable, signal));
      return { body: Buffer.alloc(0), size };
    }
    const collected = (await incoming?.collect(signal)) ?? body;
    return { body: collected, size: collected.length };
  }
}

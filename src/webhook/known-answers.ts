import type { Answer } from './answer';

/** Answers that are kept at once, and their bytes. */
const most = { count: 10_000, bytes: 4 * 1024 * 1024 };

/**
 * What was answered to deliveries, for their repeats. It is kept in memory, the newest and smallest: after a restart, or
 * when it was too much, a repeat is answered by the template again.
 */
export class KnownAnswers {
  /** Oldest first. */
  readonly #answers = new Map<string, Answer | Promise<Answer | undefined>>();
  #bytes = 0;

  get(id: string): Answer | Promise<Answer | undefined> | undefined {
    return this.#answers.get(id);
  }

  /** An answer that is still to come: a repeat waits for it. One that never came is forgotten. */
  expect(id: string, answer: Promise<Answer | undefined>): void {
    this.#answers.set(id, answer);
    void answer.then((found) => {
      if (this.#answers.get(id) !== answer) return;
      this.#answers.delete(id);
      if (found) this.set(id, found);
    });
  }

  set(id: string, answer: Answer): void {
    if (answer.body.length > most.bytes / 16) return;
    this.#answers.set(id, answer);
    this.#bytes += answer.body.length;
    for (const [oldest, kept] of this.#answers) {
      if (this.#answers.size <= most.count && this.#bytes <= most.bytes) return;
      if (kept instanceof Promise) continue;
      this.#answers.delete(oldest);
      this.#bytes -= kept.body.length;
    }
  }
}

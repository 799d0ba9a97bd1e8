import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { PendingLogin } from '../../src/connection/auth/oauth2-code';

const lifetime = 10 * 60_000;
/** Logins that wait for a browser; the oldest goes when there is one more. */
const most = 100;

interface Entry<T> {
  pending: PendingLogin;
  /** SHA-256 of the ticket that the browser was given. */
  ticket: Buffer;
  details: T;
  timer: NodeJS.Timeout;
}

/** Logins between the two redirects. Each can be taken once, within ten minutes, by the browser that began it. */
export class PendingLogins<T> {
  readonly #entries = new Map<string, Entry<T>>();

  get size(): number {
    return this.#entries.size;
  }

  /** @returns the ticket for the browser that began the login: the state alone is not enough to end it */
  add(pending: PendingLogin, details: T): string {
    for (const oldest of this.#entries.keys()) {
      if (this.#entries.size < most) break;
      this.#remove(oldest);
    }
    const ticket = randomBytes(32).toString('base64url');
    const timer = setTimeout(() => this.#entries.delete(pending.state), lifetime);
    timer.unref();
    this.#entries.set(pending.state, { pending, ticket: digest(ticket), details, timer });
    return ticket;
  }

  /** Whatever comes of it, the login cannot be taken again. */
  take(state: string, ticket: string): { pending: PendingLogin; details: T } | 'unknown' | 'foreign' {
    const entry = this.#entries.get(state);
    if (!entry) return 'unknown';
    this.#remove(state);
    return timingSafeEqual(entry.ticket, digest(ticket)) ? entry : 'foreign';
  }

  #remove(state: string): void {
    clearTimeout(this.#entries.get(state)?.timer);
    this.#entries.delete(state);
  }
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}

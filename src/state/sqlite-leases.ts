import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Conflict } from './store';

/** The table of leases. Times in milliseconds since 1970. */
export class Leases {
  readonly #nextToken: () => number;
  readonly #find: StatementSync;
  readonly #take: StatementSync;
  readonly #renew: StatementSync;
  readonly #release: StatementSync;

  constructor(db: DatabaseSync, nextToken: () => number) {
    this.#nextToken = nextToken;
    this.#find = db.prepare('SELECT holder, token, expires FROM leases WHERE scope = ?');
    this.#take = db.prepare(
      'INSERT OR REPLACE INTO leases (scope, holder, token, expires) VALUES (?, ?, ?, ?)',
    );
    this.#renew = db.prepare('UPDATE leases SET expires = ? WHERE scope = ? AND token = ?');
    this.#release = db.prepare('DELETE FROM leases WHERE scope = ? AND token = ?');
  }

  acquire(scope: string, holder: string, ttl: number, now: number): { token: number } | undefined {
    const lease = this.#lease(scope);
    if (lease && lease.holder !== holder && lease.expires > now) return undefined;
    const token = this.#nextToken();
    this.#take.run(scope, holder, token, now + ttl);
    return { token };
  }

  renew(scope: string, token: number, ttl: number, now: number): boolean {
    return this.#renew.run(now + ttl, scope, token).changes > 0;
  }

  release(scope: string, token: number): void {
    this.#release.run(scope, token);
  }

  /** @throws Conflict unless this is the token of the last who took it */
  guard(scope: string, token: number): void {
    if (this.#lease(scope)?.token !== token) throw new Conflict(scope, 'lease');
  }

  #lease(scope: string) {
    return this.#find.get(scope) as { holder: string; token: number; expires: number } | undefined;
  }
}

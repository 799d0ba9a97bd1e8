import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { Conflict, Known, type Claim, type Item } from './store';

/**
 * The table of the queues' items. Times in milliseconds since 1970. An item is claimed while it has a consumer; what it
 * waits for, the end of a claim or of a postponement, is `due` alone.
 */
export class Queues {
  readonly #makeScope: (scope: string) => number;
  readonly #statements: Record<
    'push' | 'find' | 'ack' | 'ackById' | 'hide' | 'clear' | 'again' | 'due' | 'take' | 'page' | 'size',
    StatementSync
  >;

  /** @param makeScope the number of a scope, which is made when there is none */
  constructor(db: DatabaseSync, makeScope: (scope: string) => number) {
    this.#makeScope = makeScope;
    const inScope = 'scope = (SELECT number FROM scopes WHERE name = ?)';
    const shape = 'id, value, position, attempt, due';
    this.#statements = {
      push: db.prepare(
        `INSERT INTO items (scope, id, due, attempt, bytes, count, value) VALUES (?, ?, ?, 0, ?, ?, ?)
         ON CONFLICT (scope, id) DO NOTHING`,
      ),
      find: db.prepare(`SELECT position, attempt FROM items WHERE ${inScope} AND id = ?`),
      ack: db.prepare('DELETE FROM items WHERE position = ?'),
      ackById: db.prepare(`DELETE FROM items WHERE ${inScope} AND id = ?`),
      // A claim stays its consumer's while it is extended, and is nobody's when it is given back.
      hide: db.prepare('UPDATE items SET due = ?, consumer = iif(?, consumer, NULL) WHERE position = ?'),
      clear: db.prepare(`DELETE FROM items WHERE ${inScope}`),
      again: db.prepare(`UPDATE items SET due = ?, consumer = NULL WHERE ${inScope} AND consumer = ?`),
      due: db.prepare(
        `SELECT position FROM items INDEXED BY items_by_position WHERE ${inScope} AND due <= ? ORDER BY position LIMIT ?`,
      ),
      take: db.prepare(
        `UPDATE items SET due = ?, consumer = ?, attempt = attempt + 1 WHERE position = ? RETURNING ${shape}`,
      ),
      page: db.prepare(
        `SELECT ${shape} FROM items WHERE ${inScope} AND position > ? ORDER BY position LIMIT ?`,
      ),
      size: db.prepare('SELECT items AS count, bytes FROM scopes WHERE name = ?'),
    };
  }

  /** @throws Known when there is an item with that id */
  push(
    scope: string,
    item: { id: string; text: string; bytes: number; delay: number; count: number },
    now: number,
  ): void {
    const number = this.#makeScope(scope);
    const { id, delay, bytes, count, text } = item;
    const { changes } = this.#statements.push.run(number, id, now + delay, bytes, count, text);
    if (Number(changes) === 0) throw new Known(scope, [item.id]);
  }

  /** @throws Conflict when an attempt is given and it is not the item's last */
  ack(scope: string, id: string, attempt: number | undefined): void {
    if (attempt === undefined) this.#statements.ackById.run(scope, id);
    else this.#statements.ack.run(this.#claimed(scope, id, attempt).position);
  }

  /** @throws Conflict when this is not the item's last attempt */
  postpone(scope: string, id: string, attempt: number, due: number): void {
    this.#statements.hide.run(due, 0, this.#claimed(scope, id, attempt).position);
  }

  /** @throws Conflict when this is not the item's last attempt */
  extend(scope: string, id: string, attempt: number, due: number): void {
    this.#statements.hide.run(due, 1, this.#claimed(scope, id, attempt).position);
  }

  clear(scope: string): void {
    this.#statements.clear.run(scope);
  }

  claim(scope: string, { consumer, limit, visibility, again }: Claim, now: number): Item[] {
    if (again) this.#statements.again.run(now, scope, consumer);
    const rows = this.#statements.due.all(scope, now, limit) as unknown as { position: number }[];
    return rows.map(({ position }) =>
      itemOf(this.#statements.take.get(now + visibility, consumer, position) as unknown as ItemRow),
    );
  }

  page(scope: string, limit: number, after: number): Item[] {
    return (this.#statements.page.all(scope, after, limit) as unknown as ItemRow[]).map(itemOf);
  }

  size(scope: string): { count: number; bytes: number } {
    const row = this.#statements.size.get(scope) as { count: number; bytes: number } | undefined;
    return { count: row?.count ?? 0, bytes: row?.bytes ?? 0 };
  }

  #find(scope: string, id: string) {
    return this.#statements.find.get(scope, id) as { position: number; attempt: number } | undefined;
  }

  #claimed(scope: string, id: string, attempt: number) {
    const found = this.#find(scope, id);
    if (found?.attempt !== attempt) throw new Conflict(scope, id);
    return found;
  }
}

type ItemRow = Omit<Item, 'value'> & { value: string };

function itemOf({ value, ...rest }: ItemRow): Item {
  return { ...rest, value: JSON.parse(value) as unknown };
}

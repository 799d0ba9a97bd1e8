import { Conflict, Known, type Change, type Claim, type Entry, type Item } from '../../../src/state/store';

interface PlainItem extends Item {
  consumer: string | undefined;
  /** As how many `size` counts it. */
  count: number;
}
interface Content {
  documents: Map<string, { value: unknown; version: number }>;
  ids: Map<string, { value: string; expires: number; listed: boolean }>;
  items: Map<string, PlainItem>;
}

/** What a store means, in a few lines of memory: the model that the real ones are compared with. Times are given in. */
export class PlainStore {
  #scopes = new Map<string, Content>();
  readonly #leases = new Map<string, { holder: string; token: number; expires: number }>();
  #position = 0;

  scope(name: string): Content {
    const found = this.#scopes.get(name);
    if (found) return found;
    const made = { documents: new Map(), ids: new Map(), items: new Map() };
    this.#scopes.set(name, made);
    return made;
  }

  /** @param version what the real store answered, if it did: the only thing that a model cannot know */
  commit(changes: readonly Change[], now: number, version: number): void {
    const before = [structuredClone(this.#scopes), this.#position] as const;
    try {
      for (const change of changes) this.#apply(change, now, version);
    } catch (error) {
      [this.#scopes, this.#position] = before;
      throw error;
    }
  }

  #apply(change: Change, now: number, version: number): void {
    const { documents, ids, items } = this.scope(change.scope);
    const claimed = (id: string, attempt: number) => {
      const item = items.get(id);
      if (item?.attempt !== attempt) throw new Conflict(change.scope, id);
      return item;
    };
    switch (change.kind) {
      case 'put':
      case 'delete':
        if (change.expect !== undefined && (documents.get(change.name)?.version ?? 0) !== change.expect) {
          throw new Conflict(change.scope, change.name);
        }
        if (change.kind === 'put') documents.set(change.name, { value: change.value, version });
        else documents.delete(change.name);
        return;
      case 'add':
      case 'set': {
        const entries = change.kind === 'set' ? change.entries : change.ids.map((id): Entry => [id, '']);
        const known = entries
          .map(([id]) => id)
          .filter((id) => this.value(change.scope, id, now) !== undefined);
        if (change.kind === 'add' && change.fresh && known.length > 0) {
          throw new Known(change.scope, [...new Set(known)]);
        }
        const listed = change.kind === 'set' && change.listed === true;
        for (const [id, value] of entries)
          ids.set(id, { value, expires: change.expires ?? Infinity, listed });
        return;
      }
      case 'remove':
        for (const id of change.ids) ids.delete(id);
        return;
      case 'forget':
        return ids.clear();
      case 'push': {
        if (items.has(change.id)) throw new Known(change.scope, [change.id]);
        const position = ++this.#position;
        const { id, value, delay = 0, count = 1 } = change;
        items.set(id, { id, value, position, attempt: 0, due: now + delay, count, consumer: undefined });
        return;
      }
      case 'ack':
        if (change.attempt !== undefined) claimed(change.id, change.attempt);
        items.delete(change.id);
        return;
      case 'postpone':
        Object.assign(claimed(change.id, change.attempt), { due: now + change.delay, consumer: undefined });
        return;
      case 'extend':
        claimed(change.id, change.attempt).due = now + change.visibility;
        return;
      case 'clear':
        return items.clear();
      case 'guard':
        if (this.#leases.get(change.scope)?.token !== change.token) throw new Conflict(change.scope, 'lease');
    }
  }

  value(scope: string, id: string, now: number): string | undefined {
    const entry = this.scope(scope).ids.get(id);
    return entry && entry.expires > now ? entry.value : undefined;
  }

  claim(scope: string, { consumer, limit, visibility, again }: Claim, now: number): Item[] {
    const items = [...this.scope(scope).items.values()];
    for (const item of items) {
      if (again && item.consumer === consumer) Object.assign(item, { due: 0, consumer: undefined });
    }
    const taken = items
      .filter(({ due }) => due <= now)
      .sort((a, b) => a.position - b.position)
      .slice(0, limit);
    for (const item of taken) {
      Object.assign(item, { attempt: item.attempt + 1, due: now + visibility, consumer });
    }
    return structuredClone(taken);
  }

  canAcquire(scope: string, holder: string, now: number): boolean {
    const lease = this.#leases.get(scope);
    return !lease || lease.holder === holder || lease.expires <= now;
  }

  acquire(scope: string, holder: string, token: number, expires: number): void {
    this.#leases.set(scope, { holder, token, expires });
  }

  renew(scope: string, token: number, expires: number): boolean {
    const lease = this.#leases.get(scope);
    if (lease?.token !== token) return false;
    lease.expires = expires;
    return true;
  }

  release(scope: string, token: number): void {
    if (this.#leases.get(scope)?.token === token) this.#leases.delete(scope);
  }
}

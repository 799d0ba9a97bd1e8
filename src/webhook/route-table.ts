import type { PathPattern } from './path-pattern';

/** What a table needs to know of a route. */
export interface TableRoute {
  readonly methods: readonly string[];
  readonly pattern: PathPattern;
}

/** The first method that two routes take on exactly the same paths; undefined when they are not in each other's way. */
export function overlap(one: TableRoute, other: TableRoute): string | undefined {
  if (one.pattern.key !== other.pattern.key) return undefined;
  return one.methods.find((method) => other.methods.includes(method));
}

/** Another route has one of the methods on the same path. */
export class RouteTaken<R extends TableRoute> extends Error {
  override readonly name = 'RouteTaken';
  constructor(
    readonly method: string,
    readonly by: R,
  ) {
    super(`${method} on this path is taken`);
  }
}

/** Which route takes a method and a path: at most one, and the same one whatever the order in which they were added. */
export class RouteTable<R extends TableRoute> {
  readonly #routes = new Set<R>();

  get size(): number {
    return this.#routes.size;
  }

  /** @throws RouteTaken when another route takes one of its methods on exactly the same paths */
  add(route: R): void {
    for (const other of this.#routes) {
      const method = overlap(route, other);
      if (method) throw new RouteTaken(method, other);
    }
    this.#routes.add(route);
  }

  delete(route: R): void {
    this.#routes.delete(route);
  }

  /** @param path below the mount of the routes, percent-encoded as received */
  find(method: string, path: string): R | undefined {
    let best: R | undefined;
    for (const route of this.#routes) {
      if (!route.methods.includes(method) || !route.pattern.takes(path)) continue;
      if (!best || route.pattern.rank < best.pattern.rank) best = route;
    }
    return best;
  }
}

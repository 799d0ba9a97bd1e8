import type { NodeAPI } from 'node-red';

/**
 * What a node type is made of, loaded with its first node or with the first question of the editor: a Node-RED that has
 * the package and no node of it starts as it would without (bench/start.ts).
 *
 * @param load may throw: then the next use tries again
 */
export function onFirstUse<T>(load: () => T): () => T {
  let loaded: { value: T } | undefined;
  return () => (loaded ??= { value: load() }).value;
}

/**
 * Has `use` add its endpoints to the editor's API when the first request below one of the paths comes. They are added to
 * the end of the application's handlers, so the request that is on its way here still comes by.
 *
 * @param paths below the admin root, with a leading slash
 */
export function beforeFirstAdminRequest(RED: NodeAPI, paths: string[], use: () => unknown): void {
  // without an admin server there is no editor
  if (!(RED.httpAdmin as typeof RED.httpAdmin | undefined)) return;
  RED.httpAdmin.use(paths, (_request, _response, next) => {
    use();
    next();
  });
}

import { hasRoute, type App } from './express-stack';

/**
 * The paths of Node-RED's own editor and its API, below `httpAdminRoot` (@node-red/editor-api, lib/admin and lib/editor, of
 * 4.1 and 5.0). They cannot be read from Express: an application inside another hides what it has.
 */
const own: readonly [methods: string, path: RegExp][] = [
  ['GET HEAD', /^\/(?:red|vendor|types|icons|locales|resources|plugins|credentials|theme|debug)(?:\/|$)/],
  ['GET HEAD', /^\/(?:$|favicon\.ico$|diagnostics$|settings$|auth\/)/],
  ['GET HEAD POST', /^\/(?:flows(?:\/state)?|nodes|settings\/user)$/],
  ['POST', /^\/(?:flow|auth\/(?:token|revoke))$/],
  ['GET HEAD PUT DELETE', /^\/(?:flow|nodes)\/./],
  ['GET HEAD DELETE', /^\/context\/(?:global|node|flow)(?:\/|$)/],
  ['GET HEAD POST', /^\/library\/./],
  ['GET HEAD POST PUT DELETE', /^\/(?:projects|settings\/user\/keys)(?:\/|$)/],
];

/**
 * Whether a request is one for Node-RED's editor, or for what a node added to its API, when both are mounted at the root.
 *
 * @param path below the mount of the admin application
 */
export function isForEditor(admin: App, method: string, path: string): boolean {
  const plain = path.length > 1 ? path.replace(/\/$/, '') : path;
  return (
    own.some(
      ([methods, pattern]) => methods.split(' ').includes(method) && pattern.test(plain.toLowerCase()),
    ) || hasRoute(admin, method, path)
  );
}

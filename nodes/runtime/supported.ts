import type { NodeAPI } from 'node-red';

const needed: readonly [number, number] = [22, 13];

/** One sentence per runtime, however many of the four nodes are loaded. */
let said = false;

/**
 * Whether this Node.js can run the nodes. When it cannot, it is said once in one sentence and the caller does nothing
 * else. Nothing that a node file imports statically needs a newer Node.js than this check itself.
 */
export function supported(RED: NodeAPI, version: string = process.versions.node): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > needed[0] || (major === needed[0] && minor >= needed[1])) return true;
  if (!said) {
    said = true;
    RED.log.error(
      `node-red-contrib-http-connector needs Node.js ${needed.join('.')} or newer, and this is ${version}: its nodes are not available.`,
    );
  }
  return false;
}

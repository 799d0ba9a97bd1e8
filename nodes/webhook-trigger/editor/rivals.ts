/** Webhooks that would get the same deliveries: both are in error, by name. */
import { PathPattern } from '../../../src/webhook/path-pattern';
import { asText } from '../../editor/checks';
import { currentValue } from '../../editor/dialog';
import { defaults } from '../config';
import { routeMethods } from './handshake-choice';
import type { Property, ValueOf } from './shape';

/** What a field of a node holds, in its open dialog or saved. */
export const holds =
  (node: EditorNode): ValueOf =>
  (property: Property) =>
    currentValue(node, property) ?? defaults[property];

const saved =
  (node: EditorNode): ValueOf =>
  (property: Property) =>
    node[property] ?? defaults[property];

/** Equal for two paths that take the same deliveries; `undefined` for one that takes none. */
function routeKey(path: unknown): string | undefined {
  try {
    return new PathPattern(asText(path)).key;
  } catch {
    return undefined;
  }
}

function isOff(node: EditorNode): boolean {
  return node.d === true || RED.nodes.workspace(node.z ?? '')?.disabled === true;
}

/** Another webhook trigger that would get the same deliveries, and the methods of both. */
export function rival(node: EditorNode, path: string): { name: string; methods: string } | undefined {
  const key = routeKey(path);
  if (key === undefined || isOff(node)) return undefined;
  const own = routeMethods(holds(node));
  let found: { name: string; methods: string } | undefined;
  RED.nodes.eachNode((other) => {
    if (found || other.type !== 'webhook-trigger' || other.id === node.id || isOff(other)) return;
    if (routeKey(other.path) !== key) return;
    const methods = [...new Set(routeMethods(saved(other)))].filter((method) => own.includes(method));
    if (methods.length > 0) found = { name: labelOf(other), methods: methods.join(', ') };
  });
  return found;
}

function labelOf(node: EditorNode): string {
  return node.name || asText(node.event) || asText(node.path) || node.id;
}

/** A change of one node can make another's path free or taken; Node-RED only looks at the node that was edited. */
function checkOthers(changed: EditorNode): void {
  if (changed.type !== 'webhook-trigger') return;
  setTimeout(() => {
    RED.nodes.eachNode((node) => {
      if (node.type === 'webhook-trigger') RED.editor.validateNode(node);
    });
    RED.view.redraw();
  });
}

export function watchRivals(): void {
  for (const event of ['nodes:add', 'nodes:change', 'nodes:remove']) RED.events.on(event, checkOthers);
}

/** What there is to pick from in an open dialog. */
import type { FlowNode } from './flow-graph';
import { Unseen } from './known-message';
import { messageOf } from './message-before';
import { propertiesOf } from './properties';
import type { Texts } from '../texts';
import type { PickGroup } from './tree-rows';
import { ownSource, sourcesOf, type Source } from './upstream';

/** What comes to a node: the nodes before it, as the flow stands in the editor, deployed or not. */
export function groupsBefore(id: string, t: Texts): PickGroup[] {
  return sourcesOf(currentFlow(), id).map((source) => groupOf(source, t));
}

/** A message as it comes to a node, for trying the node with it; undefined when none of its values is known. */
export function messageBefore(id: string): Record<string, unknown> | undefined {
  return messageOf(sourcesOf(currentFlow(), id));
}

function currentFlow(): FlowNode[] {
  return RED.nodes.createCompleteNodeSet({ credentials: false });
}

/** What a node puts out itself, by the values that stand in its dialog. */
export function ownGroup(node: FlowNode, name: string, t: Texts): PickGroup {
  const group = groupOf(ownSource(node), t);
  return { ...group, name };
}

/** Values that are known by name. */
export function groupOfValues(id: string, name: string, values: Record<string, unknown>): PickGroup {
  return { id, name, note: '', properties: propertiesOf(values) };
}

/** A value that nobody has seen. */
export const unseen = (type?: Unseen['type']): Unseen => new Unseen(type);

/** A message that was typed as JSON; undefined for what is none, and for one that says nothing. */
export function groupOfSample(id: string, name: string, json: string): PickGroup | undefined {
  try {
    const message = JSON.parse(json) as unknown;
    if (typeof message !== 'object' || message === null || Array.isArray(message)) return undefined;
    const properties = propertiesOf(message as Record<string, unknown>);
    const saysNothing = properties.every(({ type, children }) => type === 'object' && children.length === 0);
    return saysNothing ? undefined : { id, name, note: '', properties };
  } catch {
    return undefined;
  }
}

function groupOf({ node, shape, properties }: Source, t: Texts): PickGroup {
  const known = RED.nodes.node(node.id);
  const name = known ? RED.utils.getNodeLabel(known, node.type) : node.name || node.type;
  return {
    id: node.id,
    name,
    note: shape ? t('picker.shape') : node.type === name ? '' : node.type,
    properties: propertiesOf(properties),
  };
}

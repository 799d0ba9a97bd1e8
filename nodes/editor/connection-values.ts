import { stored } from './checks';

/** A configuration node as it stands in the editor, deployed or not: what the endpoints of nodes/admin take. */
export interface ConnectionValues {
  id: string;
  config: Record<string, unknown>;
  /** Those that were typed since the last deploy; the runtime has the others. */
  credentials: Record<string, string>;
}

export function connectionValues(node: EditorNode): ConnectionValues {
  const names = Object.keys(node._def.defaults);
  const credentials = Object.entries(node.credentials ?? {}).filter(
    (entry): entry is [string, string] =>
      typeof entry[1] === 'string' && entry[1] !== stored && !entry[0].startsWith('has_'),
  );
  return {
    id: node.id,
    config: Object.fromEntries(names.map((name) => [name, node[name]])),
    credentials: Object.fromEntries(credentials),
  };
}

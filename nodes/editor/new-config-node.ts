/** A configuration node that the editor makes for the user, as if it had been made in its own dialog. */
export interface NewConfigNode {
  type: string;
  /** What is not the default. */
  config: Record<string, unknown>;
  credentials: Readonly<Record<string, string | undefined>>;
}

/** Adds the node, to be deployed with the others; *Undo* takes it away again. */
export function addConfigNode({ type, config, credentials }: NewConfigNode): EditorNode {
  const definition = RED.nodes.getType(type)!;
  const defaults = Object.entries(definition.defaults).map(([name, { value }]) => [
    name,
    structuredClone(value),
  ]);
  const subflow = RED.nodes.subflow(RED.workspaces.active());
  const node: EditorNode = {
    ...(Object.fromEntries(defaults) as Record<string, unknown>),
    ...config,
    id: RED.nodes.id(),
    type,
    // as Node-RED has it: for a subflow its own, else for all
    z: subflow?.id ?? '',
    users: [],
    _def: definition,
    credentials: editorCredentials(definition, credentials),
    changed: true,
  };
  RED.history.push({ t: 'add', nodes: [node.id], dirty: RED.nodes.dirty() });
  const added = RED.nodes.add(node);
  RED.editor.validateNode(added);
  RED.nodes.dirty(true);
  return added;
}

/** Beside each password the editor keeps whether there is one. */
function editorCredentials(
  { credentials: definitions = {} }: EditorDefinition,
  given: NewConfigNode['credentials'],
): Record<string, unknown> {
  const entries = Object.entries(definitions).flatMap(([name, { type }]): [string, unknown][] => {
    const value = given[name] ?? '';
    return type === 'password'
      ? [
          [name, value],
          [`has_${name}`, value !== ''],
        ]
      : [[name, value]];
  });
  return Object.fromEntries(entries);
}

/** Chooses the node in a dialog's list of configuration nodes, which is filled when the dialog opens. */
export function chooseConfigNode(list: JQuery, node: EditorNode): void {
  $('<option>', { value: node.id }).text(RED.utils.getNodeLabel(node, node.id)).appendTo(list);
  list.val(node.id).trigger('change');
}

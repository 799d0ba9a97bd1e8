/** Texts of one node type in the user's language. */
export type Texts = (key: string, values?: Record<string, string | number>) => string;

/** Outside the node's own context Node-RED wants the whole key: module, node set, key. */
export function textsOf(type: string): Texts {
  return (key, values) => RED._(`node-red-contrib-http-connector/${type}:${key}`, values);
}

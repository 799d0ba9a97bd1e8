/** What a debug node put out, as the side bar would show it. */
export interface DebugMessage {
  /** Of the debug node. */
  id: string;
  name?: string;
  topic?: string;
  /** Decoded: the whole message, or the property that the node is set to. */
  value: unknown;
}

/** Undoes `RED.util.encodeObject`, so that a test compares values. */
export function decode(msg: unknown, format: string): unknown {
  if (typeof msg !== 'string') return msg;
  if (format.startsWith('string')) return msg;
  if (format === 'number') return Number(msg);
  if (format === 'boolean') return msg === 'true';
  if (format === 'undefined') return undefined;
  if (format === 'null') return null;
  if (format.startsWith('buffer')) return Buffer.from(msg, 'hex');
  if (format === 'Object' || format === 'error' || format.startsWith('array')) return JSON.parse(msg, revive);
  return msg;
}

function revive(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const { type, data, __enc__: encoded } = value as { type?: unknown; data?: unknown; __enc__?: unknown };
  if (type === 'Buffer' && Array.isArray(data)) return Buffer.from(data as number[]);
  if (!encoded) return value;
  if (type === 'undefined') return undefined;
  if (type === 'number') return Number(data);
  return data ?? value;
}

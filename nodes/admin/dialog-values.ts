import type { NodeAPI } from 'node-red';
import type { HttpConnectionCredentials } from '../http-connection/config';
import { credentialTexts } from '../runtime/credential-texts';

/** A connection as it stands in the dialog: unsaved values, and no secret where a field was not touched. */
export interface DialogValues {
  config: Record<string, unknown>;
  credentials: Record<string, string>;
}

/** What the editor shows and sends in place of a stored secret that was not touched. */
const untouched = '__PWRD__';

/** The configuration with its environment variables put in, as the runtime does it for a deployed node. */
export function dialogConfig(RED: NodeAPI, config: Record<string, unknown>): Record<string, unknown> {
  return fromEnvironment(RED, config);
}

/** The credentials of the dialog; what was not touched is what is stored. They never go back. */
export function dialogCredentials(
  RED: NodeAPI,
  id: string,
  { credentials }: DialogValues,
): HttpConnectionCredentials {
  const stored = (RED.nodes.getCredentials(id) ?? {}) as Record<string, string>;
  const given = Object.entries(credentials ?? {}).filter(([, value]) => value !== untouched);
  return credentialTexts(fromEnvironment(RED, { ...stored, ...Object.fromEntries(given) }));
}

/** `${NAME}` as a whole value, at any depth. */
function fromEnvironment<T>(RED: NodeAPI, value: T): T {
  if (typeof value === 'string') {
    const [, name] = /^\$\{(\S+)\}$/.exec(value) ?? [];
    const found: unknown = name ? RED.util.getSetting({} as never, name) : undefined;
    return (found ?? value) as T;
  }
  if (Array.isArray(value)) return value.map((entry: unknown) => fromEnvironment(RED, entry)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [key, fromEnvironment(RED, entry)]),
  ) as T;
}

/** Which connection a complete URL can go through, and what is left of the URL then. */
import { Scope } from '../../../src/connection/scope';
import { asText } from '../../editor/checks';

/** A URL for a connection that covers it, relative where it can be; undefined when it does not. */
export function urlWithin(connection: EditorNode, complete: string): string | undefined {
  const base = asText(connection.baseUrl);
  try {
    const hosts = asText(connection.allowedHosts)
      .split(/[\s,]+/)
      .filter(Boolean);
    const scope = new Scope(base, hosts);
    if (!scope.bounded || !scope.covers(new URL(complete))) return undefined;
  } catch {
    // one that is set by an environment variable, or a URL with a placeholder in it
    return undefined;
  }
  const stem = base.replace(/\/+$/, '');
  return base && complete.startsWith(`${stem}/`) ? complete.slice(stem.length) : complete;
}

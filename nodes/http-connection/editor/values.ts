import { asText, stored } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import type { AuthField, HttpConnectionConfig } from '../config';
import { credentialsOf, usesTable } from './schemes';

/** A connection as it stands in the dialog: what the endpoints of nodes/admin take. */
export interface ConnectionValues {
  config: Record<string, unknown>;
  /** Those that the scheme uses and that were touched; the runtime has the others. */
  credentials: Record<string, string>;
}

export function valuesOf(dialog: Dialog<HttpConnectionConfig>): ConnectionValues {
  const config = dialog.values();
  const scheme = config.auth as HttpConnectionConfig['auth'];
  const fields = usesTable(scheme) ? (config.authFields as AuthField[]) : [];
  const used = new Set<string>([...credentialsOf(scheme, config), ...fields.map(({ slot }) => slot)]);
  const typed = [...used]
    .map((name) => [name, asText(dialog.input(name).val())] as const)
    .filter(([, value]) => value !== stored);
  return { config, credentials: Object.fromEntries(typed) };
}

/** What the chosen scheme does not use is emptied, so that Node-RED forgets it. */
export function forgetUnused(dialog: Dialog<HttpConnectionConfig>, names: readonly string[]): void {
  const { auth, ...config } = valuesOf(dialog).config;
  const used = new Set<string>(credentialsOf(auth as HttpConnectionConfig['auth'], config));
  for (const name of names) if (!used.has(name)) dialog.input(name).val('');
}

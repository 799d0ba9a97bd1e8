import { asText, stored } from '../../editor/checks';
import type { Dialog } from '../../editor/dialog';
import { defaults, type AuthField, type HttpConnectionConfig } from '../config';
import { credentialsOf, usesTable } from './schemes';

/** A connection as it stands in the dialog: what the endpoints of nodes/admin take. */
export interface ConnectionValues {
  config: Record<string, unknown>;
  /** Those that the scheme uses and that were touched; the runtime has the others. */
  credentials: Record<string, string>;
}

export function valuesOf(dialog: Dialog<HttpConnectionConfig>): ConnectionValues {
  const config: Record<string, unknown> = { configVersion: defaults.configVersion };
  for (const property of Object.keys(defaults)) {
    const value = dialog.value(property);
    // Node-RED's choice of a configuration node has a value of its own for none
    if (value !== undefined) config[property] = value === '_ADD_' ? '' : value;
  }
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

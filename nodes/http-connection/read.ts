import { migrate } from '../runtime/migrate';
import { configVersion, defaults, type HttpConnectionConfig } from './config';
import { migrations } from './migrations';

/** A saved configuration, or one as it stands in the dialog, in its current and complete form. */
export function readConfig(saved: object): HttpConnectionConfig {
  return migrate<HttpConnectionConfig>(saved, configVersion, defaults, migrations);
}

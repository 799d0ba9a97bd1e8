import { Failure } from '../../src/exchange/failure';

/** What every node's saved configuration has in common. */
export interface ConfigBase {
  id: string;
  type: string;
  z?: string;
  name: string;
  /** Version of the configuration's shape. Missing in flows written by hand: 0. */
  configVersion: number;
}

type Raw = Record<string, unknown>;

/** Takes a configuration from version `from` to `from + 1`. Pure; the editor and the runtime both run it. */
export interface Migration {
  from: number;
  migrate(config: Raw): Raw;
}

/** The flow was saved by a newer release of this package than the one that is installed. */
export class NewerConfigError extends Failure {
  constructor(sentence: string) {
    super('CONFIG', sentence);
  }
}

/**
 * Brings a saved configuration to the current version and fills in what is missing, so that a flow written by hand
 * needs only the fields it cares about. The argument is not changed.
 *
 * @throws NewerConfigError when the configuration is from a newer release.
 */
export function migrate<T extends ConfigBase>(
  saved: object,
  current: number,
  defaults: Omit<T, 'id' | 'type' | 'z'>,
  migrations: readonly Migration[],
): T {
  let config: Raw = { ...(saved as Raw) };
  let version = typeof config.configVersion === 'number' ? config.configVersion : 0;
  if (version > current) {
    throw new NewerConfigError(
      `this node was saved by a newer release (configuration ${version}, this release knows ${current}): update node-red-contrib-http-connector`,
    );
  }
  for (; version < current; version++) {
    const step = migrations.find((migration) => migration.from === version);
    if (step) config = step.migrate(config);
  }
  const known = Object.fromEntries(Object.entries(config).filter(([, value]) => value !== undefined));
  return { ...structuredClone(defaults), ...known, configVersion: current } as unknown as T;
}
